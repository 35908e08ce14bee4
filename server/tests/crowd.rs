//! The crowd: persons, not sockets.

use std::time::{Duration, Instant};

use bandstand_domain::{
    Refusal, ShowId,
    channel::ClientFrame,
    crowd::{CrowdError, CrowdReason, Gesture, LIKE_COOL_DOWN},
};
use futures::future::join_all;
use serde_json::json;

use crate::support::app::{TestApp, User, draft};

impl User {
    pub async fn like(&self, show: ShowId) -> Result<u64, CrowdError> {
        self.call("crowd/like", json!({ "show": show })).await
    }
}

#[tokio::test]
async fn a_reload_or_a_second_tab_adds_nobody() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (bob, eve) = (app.guest("Bob").await, app.guest("Eve").await);
    let mut studio = app.follow(&artist, show).await;
    let mut watching = app.follow(&bob, show).await;
    let first = app.follow(&eve, show).await;
    let second = app.follow(&eve, show).await;
    watching.until(|it| it.count == 2).await;
    studio.until(|it| it.count == 2).await;
    assert!(!studio.crowd.contains_key(&artist.person()), "the artist is on stage");
    drop(second);
    drop(first);
    // Reloaded before the grace is over: nothing of it is seen until she goes for good.
    let third = app.follow(&eve, show).await;
    watching.gestures.clear();
    let mut seen = Vec::new();
    watching.channel.say(&ClientFrame::Gesture { show, gesture: Gesture::Wave }).await;
    while watching.gestures.is_empty() {
        watching.hear().await.unwrap();
        seen.push(watching.count);
    }
    assert_eq!(seen.into_iter().max(), Some(2));
    assert_eq!(watching.count, 2);
    drop(third);
    let left = Instant::now();
    watching.until(|it| it.count == 1).await;
    assert!(left.elapsed() < Duration::from_secs(10));
    assert_eq!((watching.peak, watching.crowd.len()), (2, 1));
    assert!(watching.crowd.contains_key(&bob.person()));
    app.stop().await;
}

#[tokio::test]
async fn the_fullest_show_stands_first() {
    let app = TestApp::start().await;
    let mut shows = Vec::new();
    for handle in ["ada", "ben"] {
        let artist = app.artist(handle).await;
        shows.push(artist.create(&draft("Songs for nobody", 1)).await.unwrap());
    }
    app.change("UPDATE shows SET stage = 'live', peak = 9").await;
    let mut here = Vec::new();
    for (show, guests) in shows.into_iter().zip([1, 2]) {
        for _ in 0..guests {
            here.push(app.follow(&app.guest("Bob").await, show).await);
        }
        let live = app.nobody().whats_on().await.live;
        assert_eq!((live[0].id, live.len()), (show, 2));
    }
    app.stop().await;
}

#[tokio::test]
async fn who_falls_silent_is_seen_to_leave_within_ten_seconds() {
    let app = TestApp::start().await;
    let (_, show) = app.artist_with_show().await;
    let (bob, eve) = (app.guest("Bob").await, app.guest("Eve").await);
    let mut watching = app.follow(&bob, show).await;
    let mut silent = app.follow(&eve, show).await;
    silent.channel.fall_silent();
    let last_sign = Instant::now();
    watching.until(|it| it.count == 2).await;
    watching.until(|it| it.count == 1).await;
    // Nine seconds by design; a busy machine may need a moment more.
    assert!(last_sign.elapsed() < Duration::from_secs(12));
    drop(silent);
    app.stop().await;
}

#[tokio::test]
async fn gestures_are_seen_by_all_and_only_of_those_present() {
    let app = TestApp::start().await;
    let (_, show) = app.artist_with_show().await;
    let (bob, eve) = (app.guest("Bob").await, app.guest("Eve").await);
    let mut watching = app.follow(&bob, show).await;
    let mut outside = app.channel(&eve).await;
    outside.say(&ClientFrame::Gesture { show, gesture: Gesture::Heart }).await;
    let mut inside = app.follow(&eve, show).await;
    for _ in 0..20 {
        inside.channel.say(&ClientFrame::Gesture { show, gesture: Gesture::Jump }).await;
    }
    inside.channel.say(&ClientFrame::Gesture { show, gesture: Gesture::Jump }).await;
    watching.until(|it| it.gestures.len() >= 5).await;
    assert!(watching.gestures.iter().all(|it| *it == (eve.person(), Gesture::Jump)));
    app.stop().await;
}

#[tokio::test]
async fn of_twenty_likes_at_once_one_counts() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (bob, eve) = (app.guest("Bob").await, app.guest("Eve").await);
    let mut watching = app.follow(&eve, show).await;
    let likes = join_all((0..20).map(|_| bob.like(show))).await;
    assert_eq!(likes.iter().filter(|it| **it == Ok(1)).count(), 1);
    for refused in likes.into_iter().filter_map(Result::err) {
        let Refusal::Because(CrowdReason::CoolDown { seconds }) = refused else {
            panic!("{refused:?}")
        };
        assert!((1..=LIKE_COOL_DOWN).contains(&seconds));
    }
    assert_eq!(eve.like(show).await, Ok(2));
    watching.until(|it| it.likes == 2).await;
    // The cool-down is over once the database says so.
    app.change("UPDATE likes SET last_at = last_at - 10000").await;
    assert_eq!(bob.like(show).await, Ok(3));
    artist.end(show).await.unwrap();
    app.change("UPDATE likes SET last_at = last_at - 10000").await;
    assert_eq!(bob.like(show).await, Err(Refusal::Because(CrowdReason::Over)));
    assert_eq!(app.count("SELECT likes FROM shows").await, 3);
    app.stop().await;
}

#[tokio::test]
async fn the_peak_outlives_the_crowd() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (bob, eve) = (app.guest("Bob").await, app.guest("Eve").await);
    let mut first = app.follow(&bob, show).await;
    let second = app.follow(&eve, show).await;
    first.until(|it| it.count == 2).await;
    drop((first, second));
    let app = app.restart().await;
    assert_eq!(artist.show(show).await.unwrap().peak, 2);
    app.stop().await;
}
