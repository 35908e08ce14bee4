//! Shows by WebRTC that are heard by HTTP.

use bandstand_domain::stage::{PublishToken, StageReason, StageState};
use bandstand_radio::{AudioFormat, AudioInfo, Framed, Framer};
use reqwest::{Method, header};
use serde_json::json;
use tokio::time::timeout;

use super::{ONE_OPUS, PATIENCE, heard, ogg::pages, venue};
use crate::support::app::TestApp;

const ABOUT: &str = r#"{"type":"audio/ogg; codecs=opus","mp3":true,"webrtc":true}"#;
const NOTHING: &str = r#"{"type":null,"mp3":false,"webrtc":false}"#;

/// Reads a stream of Opus from its beginning, which has one link; returns its samples.
fn opus(bytes: &[u8]) -> u32 {
    assert_eq!(pages(bytes).0, 1, "one page begins a stream");
    let (mut framer, mut framed) = (Framer::new(), Vec::new());
    framer.push(bytes, &mut framed).unwrap();
    let info = AudioInfo { format: AudioFormat::OggOpus, rate: 48_000, channels: 2 };
    assert_eq!(framed.first(), Some(&Framed::Began(info)));
    let samples = framed.iter().map(|part| match part {
        Framed::Sound(frame) => frame.samples,
        Framed::Began(_) | Framed::Headers(_) | Framed::Title(_) => 0,
    });
    samples.sum()
}

#[tokio::test]
async fn a_show_by_webrtc_is_heard_by_http_and_goes_on_over_a_takeover() {
    let app = venue().await;
    let (artist, show, _) = app.keyed().await;
    let mut studio = app.follow(&artist, show).await;
    let about = format!("/listen/{show}.json");
    assert_eq!(app.listen(show, false).await.status(), 404);
    assert_eq!(app.listen_path(&about).await, NOTHING);
    let page = app.go_live(&artist, show).await;
    studio.until_stage(StageState::Live).await;
    assert_eq!(app.listen_path(&about).await, ABOUT);
    let asked = app.method(Method::HEAD, &format!("/listen/{show}")).await;
    assert_eq!(asked.headers()[header::CONTENT_TYPE], "audio/ogg; codecs=opus");
    assert!(app.running.venue.radio.mounts.stream(show).is_none(), "nothing is made for who asks");

    let mut player = app.listen(show, false).await;
    assert_eq!(player.status(), 200);
    assert_eq!(player.headers()[header::CONTENT_TYPE], "audio/ogg; codecs=opus");
    let mut bytes = heard(&mut player, 8_000).await;
    let mut mp3 = app.listen_as(&format!("{show}.mp3"), false).await;
    assert_eq!(mp3.headers()[header::CONTENT_TYPE], "audio/mpeg");
    let start = heard(&mut mp3, 2_000).await;
    assert_eq!((start[0], start[1] & 0xfe), (0xff, 0xfa));
    let playlist = app.listen_path(&format!("/listen/{show}.m3u")).await;
    assert!(playlist.ends_with(&format!("/listen/{show}.mp3\n")), "{playlist}");

    // The artist comes from another page, and listeners stay.
    let other = app.go_live(&artist, show).await;
    page.publisher.ended().await;
    bytes.extend(heard(&mut player, 16_000).await);
    heard(&mut mp3, 8_000).await;
    // Packets of 160 bytes and 20 ms.
    let samples = opus(&bytes);
    assert!(samples > 48_000 * 2, "{samples}");

    artist.end(show).await.unwrap();
    for player in [player, mp3] {
        timeout(PATIENCE, player.bytes()).await.expect("the end").unwrap();
    }
    other.publisher.ended().await;
    assert_eq!(app.listen(show, false).await.status(), 404);
    assert_eq!(app.listen_path(&about).await, NOTHING);
    app.stop().await;
}

#[tokio::test]
async fn a_source_goes_on_with_what_a_page_has_begun() {
    let app = venue().await;
    let (artist, show, key) = app.keyed().await;
    let mut studio = app.follow(&artist, show).await;
    let page = app.go_live(&artist, show).await;
    studio.until_stage(StageState::Live).await;
    let mut player = app.listen(show, false).await;
    let mut bytes = heard(&mut player, 4_000).await;
    let source = app.source("/radio", &key, "audio/ogg");
    source.send(ONE_OPUS).await;
    page.publisher.ended().await;
    for _ in 0..4 {
        source.send(ONE_OPUS).await;
    }
    bytes.extend(heard(&mut player, 2 * ONE_OPUS.len()).await);
    opus(&bytes);
    // What follows it by WebRTC is a stream of its own.
    let _page = app.go_live(&artist, show).await;
    assert_eq!(source.dismissed().await.0, 409);
    timeout(PATIENCE, player.bytes()).await.expect("the end").unwrap();
    let listens = async {
        loop {
            // Until the page has arrived.
            let player = app.listen(show, false).await;
            if player.status() == 200 {
                return player;
            }
        }
    };
    let mut player = timeout(PATIENCE, listens).await.expect("a stream");
    opus(&heard(&mut player, 4_000).await);
    app.stop().await;
}

#[tokio::test]
async fn rehearsals_and_shows_for_members_are_heard_by_nobody() {
    let app = venue().await;
    let (artist, show, _) = app.keyed().await;
    let is_silent = async |app: &TestApp| {
        assert_eq!(app.listen(show, false).await.status(), 404);
        assert_eq!(app.listen_as(&format!("{show}.mp3"), false).await.status(), 404);
        assert_eq!(app.listen_path(&format!("/listen/{show}.json")).await, NOTHING);
    };
    let rehearsal = json!({ "show": show });
    let token = artist.call::<PublishToken, StageReason>("live/rehearsal", rehearsal).await;
    let token = token.unwrap().token;
    let rehearsal = app.publish_at(&format!("/whip/{show}/rehearsal"), token).await.unwrap();
    is_silent(&app).await;
    rehearsal.publisher.close().await;
    let mut studio = app.follow(&artist, show).await;
    let _page = app.go_live(&artist, show).await;
    studio.until_stage(StageState::Live).await;
    let mut player = app.listen(show, false).await;
    heard(&mut player, 1_000).await;
    artist.close_to_guests(show, true).await;
    timeout(PATIENCE, player.bytes()).await.expect("the end").unwrap();
    is_silent(&app).await;
    app.stop().await;
}
