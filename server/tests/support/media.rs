//! Publishers and viewers of one test, by real WHIP and WHEP.

use bandstand_domain::{Secret, ShowId};
use bandstand_synthetic::{ConnectError, Content, SyntheticPublisher, SyntheticSubscriber};
use reqwest::{Method, Response, header};

use super::app::{TestApp, User};

/// A refused exchange, by its HTTP status.
#[derive(Debug, thiserror::Error)]
#[error("answered {0}")]
pub struct Status(u16);

/// A publisher with the address of its session.
pub struct OnStage {
    pub publisher: SyntheticPublisher,
    pub location: String,
}

impl TestApp {
    /// Posts an offer.
    pub async fn offer(
        &self,
        path: &str,
        token: Option<&Secret>,
        kind: &str,
        sdp: String,
    ) -> Response {
        let mut request = reqwest::Client::new()
            .post(format!("{}{path}", self.url))
            .header(header::CONTENT_TYPE, kind)
            .body(sdp);
        if let Some(token) = token {
            request = request.bearer_auth(token.reveal());
        }
        request.send().await.unwrap()
    }

    async fn exchange(
        &self,
        path: String,
        token: Secret,
        sdp: String,
    ) -> Result<(String, String), Status> {
        let response = self.offer(&path, Some(&token), "application/sdp", sdp).await;
        if response.status() != 201 {
            return Err(Status(response.status().as_u16()));
        }
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/sdp");
        assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        let location = response.headers()[header::LOCATION].to_str().unwrap().to_owned();
        Ok((location, response.text().await.unwrap()))
    }

    /// Goes on the stage of a show with a ticket.
    pub async fn publish(&self, show: ShowId, token: Secret) -> Result<OnStage, ConnectError> {
        self.publish_at(&format!("/whip/{show}"), token).await
    }

    /// Goes on stage at `path` (`/whip/SHOW`, or `/whip` with a stream key).
    pub async fn publish_at(&self, path: &str, token: Secret) -> Result<OnStage, ConnectError> {
        let mut location = String::new();
        let at = &mut location;
        let path = path.to_owned();
        let publisher = SyntheticPublisher::connect(Content::default(), move |offer| async move {
            let (session, answer) = self.exchange(path, token, offer).await?;
            *at = session;
            Ok::<_, Status>(answer)
        })
        .await?;
        Ok(OnStage { publisher, location })
    }

    /// The offer of a publisher that never comes.
    pub async fn idle_offer(&self) -> String {
        let mut offered = String::new();
        let offer = &mut offered;
        let refused = SyntheticPublisher::connect(Content::default(), move |text| async move {
            *offer = text;
            Err::<String, _>(Status(0))
        });
        assert!(refused.await.is_err());
        offered
    }

    /// Goes on the stage of one's own show.
    pub async fn go_live(&self, artist: &User, show: ShowId) -> OnStage {
        let token = artist.stage(show).await.unwrap().token;
        self.publish(show, token).await.unwrap()
    }

    /// Watches a show.
    pub async fn watch(
        &self,
        user: &User,
        show: ShowId,
    ) -> Result<SyntheticSubscriber, ConnectError> {
        let token = user.join(show).await.unwrap().token;
        self.watch_at(&format!("/whep/{show}"), token).await
    }

    /// Watches at `path`.
    pub async fn watch_at(
        &self,
        path: &str,
        token: Secret,
    ) -> Result<SyntheticSubscriber, ConnectError> {
        let path = path.to_owned();
        SyntheticSubscriber::connect(move |offer| async move {
            let (_, answer) = self.exchange(path, token, offer).await?;
            Ok::<_, Status>(answer)
        })
        .await
    }

    /// Asks something without a body.
    pub async fn method(&self, method: Method, path: &str) -> Response {
        let address = format!("{}{path}", self.url);
        reqwest::Client::new().request(method, address).send().await.unwrap()
    }
}
