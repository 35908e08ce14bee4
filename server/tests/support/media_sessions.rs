//! Media sessions opened over HTTP, with everything that was said when they were.

use bandstand_domain::{Secret, ShowId};
use bandstand_synthetic::{Content, SyntheticPublisher, SyntheticSubscriber};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};

use super::{
    app::{TestApp, User},
    media::Status,
};

pub const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
pub const JSON: &str = "application/json";

/// A session with what was said when it was opened.
pub struct Opened<Peer> {
    pub peer: Peer,
    pub offer: String,
    pub location: String,
    pub tag: String,
    pub links: Vec<String>,
}

impl TestApp {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        Client::new().request(method, format!("{}{path}", self.url))
    }

    /// Sends a fragment to a session.
    pub async fn trickle(&self, session: &str, tag: Option<&str>, body: &str) -> Response {
        let request = self.request(Method::PATCH, session).header(header::CONTENT_TYPE, FRAGMENT);
        let request = match tag {
            Some(tag) => request.header(header::IF_MATCH, tag),
            None => request,
        };
        request.body(body.to_owned()).send().await.unwrap()
    }

    /// Asks for an ICE restart by an offer made anew, and answers the fragment that the venue gives.
    pub async fn restart_ice(
        &self,
        session: &str,
        tag: &mut String,
        offer: &mut String,
        anew: String,
    ) -> Result<String, Status> {
        let before = candidates(offer);
        let restart = candidates(&anew);
        assert_ne!(before, restart);
        let begun = self.trickle(session, Some("*"), &restart).await;
        assert_eq!(begun.status(), StatusCode::OK);
        assert_eq!(text_of(&begun, "content-type"), FRAGMENT);
        let past = std::mem::replace(tag, text_of(&begun, "etag"));
        assert_ne!(&past, tag);
        // What is said of the ICE session before comes too late, and of the present one doesn't.
        assert_eq!(self.trickle(session, Some(&past), &before).await.status(), 412);
        assert_eq!(self.trickle(session, Some(tag), &restart).await.status(), 204);
        *offer = anew;
        let fragment = begun.text().await.unwrap();
        assert!(fragment.contains("a=mid:0\r\n") && fragment.contains("a=candidate:"));
        Ok(fragment)
    }

    /// Chooses a layer.
    pub async fn choose(&self, path: &str, kind: &str, choice: &str) -> Response {
        let request = self.request(Method::POST, path).header(header::CONTENT_TYPE, kind);
        request.body(choice.to_owned()).send().await.unwrap()
    }

    /// Posts an offer, and notes everything that was said of the session.
    pub async fn open_session(
        &self,
        path: String,
        token: Secret,
        offer: String,
        opened: &mut Opened<()>,
    ) -> Result<String, Status> {
        let sent = self.offer(&path, Some(&token), "application/sdp", offer.clone()).await;
        assert_eq!(sent.status(), StatusCode::CREATED);
        assert_eq!(text_of(&sent, "accept-patch"), FRAGMENT);
        opened.offer = offer;
        opened.location = text_of(&sent, "location");
        opened.tag = text_of(&sent, "etag");
        let links = sent.headers().get_all(header::LINK).iter();
        opened.links = links.map(|link| link.to_str().unwrap().to_owned()).collect();
        Ok(sent.text().await.unwrap())
    }

    pub async fn open_publisher(&self, artist: &User, show: ShowId) -> Opened<SyntheticPublisher> {
        let token = artist.stage(show).await.unwrap().token;
        let mut opened = nothing_said();
        let said = &mut opened;
        let peer = SyntheticPublisher::connect(Content::default(), move |offer| async move {
            self.open_session(format!("/whip/{show}"), token, offer, said).await
        });
        let peer = peer.await.unwrap();
        opened.with(peer)
    }

    pub async fn open_subscriber(&self, user: &User, show: ShowId) -> Opened<SyntheticSubscriber> {
        let token = user.join(show).await.unwrap().token;
        let mut opened = nothing_said();
        let said = &mut opened;
        let peer = SyntheticSubscriber::connect(move |offer| async move {
            self.open_session(format!("/whep/{show}"), token, offer, said).await
        });
        let peer = peer.await.unwrap();
        opened.with(peer)
    }
}

pub fn nothing_said() -> Opened<()> {
    let text = String::new;
    Opened { peer: (), offer: text(), location: text(), tag: text(), links: Vec::new() }
}

impl Opened<()> {
    pub fn with<Peer>(self, peer: Peer) -> Opened<Peer> {
        let Self { offer, location, tag, links, .. } = self;
        Opened { peer, offer, location, tag, links }
    }
}

/// Candidates of the ICE session that begins with an offer.
pub fn candidates(offer: &str) -> String {
    let line = |name| offer.lines().find(|line| line.starts_with(name)).unwrap();
    fragment(line("a=ice-ufrag:"), line("a=ice-pwd:"))
}

impl<Peer> Opened<Peer> {
    /// Where the layer of this session is chosen, as it was told.
    pub fn layer(&self) -> String {
        let link = self.links.iter().find(|link| link.contains("rel=\"urn:ietf:params:whep:ext"));
        let (address, relation) = link.unwrap().split_once("; ").unwrap();
        assert_eq!(relation, "rel=\"urn:ietf:params:whep:ext:core:layer\"");
        address.trim_matches(['<', '>']).to_owned()
    }
}

pub fn fragment(user: &str, password: &str) -> String {
    format!(
        "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n{user}\r\n{password}\r\n\
         a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n\
         a=candidate:2 1 tcp 1518280447 nowhere.invalid 9 typ host tcptype active\r\n\
         a=end-of-candidates\r\n"
    )
}

pub fn text_of(response: &Response, name: &str) -> String {
    let value = response.headers().get(name).unwrap_or_else(|| panic!("no {name}: {response:?}"));
    value.to_str().unwrap().to_owned()
}
