//! Takeover of a stage from which a source client is heard.

use bandstand_domain::stage::StageReason;
use serde_json::json;

use super::{OnAir, TONE_MP3, heard, venue};

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
    let keep = |keep: bool| {
        artist.call::<(), StageReason>("live/keep_stage", json!({ "show": show, "keep": keep }))
    };
    keep(true).await.unwrap();
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

    keep(false).await.unwrap();
    let newer = app.source("/radio", &other, "audio/mpeg");
    newer.send(TONE_MP3).await;
    assert_eq!(again.dismissed().await.0, 409);
    artist.end(show).await.unwrap();
    assert_eq!(newer.dismissed().await.0, 409);
    app.stop().await;
}
