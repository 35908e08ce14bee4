//! How well media flows, as artists, viewers and operators are told.

use std::collections::HashMap;

use bandstand_domain::{
    Refusal, Secret, ShowId,
    quality::{Explanation, Measured, StageQuality},
    stage::StageError,
};
use bandstand_server::shows;
use futures::future::join_all;
use reqwest::{Client, header};
use serde_json::json;

use crate::support::app::{TestApp, User, draft};

const TOKEN: &str = "sixteen letters or more";

impl User {
    async fn stage_figures(&self, show: ShowId) -> Result<StageQuality, StageError> {
        self.call("live/stage_figures", json!({ "show": show })).await
    }

    async fn explain_picture(
        &self,
        show: ShowId,
        session: &str,
        now: &str,
    ) -> Result<Explanation, StageError> {
        let measured = Measured { before: "[]".into(), now: now.into() };
        let arguments = json!({ "show": show, "session": session, "measured": measured });
        self.call("live/explain_picture", arguments).await
    }
}

impl TestApp {
    /// What `/metrics` answers with these headers: status and text.
    async fn metrics(&self, headers: &[(&'static str, &str)]) -> (u16, String) {
        let mut request = Client::new().get(format!("{}/metrics", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

#[tokio::test]
async fn artist_viewer_and_operator_see_how_media_flows() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    assert_eq!(bob.stage_figures(show).await.unwrap_err(), Refusal::Forbidden);
    assert_eq!(artist.stage_figures(show).await.unwrap(), StageQuality::default());
    let on_stage = app.go_live(&artist, show).await;
    let viewer = app.watch(&bob, show).await.unwrap();
    viewer.until(|it| it.video.packets > 50).await;
    let figures = loop {
        let figures = artist.stage_figures(show).await.unwrap();
        // The figures are those of a moment ago until they are asked for anew.
        if figures.viewers == 1 && figures.arriving.is_some_and(|it| it.kilobits > 0) {
            break figures;
        }
    };
    assert_eq!(figures.arriving.unwrap().lost, 0);

    let stranger = app.nobody().explain_picture(show, "", "[]").await;
    assert_eq!(stranger.unwrap_err(), Refusal::NotLoggedIn);
    assert_eq!(bob.explain_picture(show, "", "nonsense").await.unwrap_err(), Refusal::NotFound);
    let seen = r#"[{"type":"inbound-rtp","kind":"video","packetsReceived":500,"packetsLost":0,
        "framesDecoded":60,"frameWidth":640,"frameHeight":480,"framesPerSecond":30}]"#;
    let said = bob.explain_picture(show, "nonsense", seen).await.unwrap();
    assert!(said.reasons[0].starts_with("All is well"), "{said:?}");
    assert!(said.figures.iter().any(|(name, _)| name == "Lost on the artist's way"), "{said:?}");

    let (status, text) = app.metrics(&[]).await;
    assert_eq!(status, 200);
    for line in [
        "bandstand_media_sessions{role=\"publisher\"} 1",
        "bandstand_media_sessions{role=\"subscriber\"} 1",
        "bandstand_media_sessions_in_trouble{role=\"subscriber\"} 0",
        "bandstand_shows{stage=\"live\"} 1",
        "bandstand_media_sessions_started_total 2",
        "bandstand_media_tcp_opened_total 0",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} isn't in\n{text}");
    }
    for private in [show.to_string(), artist.person().to_string(), bob.person().to_string()] {
        assert!(!text.contains(&private), "{private} is in\n{text}");
    }
    drop(on_stage);
    app.stop().await;
}

#[tokio::test]
async fn metrics_are_for_this_machine_or_for_who_has_the_token() {
    let app = TestApp::start().await;
    assert_eq!(app.metrics(&[]).await.0, 200);
    let proxies = [
        "x-forwarded-for",
        "x-forwarded-host",
        "forwarded",
        "via",
        "x-real-ip",
        "cf-connecting-ip",
    ];
    for passed_on in proxies {
        assert_eq!(app.metrics(&[(passed_on, "192.0.2.1")]).await.0, 404, "{passed_on}");
    }
    app.stop().await;
    let app = TestApp::configured(|config| {
        config.trusted_proxy = true;
        config.metrics_token = Some(Secret::new(TOKEN));
    })
    .await;
    assert_eq!(app.metrics(&[]).await.0, 401, "everything comes through the proxy");
    let with = async |token: &str| {
        app.metrics(&[(header::AUTHORIZATION.as_str(), &format!("Bearer {token}"))]).await.0
    };
    assert_eq!(with("another").await, 401);
    assert_eq!(with("").await, 401);
    assert_eq!(with(TOKEN).await, 200);
    app.stop().await;
}

#[tokio::test]
async fn several_processes_count_the_listeners_of_several_shows_at_once() {
    let app = TestApp::start().await;
    let artist = app.artist("ada").await;
    let mut ids = Vec::new();
    for number in 0..8 {
        ids.push(artist.create(&draft("Songs", 3 * number + 1)).await.unwrap());
    }
    let database = &app.running.venue.services.database;
    let process = async || {
        for _ in 0..5 {
            // Each map has an order of its own.
            let listeners: HashMap<_, _> = ids.iter().map(|id| (*id, 2)).collect();
            shows::note_listeners(database, &listeners, 10).await.unwrap();
        }
    };
    join_all((0..6).map(|_| process())).await;
    assert_eq!(app.count("SELECT MIN(listened) FROM shows").await, 6 * 5 * 2 * 10);
    app.stop().await;
}
