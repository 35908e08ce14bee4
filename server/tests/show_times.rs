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
    let before = ana.show(id).await.unwrap().card.ends_at;
    extend().await.unwrap();
    assert_eq!(ana.show(id).await.unwrap().card.ends_at.since(before), 15 * 60_000);
    // It ends a quarter past three hours from now.
    ana.create(&draft("The next one", 4)).await.unwrap();
    for _ in 0..3 {
        extend().await.unwrap();
    }
    assert_eq!(extend().await, Err(Refusal::Because(ShowReason::NextBegins)));
}

#[tokio::test]
async fn a_show_of_sound_alone_lasts_as_long_as_the_operator_says() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    let long = ShowDraft { ends: clock_in(5), ..draft("Quiet night", 1) };
    let alone = ShowDraft { medium: Medium::Audio, ..long.clone() };
    assert_eq!(fields(ana.create(&alone).await), ["ends"]);
    let id = ana.create(&long).await.unwrap();
    // Unless its times are said anew, it may become one.
    ana.update(id, &alone).await.unwrap();
    assert_eq!(ana.show(id).await.unwrap().card.medium, Medium::Audio);
    app.change("UPDATE shows SET stage = 'live'").await;
    assert_eq!(ana.update(id, &long).await, Err(Refusal::Because(ShowReason::Live)));
}
