//! Times of shows that are on, or over, and how long they may be.

use bandstand_domain::{
    Refusal,
    shows::{Medium, ShowDraft, ShowReason},
    stage::StageState,
};
use serde_json::json;

use crate::support::app::{TestApp, clock_in, draft, fields};

#[tokio::test]
async fn a_live_show_keeps_its_start_and_a_past_one_its_times() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    let form = draft("Quiet night", 1);
    let id = ana.create(&form).await.unwrap();
    app.change("UPDATE shows SET stage = 'live'").await;
    let on = app.nobody().whats_on().await;
    assert_eq!((on.live.len(), on.upcoming.shows.len()), (1, 0));
    assert_eq!(on.live[0].stage, StageState::Live);
    let moved = ShowDraft { starts: clock_in(2), ..form.clone() };
    assert_eq!(ana.update(id, &moved).await, Err(Refusal::Because(ShowReason::Live)));
    let longer = ShowDraft { ends: clock_in(5), ..form };
    ana.update(id, &longer).await.unwrap();

    app.change("UPDATE shows SET stage = 'ended'").await;
    let on = app.nobody().whats_on().await;
    assert_eq!((on.live.len(), on.past.shows.len()), (0, 1));
    let again = ShowDraft { ends: clock_in(6), ..longer.clone() };
    assert_eq!(ana.update(id, &again).await, Err(Refusal::Because(ShowReason::Over)));
    let retitled = ShowDraft { title: "What a night".into(), ..longer };
    ana.update(id, &retitled).await.unwrap();
    assert_eq!(ana.show(id).await.unwrap().card.title, "What a night");
    ana.create(&draft("The encore", 1)).await.unwrap();
}

#[tokio::test]
async fn a_live_show_lasts_longer_until_its_artists_next_one_begins() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    let id = ana.create(&draft("Quiet night", 1)).await.unwrap();
    let extend = || ana.call::<(), ShowReason>("shows/extend", json!({ "id": id }));
    assert_eq!(extend().await, Err(Refusal::Because(ShowReason::NotOnAir)));
    app.change("UPDATE shows SET stage = 'live'").await;
    assert_eq!(extend().await, Err(Refusal::Because(ShowReason::TimeLeft)));
    // Ten minutes are left of three hours from now.
    app.change("UPDATE shows SET starts_at = starts_at - 10200000, ends_at = ends_at - 10200000")
        .await;
    let before = ana.show(id).await.unwrap().card.ends_at;
    extend().await.unwrap();
    assert_eq!(ana.show(id).await.unwrap().card.ends_at.since(before), 15 * 60_000);
    assert_eq!(extend().await, Err(Refusal::Because(ShowReason::TimeLeft)), "once at a time");
    app.change("UPDATE shows SET ends_at = ends_at - 900000").await;
    ana.create(&draft("The next one", 1)).await.unwrap();
    app.change("UPDATE shows SET starts_at = starts_at - 3000000 WHERE stage = 'empty'").await;
    assert_eq!(extend().await, Err(Refusal::Because(ShowReason::NextBegins)));
}

#[tokio::test]
async fn a_show_becomes_an_hour_longer_than_one_is_announced_for_and_no_more() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    let night = ShowDraft { medium: Medium::Audio, ends: clock_in(4), ..draft("Radio night", 1) };
    let id = ana.create(&night).await.unwrap();
    let extend = || ana.call::<(), ShowReason>("shows/extend", json!({ "id": id }));
    // Ten minutes are left of four hours from now.
    app.change("UPDATE shows SET stage = 'live', starts_at = starts_at - 13800000").await;
    app.change("UPDATE shows SET ends_at = ends_at - 13800000").await;
    for _ in 0..4 {
        extend().await.unwrap();
        app.change("UPDATE shows SET starts_at = starts_at - 900000, ends_at = ends_at - 900000")
            .await;
    }
    assert_eq!(extend().await, Err(Refusal::Because(ShowReason::LongEnough)));
}

#[tokio::test]
async fn a_show_of_sound_alone_lasts_as_long_as_the_operator_says() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    let long = ShowDraft { ends: clock_in(5), ..draft("Quiet night", 1) };
    let alone = ShowDraft { medium: Medium::Audio, ..long.clone() };
    assert_eq!(fields(ana.create(&alone).await), ["ends"]);
    let id = ana.create(&long).await.unwrap();
    // Nor does it become one, not even when it is over: an end is taken back.
    assert_eq!(fields(ana.update(id, &alone).await), ["ends"]);
    app.change("UPDATE shows SET stage = 'ended'").await;
    assert_eq!(fields(ana.update(id, &alone).await), ["ends"]);
    app.change("UPDATE shows SET stage = 'empty'").await;
    let short = ShowDraft { ends: clock_in(3), ..alone };
    ana.update(id, &short).await.unwrap();
    assert_eq!(ana.show(id).await.unwrap().card.medium, Medium::Audio);
    app.change("UPDATE shows SET stage = 'live'").await;
    let seen = ShowDraft { medium: Medium::Video, ..short };
    assert_eq!(ana.update(id, &seen).await, Err(Refusal::Because(ShowReason::Live)));
}

#[tokio::test]
async fn what_plays_by_itself_ends_with_its_time_and_who_plays_before_a_camera_plays_on() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let mut studio = app.follow(&artist, show).await;
    let stages = &app.running.venue.stages;
    let page = app.go_live(&artist, show).await;
    studio.until_stage(StageState::Live).await;
    app.change("UPDATE shows SET starts_at = 0, ends_at = 3600000").await;
    stages.end_overdue().await.unwrap();
    assert_eq!(artist.show(show).await.unwrap().card.stage, StageState::Live);
    // A program takes over, as OBS by WHIP.
    let key = artist.make_stream_key("OBS").await.unwrap().secret;
    let program = app.publish_at("/whip", key).await.unwrap();
    page.publisher.ended().await;
    stages.end_overdue().await.unwrap();
    studio.until_stage(StageState::Ended).await;
    program.publisher.ended().await;
    // Sound alone is a radio night, from wherever it comes.
    artist.reopen(show).await.unwrap();
    app.change("UPDATE shows SET medium = 'audio'").await;
    let page = app.go_live(&artist, show).await;
    studio.until_stage(StageState::Live).await;
    stages.end_overdue().await.unwrap();
    studio.until_stage(StageState::Ended).await;
    page.publisher.ended().await;
    app.stop().await;
}
