//! Rights and limits of listeners.

use std::time::Duration;

use bandstand_domain::{
    Secret, ShowId,
    quality::StageQuality,
    shows::{ShowFigures, ShowReason},
    stage::{StageReason, StageState},
};
use bandstand_server::quality::listening::ListenerCount;
use bytes::Bytes;
use reqwest::{Method, Response, header};
use serde_json::json;
use tokio::time::timeout;

use super::{ONE_OPUS, OnAir, Source, TONE_MP3, venue};
use crate::support::app::TestApp;

/// Players, as many as are let in; the next one is refused with this status, until later.
async fn fill(
    app: &TestApp,
    show: ShowId,
    source: &Source,
    count: usize,
    status: u16,
) -> Vec<Response> {
    let mut players = Vec::new();
    for number in 0..count {
        // However long they take: one that falls silent for long is given up.
        if number % 32 == 31 {
            let _ = source.sound.try_send(Bytes::from_static(TONE_MP3));
        }
        let player = app.listen(show, false).await;
        assert_eq!(player.status(), 200);
        players.push(player);
    }
    let refused = app.listen(show, false).await;
    assert_eq!(
        (refused.status().as_u16(), refused.headers().contains_key("retry-after")),
        (status, true)
    );
    players
}

#[tokio::test]
async fn listeners_are_limited_by_address() {
    let app = TestApp::configured(|config| config.limit_scale = 1).await;
    let OnAir { show, source, studio: _studio, .. } = app.on_air("audio/mpeg", TONE_MP3).await;
    let players = fill(&app, show, &source, 256, 429).await;
    drop(players);
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn listeners_leave_room_for_pages() {
    let app = TestApp::configured(|config| {
        config.limit_scale = 1_000;
        config.most_connections = 48;
    })
    .await;
    let OnAir { show, source, studio: _studio, .. } = app.on_air("audio/mpeg", TONE_MP3).await;
    let players = fill(&app, show, &source, 24, 503).await;
    assert_eq!(app.method(Method::GET, "/").await.status(), 200);
    drop(players);
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn radios_are_counted_and_viewers_once() {
    let app = venue().await;
    let OnAir { artist, show, source, mut studio, .. } = app.on_air("audio/mpeg", TONE_MP3).await;
    let mut held = vec![app.listen(show, false).await, app.listen(show, false).await];
    // The page of somebody who watches besides.
    let viewer = app.watch(&artist, show).await.unwrap();
    held.push(app.listen_as(&format!("{show}?burst=2&viewer=1"), false).await);
    let figures: StageQuality =
        artist.call::<_, StageReason>("live/stage_figures", json!({ "show": show })).await.unwrap();
    assert_eq!(figures.listeners, 2);
    let venue = &app.running.venue;
    let count = ListenerCount {
        services: venue.services.clone(),
        sessions: venue.media.sessions.clone(),
        mounts: venue.radio.mounts.clone(),
        stages: venue.stages.clone(),
    };
    let figures = async || -> ShowFigures {
        for _ in 0..6 {
            count.count().await.unwrap();
        }
        artist.call::<_, ShowReason>("shows/figures", json!({ "id": show })).await.unwrap()
    };
    let heard = ShowFigures { minutes: 3, most: 3 };
    assert_eq!(figures().await, heard);
    // Who waits for the next source hears nothing.
    assert_eq!(source.ended().await.0, 200);
    studio.until_stage(StageState::Dropped).await;
    assert_eq!(figures().await, heard);
    viewer.close().await;
    app.stop().await;
}

#[tokio::test]
async fn nothing_is_made_for_who_only_asks() {
    let app = venue().await;
    let OnAir { show, source, studio: _studio, .. } = app.on_air("audio/ogg", ONE_OPUS).await;
    for (name, kind) in [("", "audio/ogg; codecs=opus"), (".mp3", "audio/mpeg")] {
        let asked = app.method(Method::HEAD, &format!("/listen/{show}{name}")).await;
        assert_eq!(
            (asked.status().as_u16(), &asked.headers()[header::CONTENT_TYPE]),
            (200, &kind.parse().unwrap())
        );
    }
    let stream = app.running.venue.radio.mounts.stream(show).unwrap();
    assert!(stream.made().is_none());
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}

/// Time in which titles that come one after the other are told.
const SOME_SECONDS: Duration = Duration::from_secs(3);

async fn tell_fifty_songs(app: &TestApp, key: &Secret) {
    for number in 0..50 {
        let query = format!("mode=updinfo&mount=/radio&song=Song+{number}");
        assert_eq!(app.say_title(key, &query).await, 200);
    }
}

#[tokio::test]
async fn of_many_titles_pages_are_told_the_last_one() {
    let app = venue().await;
    let OnAir { key, mut studio, source, .. } = app.on_air("audio/mpeg", TONE_MP3).await;
    tell_fifty_songs(&app, &key).await;
    let last = studio.until(|it| it.title == "Song 49");
    timeout(SOME_SECONDS, last).await.expect("the last title");
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn titles_of_a_program_on_stage_are_no_tries_of_its_key() {
    let app = TestApp::configured(|config| config.limit_scale = 1).await;
    let OnAir { key, mut studio, source, .. } = app.on_air("audio/mpeg", TONE_MP3).await;
    tell_fifty_songs(&app, &key).await;
    assert_eq!(source.ended().await.0, 200);
    studio.until_stage(StageState::Dropped).await;
    // It is let in again at once.
    let source = app.live_source(&mut studio, &key, "audio/mpeg", TONE_MP3).await;
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}
