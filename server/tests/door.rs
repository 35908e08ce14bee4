//! Pictures at the door: how many there may be, and what is left to those who come in.

use bandstand_domain::{
    Secret, ShowId,
    stage::{DoorToken, StageReason, StageState},
};
use reqwest::{Method, Response, header};
use serde_json::json;

use crate::support::{
    app::{TestApp, User},
    media::OnStage,
};

/// An offer to receive a picture alone.
const PICTURE: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n\
    a=fingerprint:sha-256 2C:4B:91:E9:9D:51:5B:B3:0C:3C:8B:5E:6F:D9:DB:A6:B5:95:3A:56:25:7F:2D:36:CF:D0:\
    79:59:67:B5:2F:07\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\na=rtcp-mux\r\n";

impl TestApp {
    /// A guest at a show that is live, as everybody knows by now.
    async fn live_show(&self) -> (User, ShowId, OnStage) {
        let (artist, show) = self.artist_with_show().await;
        let bob = self.guest("Bob").await;
        let mut lobby = self.follow(&bob, show).await;
        let on_stage = self.go_live(&artist, show).await;
        lobby.until_stage(StageState::Live).await;
        (bob, show, on_stage)
    }

    async fn door_token(&self, show: ShowId) -> Secret {
        let nobody = self.nobody();
        let token = nobody.call::<DoorToken, StageReason>("live/look", json!({ "show": show }));
        token.await.unwrap().token
    }

    async fn look_in(&self, show: ShowId, token: &Secret) -> Response {
        let path = format!("/whep/{show}/door");
        self.offer(&path, Some(token), "application/sdp", PICTURE.into()).await
    }
}

#[tokio::test]
async fn pictures_at_doors_leave_half_of_a_stages_places_to_its_audience() {
    let app = TestApp::configured(|config| {
        config.limit_scale = 1_000;
        config.media_limits.max_subscribers_per_stage = 2;
    })
    .await;
    let (bob, show, _on_stage) = app.live_show().await;
    let tokens = [app.door_token(show).await, app.door_token(show).await];
    assert_eq!(app.look_in(show, &tokens[0]).await.status(), 201);
    let refused = app.look_in(show, &tokens[1]).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    let viewer = app.watch(&bob, show).await.unwrap();
    viewer.until(|it| it.video.keyframes > 0).await;
    app.stop().await;
}

#[tokio::test]
async fn who_finds_the_venue_full_at_the_door_comes_again_with_the_same_token() {
    let app = TestApp::small().await;
    let (bob, show, _on_stage) = app.live_show().await;
    let viewer = app.open_subscriber(&bob, show).await;
    let token = app.door_token(show).await;
    for _ in 0..2 {
        assert_eq!(app.look_in(show, &token).await.status(), 503);
    }
    assert_eq!(app.method(Method::DELETE, &viewer.location).await.status(), 200);
    assert_eq!(app.look_in(show, &token).await.status(), 201);
    assert_eq!(app.look_in(show, &token).await.status(), 401);
    app.stop().await;
}
