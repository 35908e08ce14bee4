//! Takeover of a stage from which a source client is heard.

use std::time::Duration;

use bandstand_domain::{
    ShowId,
    channel::Event,
    stage::{StageEvent, StageReason},
};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::{OnAir, PATIENCE, TONE_MP3, heard, venue};
use crate::support::{
    app::{TestApp, User},
    channel::Follower,
};

impl User {
    /// Keeps a stage, or lets newer sources take over again.
    async fn keep(&self, show: ShowId, keep: bool) {
        let arguments = json!({ "show": show, "keep": keep });
        self.call::<(), StageReason>("live/keep_stage", arguments).await.unwrap();
    }
}

impl TestApp {
    /// Waits until somebody waits beside a stage.
    async fn until_waited_for(&self, show: ShowId) {
        let done = async {
            while !self.running.venue.stages.is_waited_for(show) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, done).await.expect("somebody who waits");
    }
}

/// Tells whether the stage is kept, by the latest event that says it.
fn is_kept(studio: &Follower) -> bool {
    let told = studio.events.iter().rev().find_map(|event| match event {
        Event::Stage(StageEvent::Changed { kept, .. }) => Some(*kept),
        _ => None,
    });
    told.unwrap_or_default()
}

#[tokio::test]
async fn a_page_that_never_connects_takes_nothing_from_a_source() {
    let app = venue().await;
    let OnAir { artist, show, source, studio: _studio, .. } =
        app.on_air("audio/mpeg", TONE_MP3).await;
    let mut player = app.listen(show, false).await;
    heard(&mut player, 3_000).await;
    let (offer, path) = (app.idle_offer().await, format!("/whip/{show}"));
    let token = artist.stage(show).await.unwrap().token;
    let answer = app.offer(&path, Some(&token), "application/sdp", offer).await;
    assert_eq!(answer.status(), 201);
    app.running.venue.stages.compare().await.unwrap();
    source.send(TONE_MP3).await;
    heard(&mut player, 3_000).await;
    // One that does connect takes over.
    let _page = app.go_live(&artist, show).await;
    assert_eq!(source.dismissed().await.0, 409);
    app.stop().await;
}

#[tokio::test]
async fn a_kept_stage_is_taken_by_nobody_else_until_its_artist_says_so() {
    let app = venue().await;
    let OnAir { artist, show, key, mut studio, source } = app.on_air("audio/mpeg", TONE_MP3).await;
    artist.keep(show, true).await;
    let other = artist.make_stream_key("Laptop").await.unwrap().secret;
    let (status, words) = app.source("/radio", &other, "audio/mpeg").ended().await;
    assert_eq!((status, words.contains("keeps the stage")), (409, true), "{words}");
    studio.until(|it| it.notices.iter().any(|it| it.text.contains("you keep the stage"))).await;
    let (offer, path) = (app.idle_offer().await, format!("/whip/{show}"));
    let token = artist.stage(show).await.unwrap().token;
    let answer = app.offer(&path, Some(&token), "application/sdp", offer).await;
    assert_eq!(answer.status(), 409);
    // What is on stage comes back with its own key.
    let again = app.source("/radio", &key, "audio/mpeg");
    again.send(TONE_MP3).await;
    assert_eq!(source.dismissed().await.0, 409);

    artist.keep(show, false).await;
    let newer = app.source("/radio", &other, "audio/mpeg");
    newer.send(TONE_MP3).await;
    assert_eq!(again.dismissed().await.0, 409);
    artist.end(show).await.unwrap();
    assert_eq!(newer.dismissed().await.0, 409);
    app.stop().await;
}

#[tokio::test]
async fn who_waits_beside_a_stage_takes_nothing_once_it_is_kept() {
    let app = venue().await;
    let OnAir { artist, show, source, studio: _studio, .. } =
        app.on_air("audio/mpeg", TONE_MP3).await;
    let other = artist.make_stream_key("Laptop").await.unwrap().secret;
    let newer = app.source("/radio", &other, "audio/mpeg");
    // Less than a frame.
    newer.send(&TONE_MP3[..100]).await;
    app.until_waited_for(show).await;
    artist.keep(show, true).await;
    newer.send(&TONE_MP3[100..]).await;
    assert_eq!(newer.dismissed().await.0, 409);
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn that_a_stage_is_kept_is_told_and_outlasts_a_restart_but_not_the_show() {
    let app = venue().await;
    let OnAir { artist, show, key, mut studio, source } = app.on_air("audio/mpeg", TONE_MP3).await;
    let other = artist.make_stream_key("Laptop").await.unwrap().secret;
    artist.keep(show, true).await;
    studio.until(is_kept).await;
    let app = app.restart().await;
    drop(source);
    assert!(artist.show(show).await.unwrap().kept);
    let mut studio = app.follow(&artist, show).await;
    let source = app.live_source(&mut studio, &key, "audio/mpeg", TONE_MP3).await;
    assert!(is_kept(&studio));
    assert_eq!(app.source("/radio", &other, "audio/mpeg").ended().await.0, 409);
    artist.end(show).await.unwrap();
    assert_eq!(source.dismissed().await.0, 409);
    assert!(!artist.show(show).await.unwrap().kept);
    app.stop().await;
}
