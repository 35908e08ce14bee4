//! Drafts: changed, cut, published, forgotten.

use bandstand_domain::{
    Refusal,
    recordings::{RecordingForm, RecordingList, RecordingReason, RecordingState, seek_points},
};
use bandstand_server::{own_account::deletion, recordings};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::header;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp, User, fields};

#[tokio::test]
async fn a_draft_is_changed_with_its_show_and_complains_by_field() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let _on_stage = app.play(&artist, show, 2).await;
    artist.end(show).await.unwrap();
    artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    let update = async |form: &RecordingForm| {
        let arguments = json!({ "show": show, "form": form });
        artist.call::<(), RecordingReason>("recordings/update", arguments).await
    };
    let mut form = RecordingForm {
        title: "Late songs".into(),
        description: "By the water.".into(),
        tracklist: "0:00 One\n0:01 Two".into(),
        links: "https://mira.example/shop The record".into(),
        from: "0:01".into(),
        to: "0:02".into(),
    };
    let wrong = RecordingForm {
        to: "9:00".into(),
        tracklist: "One".into(),
        links: "javascript:alert(1)".into(),
        ..form.clone()
    };
    assert_eq!(fields(update(&wrong).await), ["to", "tracklist", "links"]);
    update(&form).await.unwrap();
    let draft = artist.recording(show).await.unwrap();
    assert_eq!((draft.cut.from, draft.cut.to.min(2_000)), (1_000, draft.cut.to.min(2_000)));
    let titles: Vec<_> = draft.tracks.iter().map(|it| it.title.as_str()).collect();
    assert_eq!((draft.card.title.as_str(), titles), ("Late songs", vec!["One", "Two"]));
    assert_eq!(draft.links[0].words(), "The record");
    assert_eq!(artist.replay(show).await.unwrap().links, draft.links);
    let export = artist.page("/settings/export").await.text().await.unwrap();
    assert!(export.contains("https://mira.example/shop"), "{export}");
    form.tracklist.clear();
    update(&form).await.unwrap();
    assert_eq!(artist.recording(show).await.unwrap().tracks, []);
    let list: RecordingList =
        artist.call::<_, RecordingReason>("recordings/mine", json!({})).await.unwrap();
    assert_eq!((list.recordings.len(), list.used > 0), (1, true));
    app.stop().await;
}

#[tokio::test]
async fn what_is_cut_off_stays_with_the_artist() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let _on_stage = app.play(&artist, show, 5).await;
    artist.end(show).await.unwrap();
    let draft = artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    let form = RecordingForm {
        title: draft.card.title.clone(),
        from: "0:02".into(),
        to: "0:03".into(),
        ..RecordingForm::default()
    };
    let arguments = json!({ "show": show, "form": form });
    artist.call::<(), RecordingReason>("recordings/update", arguments).await.unwrap();
    artist.publish_recording(show, true).await.unwrap();
    let guest = app.guest("Bob").await;
    let replay = guest.replay(show).await.unwrap();
    assert_eq!((replay.cut.from, replay.cut.to), (2_000, 3_000));
    let path = format!("/recordings/{}", draft.files[0].id);
    let points = seek_points(&STANDARD.decode(&replay.seek[0]).unwrap()).unwrap();
    let head = points[0].1;
    let status = async |user: &User, range: Option<String>| {
        user.file(&path, range.as_deref()).await.status().as_u16()
    };
    assert_eq!(status(&guest, Some(format!("bytes=0-{}", head - 1))).await, 206);
    assert_eq!(
        status(&guest, Some(format!("bytes=0-{head}"))).await,
        if points[1].0 > 2_000 { 206 } else { 403 }
    );
    let (_, last) = *points.last().unwrap();
    assert_eq!(status(&guest, Some(format!("bytes={last}-{}", last + 9))).await, 403);
    assert_eq!(status(&guest, None).await, 403);
    assert_eq!(status(&artist, None).await, 200);
    assert_eq!(guest.file(&format!("{path}?download"), Some("bytes=0-9")).await.status(), 403);

    // Somebody's session is prolonged with no answer that caches keep.
    let member = app.visitor("ben").await;
    app.change("UPDATE recordings SET cut_from = 0, cut_to = NULL").await;
    let answer = member.file(&path, Some("bytes=0-9")).await;
    assert_eq!(answer.status(), 206);
    assert!(!answer.headers().contains_key(header::SET_COOKIE));

    // What is played after the end was taken back isn't published by what was.
    artist.reopen(show).await.unwrap();
    let _on_stage = app.play(&artist, show, 1).await;
    assert!(!guest.show(show).await.unwrap().card.replay);
    app.stop().await;
}

#[tokio::test]
async fn a_draft_that_nobody_publishes_is_deleted_after_a_warning() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let _on_stage = app.play(&artist, show, 1).await;
    artist.end(show).await.unwrap();
    artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    let services = &app.running.venue.services;
    recordings::expire(services).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM recordings WHERE warned_at IS NULL").await, 1);
    // 24 of 30 days ago.
    app.change("UPDATE recordings SET changed_at = changed_at - 2073600000").await;
    recordings::expire(services).await.unwrap();
    let mail = app.mail("ada@example.org", "about to be deleted").await;
    assert!(mail.text.contains("In 7 days"), "{}", mail.text);
    assert!(mail.text.contains(&format!("/shows/{show}/recording")), "{}", mail.text);
    recordings::expire(services).await.unwrap();
    assert!(artist.recording(show).await.is_ok());
    app.change("UPDATE recordings SET warned_at = warned_at - 604800001").await;
    recordings::expire(services).await.unwrap();
    assert_eq!(artist.recording(show).await, Err(Refusal::NotFound));
    app.stop().await;
}

#[tokio::test]
async fn recordings_go_with_their_artist() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let _on_stage = app.play(&artist, show, 1).await;
    artist.end(show).await.unwrap();
    let draft = artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    artist.publish_recording(show, true).await.unwrap();
    let export = artist.page("/settings/export").await.text().await.unwrap();
    assert!(export.contains(&format!("/recordings/{}", draft.files[0].id)), "{export}");
    artist.post("accounts/delete", json!({ "password": PASSWORD })).await;
    app.change("UPDATE accounts SET deleted_at = deleted_at - 1209600000").await;
    deletion::erase_due(&app.running.venue.services).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM recordings").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM recording_files").await, 0);
    assert_eq!(
        app.nobody().file(&format!("/recordings/{}", draft.files[0].id), None).await.status(),
        404
    );
    assert!(!app.nobody().show(show).await.unwrap().card.replay);
    app.stop().await;
}
