//! Rehearsals: on real media, for nobody but the show's artist.

use bandstand_domain::{
    Refusal, Secret, ShowId,
    channel::Snapshot,
    quality::StageQuality,
    shows::ShowPage,
    stage::{PublishToken, StageError, StageReason, StageState},
};
use bandstand_synthetic::{ReceptionStats, SyntheticSubscriber};
use reqwest::Method;
use serde_json::json;

use crate::support::{
    app::{PASSWORD, TestApp, User},
    media::OnStage,
};

impl User {
    async fn rehearsal(&self, show: ShowId) -> Result<PublishToken, StageError> {
        self.call("live/rehearsal", json!({ "show": show })).await
    }
}

impl TestApp {
    async fn rehearse(&self, artist: &User, show: ShowId) -> OnStage {
        let token = artist.rehearsal(show).await.unwrap().token;
        self.publish_at(&format!("/whip/{show}/rehearsal"), token).await.unwrap()
    }

    async fn watch_rehearsal(&self, artist: &User, show: ShowId) -> SyntheticSubscriber {
        let token = artist.rehearsal(show).await.unwrap().token;
        self.watch_at(&format!("/whep/{show}/rehearsal"), token).await.unwrap()
    }

    /// All that the venue tells of a show, whoever asks; without what the clock changes, and the most people
    /// at once, which is written a moment later.
    async fn told(&self, show: ShowId) -> (ShowPage, String, Vec<String>, i64) {
        let nobody = self.nobody();
        let page = nobody.show(show).await.unwrap();
        let page = ShowPage { now: page.card.starts_at, peak: 0, ..page };
        let lists = serde_json::to_value(nobody.whats_on().await).unwrap();
        let lists = format!("{}{}", lists["live"], lists["upcoming"]);
        let metrics = nobody.page("/metrics").await.text().await.unwrap();
        assert!(!metrics.contains(&show.to_string()) && !metrics.contains("rehears"));
        let shows = |line: &&str| line.starts_with("bandstand_shows");
        let mut metrics: Vec<_> = metrics.lines().filter(shows).map(String::from).collect();
        metrics.sort_unstable();
        (page, lists, metrics, self.count("SELECT COUNT(*) FROM events").await)
    }
}

fn flows(it: &ReceptionStats) -> bool {
    it.video.keyframes > 0 && it.video.frames > 20 && it.audio.packets > 20
}

#[tokio::test]
async fn nobody_but_the_artist_gets_anything_of_a_rehearsal() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let mut lobby = app.follow(&bob, show).await;
    let viewer = app.watch(&bob, show).await.unwrap();
    let before = app.told(show).await;

    let rehearsal = app.rehearse(&artist, show).await;
    assert!(rehearsal.location.starts_with(&format!("/whip/{show}/0-")), "{}", rehearsal.location);
    let device = app.watch_rehearsal(&artist, show).await;
    device.until(flows).await;

    // Whoever waits before the stage gets no packet, and hears of nothing.
    let figures = viewer.figures();
    assert_eq!((figures.video.packets, figures.audio.packets), (0, 0));
    assert_eq!(app.told(show).await, before);
    let quality: StageQuality =
        artist.call::<_, StageReason>("live/stage_figures", json!({ "show": show })).await.unwrap();
    assert_eq!(quality.arriving, None);
    artist.say(show, "Doors open soon").await;
    lobby.until(|it| it.texts() == ["Doors open soon"]).await;
    assert_eq!(lobby.events.len(), 1, "{:?}", lobby.events);
    match app.follow(&bob, show).await.present {
        Some(Snapshot::Show { page, publication, .. }) => {
            assert_eq!((page.card.stage, publication), (StageState::Empty, 0));
        }
        other => panic!("no present: {other:?}"),
    }

    // No token of another kind opens it, and its own opens nothing else.
    let join = bob.join(show).await.unwrap().token;
    let stage = artist.stage(show).await.unwrap().token;
    let own = artist.rehearsal(show).await.unwrap().token;
    let tried = async |path: String, token: &Secret| {
        app.offer(&path, Some(token), "application/sdp", "v=0".into()).await.status().as_u16()
    };
    for token in [&join, &stage] {
        assert_eq!(tried(format!("/whip/{show}/rehearsal"), token).await, 403);
        assert_eq!(tried(format!("/whep/{show}/rehearsal"), token).await, 403);
    }
    assert_eq!(tried(format!("/whip/{show}"), &own).await, 403);
    assert_eq!(tried(format!("/whep/{show}"), &own).await, 403);
    let key: bandstand_domain::stream_keys::NewStreamKey = artist
        .call::<_, StageReason>("live/make_stream_key", json!({ "name": "OBS" }))
        .await
        .unwrap();
    assert_eq!(tried(format!("/whip/{show}/rehearsal"), &key.secret).await, 401);

    assert_eq!(app.method(Method::DELETE, &rehearsal.location).await.status(), 200);
    rehearsal.publisher.ended().await;
    assert_eq!(app.told(show).await.0.card, before.0.card);
    app.stop().await;
}

#[tokio::test]
async fn a_rehearsal_ends_when_the_show_goes_live_and_none_begins_then() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let viewer = app.watch(&bob, show).await.unwrap();
    let rehearsal = app.rehearse(&artist, show).await;
    let device = app.watch_rehearsal(&artist, show).await;
    device.until(flows).await;
    let spare = artist.rehearsal(show).await.unwrap().token;

    let _on_stage = app.go_live(&artist, show).await;
    viewer.until(flows).await;
    rehearsal.publisher.ended().await;
    device.ended().await;
    let refused = artist.rehearsal(show).await.unwrap_err();
    assert_eq!(refused, Refusal::Because(StageReason::OnAir));
    for path in ["whip", "whep"] {
        let path = format!("/{path}/{show}/rehearsal");
        let late = app.offer(&path, Some(&spare), "application/sdp", "v=0".into()).await;
        assert_eq!(late.status(), 409, "{path}");
    }
    viewer.reset();
    viewer.until(flows).await;
    artist.end(show).await.unwrap();
    assert_eq!(artist.rehearsal(show).await.unwrap_err(), Refusal::Because(StageReason::Over));
    app.stop().await;
}

#[tokio::test]
async fn a_rehearsal_gives_way_to_the_next_and_ends_with_its_session_or_show() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let first = app.rehearse(&artist, show).await;
    let mut phone = app.nobody();
    phone.viewer = Some(phone.log_in("ada", PASSWORD).await.unwrap());
    let device = app.watch_rehearsal(&phone, show).await;
    device.until(flows).await;
    // An offer that is refused changes nothing.
    let token = artist.rehearsal(show).await.unwrap().token;
    let path = format!("/whip/{show}/rehearsal");
    let refused = app.offer(&path, Some(&token), "application/sdp", "nonsense".into()).await;
    assert_eq!(refused.status(), 400);
    assert_eq!(app.method(Method::GET, &first.location).await.status(), 204);
    let second = app.rehearse(&artist, show).await;
    first.publisher.ended().await;
    device.reset();
    device.until(flows).await;

    phone.log_out().await;
    device.ended().await;
    let device = app.watch_rehearsal(&artist, show).await;
    device.until(flows).await;
    // Another process of the venue has let it go live.
    app.change("UPDATE shows SET stage = 'live'").await;
    app.running.venue.media.rehearsals.compare().await.unwrap();
    second.publisher.ended().await;
    device.ended().await;

    app.change("UPDATE shows SET stage = 'empty'").await;
    let third = app.rehearse(&artist, show).await;
    artist.delete(show).await.unwrap();
    third.publisher.ended().await;
    assert_eq!(artist.rehearsal(show).await.unwrap_err(), Refusal::Gone);
    app.stop().await;
}
