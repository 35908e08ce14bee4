//! Source clients that are heard by WebRTC.

use std::time::Duration;

use bandstand_domain::stage::StageState;
use bandstand_server::shows;
use bandstand_synthetic::SyntheticSubscriber;
use reqwest::Method;
use tokio::time::{interval, sleep, timeout};

use super::{ONE_OPUS, OnAir, PATIENCE, RATE48_MP3, Source, TONE_MP3, heard, venue};
use crate::support::app::TestApp;

impl TestApp {
    /// Numbers of publishers and viewers in the media core.
    pub async fn in_core(&self) -> (usize, usize) {
        let sessions = self.running.venue.media.sfu.stats().await.sessions;
        let publishers = sessions.iter().filter(|it| it.publisher().is_some()).count();
        (publishers, sessions.len() - publishers)
    }

    /// Waits until the media core has so many publishers.
    pub async fn until_publishers(&self, count: usize) {
        let done = async {
            while self.in_core().await.0 != count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, done).await.expect("that many publishers");
    }
}

impl Source {
    /// Goes on sending a little faster than it is heard, as long as it is polled.
    pub async fn go_on(&self, sound: &'static [u8]) {
        let length = if sound == RATE48_MP3 { 450 } else { 900 };
        let mut due = interval(Duration::from_millis(length));
        loop {
            due.tick().await;
            self.send(sound).await;
        }
    }

    /// Goes on sending until a viewer has heard so many more packets of it by WebRTC.
    pub async fn heard_by(&self, viewer: &SyntheticSubscriber, count: u64, sound: &'static [u8]) {
        let before = viewer.figures().audio.foreign;
        let heard = viewer.until(|it| it.audio.foreign >= before + count);
        tokio::select! {
            heard = timeout(PATIENCE, heard) => heard.expect("sound by WebRTC"),
            () = self.go_on(sound) => {}
        }
    }
}

#[tokio::test]
async fn mp3_is_heard_by_webrtc_while_somebody_watches() {
    let app = venue().await;
    let OnAir { artist, show, source, mut studio, .. } = app.on_air("audio/mpeg", TONE_MP3).await;
    assert_eq!(app.in_core().await, (0, 0), "nothing is made for nobody");
    let viewer = app.watch(&artist, show).await.unwrap();
    source.heard_by(&viewer, 60, TONE_MP3).await;
    let about = app.listen_path(&format!("/listen/{show}.json")).await;
    assert_eq!(about, r#"{"type":"audio/mpeg","mp3":true,"webrtc":true}"#);
    // Another viewer hears it at once, and players do as before.
    let other = app.watch(&app.guest("Tom").await, show).await.unwrap();
    source.heard_by(&other, 10, TONE_MP3).await;
    heard(&mut app.listen(show, false).await, 3_000).await;
    assert_eq!(app.in_core().await, (1, 2));
    viewer.close().await;
    other.close().await;
    tokio::select! {
        () = app.until_publishers(0) => {}
        () = source.go_on(TONE_MP3) => {}
    }
    // The shadow is no source: the stage goes on.
    app.running.venue.stages.compare().await.unwrap();
    let facts = shows::facts(&app.running.venue.services.database, show).await.unwrap();
    assert_eq!(facts.map(|it| it.stage), Some(StageState::Live));
    assert_eq!(source.ended().await.0, 200);
    studio.until_stage(StageState::Dropped).await;
    app.stop().await;
}

#[tokio::test]
async fn opus_is_heard_by_webrtc_as_it_was_sent() {
    let app = venue().await;
    let OnAir { artist, show, source, mut studio, .. } = app.on_air("audio/ogg", ONE_OPUS).await;
    let viewer = app.watch(&artist, show).await.unwrap();
    source.heard_by(&viewer, 60, ONE_OPUS).await;
    let facts = viewer.figures().audio;
    assert_eq!(facts.packets, 0, "{facts:?}");
    app.running.venue.stages.compare().await.unwrap();
    // The end of the show takes the shadow with it.
    artist.end(show).await.unwrap();
    assert_eq!(source.dismissed().await.0, 409);
    studio.until_stage(StageState::Ended).await;
    viewer.ended().await;
    app.until_publishers(0).await;
    app.stop().await;
}

#[tokio::test]
async fn a_viewer_hears_on_when_page_and_source_take_over_from_each_other() {
    let app = venue().await;
    let OnAir { artist, show, source, mut studio, .. } = app.on_air("audio/mpeg", TONE_MP3).await;
    let viewer = app.watch(&artist, show).await.unwrap();
    source.heard_by(&viewer, 20, TONE_MP3).await;
    let page = app.go_live(&artist, show).await;
    let seen = viewer.until(|it| it.video.packets > 0 && it.audio.packets > 0);
    timeout(PATIENCE, seen).await.expect("the page");
    assert_eq!(source.dismissed().await.0, 409);
    app.until_publishers(1).await;
    let key = artist.make_stream_key("Another").await.unwrap().secret;
    let second = app.source("/radio", &key, "audio/ogg");
    second.heard_by(&viewer, 60, ONE_OPUS).await;
    page.publisher.ended().await;
    // And from one source to the next, in another format.
    let key = artist.make_stream_key("A third").await.unwrap().secret;
    let third = app.source("/radio", &key, "audio/mpeg");
    third.send(RATE48_MP3).await;
    assert_eq!(second.dismissed().await.0, 409);
    third.heard_by(&viewer, 60, RATE48_MP3).await;
    studio.until_stage(StageState::Live).await;
    assert_eq!(third.ended().await.0, 200);
    app.until_publishers(0).await;
    app.stop().await;
}

#[tokio::test]
async fn members_hear_a_source_by_webrtc_and_nobody_by_http() {
    let app = venue().await;
    let OnAir { artist, show, source, key, mut studio } = app.on_air("audio/mpeg", TONE_MP3).await;
    let mut player = app.listen(show, false).await;
    heard(&mut player, 3_000).await;
    let member = app.visitor("vera").await;
    let viewer = app.watch(&member, show).await.unwrap();
    source.heard_by(&viewer, 20, TONE_MP3).await;
    artist.close_to_guests(show, true).await;
    // Who listens is cut, and members hear on.
    timeout(PATIENCE, player.bytes()).await.expect("the end").unwrap();
    source.heard_by(&viewer, 60, TONE_MP3).await;
    for ending in ["", ".mp3", ".m3u", ".pls"] {
        let path = format!("/listen/{show}{ending}");
        assert_eq!(app.method(Method::GET, &path).await.status(), 404, "{path}");
    }
    let about = app.listen_path(&format!("/listen/{show}.json")).await;
    assert_eq!(about, r#"{"type":null,"mp3":false,"webrtc":false}"#);
    assert_eq!(source.ended().await.0, 200);
    studio.until_stage(StageState::Dropped).await;
    // Sources are let in, too.
    for (kind, sound) in [("audio/mpeg", TONE_MP3), ("audio/ogg", ONE_OPUS)] {
        let source = app.live_source(&mut studio, &key, kind, sound).await;
        source.heard_by(&viewer, 20, sound).await;
        assert_eq!(source.ended().await.0, 200);
        studio.until_stage(StageState::Dropped).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn a_page_that_never_connects_takes_nothing_when_the_last_viewer_leaves() {
    let app = venue().await;
    let OnAir { artist, show, source, studio: _studio, .. } =
        app.on_air("audio/mpeg", TONE_MP3).await;
    let viewer = app.watch(&artist, show).await.unwrap();
    source.heard_by(&viewer, 20, TONE_MP3).await;
    let (offer, path) = (app.idle_offer().await, format!("/whip/{show}"));
    let token = artist.stage(show).await.unwrap().token;
    let answer = app.offer(&path, Some(&token), "application/sdp", offer).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(app.in_core().await, (2, 1));
    viewer.close().await;
    tokio::select! {
        () = app.until_publishers(1) => {}
        () = source.go_on(TONE_MP3) => {}
    }
    app.running.venue.stages.compare().await.unwrap();
    let mut player = app.listen(show, false).await;
    source.send(TONE_MP3).await;
    heard(&mut player, 3_000).await;
    // One that does connect takes over.
    let _page = app.go_live(&artist, show).await;
    assert_eq!(source.dismissed().await.0, 409);
    app.stop().await;
}
