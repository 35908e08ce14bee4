//! Where somebody is logged in, and what ends with a session.

use std::time::{Duration, Instant};

use bandstand_domain::{
    Refusal,
    accounts::{AccountReason, OwnSession},
    stage::StageState,
};
use bandstand_server::{config::UserCommand, own_account::operator, sessions};
use reqwest::{Method, header};
use serde_json::json;

use crate::support::{
    app::{PASSWORD, TestApp, User},
    channel::until_cut,
};

/// Within which everything has to be cut.
const SOON: Duration = Duration::from_secs(5);

impl User {
    async fn sessions(&self) -> Vec<OwnSession> {
        self.settings().await.unwrap().sessions
    }

    async fn end_session(&self, name: &str) -> Result<(), Refusal<AccountReason>> {
        self.call("accounts/end_session", json!({ "name": name })).await
    }
}

impl TestApp {
    /// Waits until nobody sends or gets media.
    async fn no_media(&self) {
        while !self.running.venue.media.sfu.stats().await.sessions.is_empty() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_and_all_at_once() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    let phone = app.nobody();
    let response = phone
        .client
        .post(format!("{}/api/accounts/log_in", app.url))
        .header("origin", &app.url)
        .header(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        )
        .json(&json!({ "form": { "login": "ana", "password": PASSWORD } }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let third = app.nobody();
    third.log_in("ana", PASSWORD).await.unwrap();

    let listed = ana.sessions().await;
    assert_eq!(listed.len(), 3);
    assert!(listed[0].current && !listed[1].current && !listed[2].current);
    let firefox = listed.iter().find(|it| it.device == "Firefox on Linux").unwrap();
    assert!(firefox.used_at <= app.nobody().whats_on().await.now && firefox.begun_at.0 > 0);
    assert!(phone.sessions().await[0].current);

    let ben = app.visitor("ben").await;
    assert_eq!(ben.end_session(&firefox.name).await, Err(Refusal::NotFound));
    assert_eq!(app.guest("Eve").await.end_session(&firefox.name).await, Err(Refusal::NotLoggedIn));
    // The name that is listed opens nothing.
    let thief = app.nobody();
    let cookie = format!("bandstand={}", firefox.name);
    thief.jar.add_cookie_str(&cookie, &app.url.parse().unwrap());
    assert_eq!(thief.who().await, None);

    ana.end_session(&firefox.name).await.unwrap();
    assert_eq!(ana.end_session(&firefox.name).await, Err(Refusal::NotFound));
    assert_eq!((phone.who().await, third.who().await), (None, ana.who().await));
    ana.call::<(), AccountReason>("accounts/end_other_sessions", json!({})).await.unwrap();
    assert_eq!((third.who().await, ana.sessions().await.len()), (None, 1));
    assert_eq!(ben.who().await, ben.viewer);
}

#[tokio::test]
async fn what_an_ended_session_holds_open_is_cut_within_five_seconds() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let elsewhere = app.nobody();
    elsewhere.log_in("ada", PASSWORD).await.unwrap();
    let bob = app.guest("Bob").await;
    let mut watching = app.follow(&bob, show).await;
    let studio = app.follow(&elsewhere, show).await;
    let on_stage = app.go_live(&elsewhere, show).await;
    watching.until_stage(StageState::Live).await;
    let picture = app.watch(&elsewhere, show).await.unwrap();
    picture.until(|it| it.audio.packets > 0).await;
    let mine = app.follow(&artist, show).await;
    let spare = elsewhere.stage(show).await.unwrap().token;

    let begun = Instant::now();
    artist.call::<(), AccountReason>("accounts/end_other_sessions", json!({})).await.unwrap();
    until_cut(studio).await;
    watching.until_stage(StageState::Dropped).await;
    app.no_media().await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    on_stage.publisher.ended().await;
    picture.ended().await;
    // A ticket that it still had opens nothing.
    let refused = app.publish(show, spare).await.err().expect("the session is over");
    assert!(format!("{refused:?}").contains("401"), "{refused:?}");
    // Nobody else is cut.
    let mut mine = mine;
    artist.say(show, "still here").await;
    mine.until(|it| it.texts().contains(&"still here")).await;
    app.stop().await;
}

#[tokio::test]
async fn a_ticket_of_an_ended_session_takes_the_stage_from_nobody() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let thief = app.nobody();
    thief.log_in("ada", PASSWORD).await.unwrap();
    let spare = thief.stage(show).await.unwrap().token;
    let on_stage = app.go_live(&artist, show).await;
    let viewer = app.watch(&artist, show).await.unwrap();
    viewer.until(|it| it.video.keyframes > 0).await;

    artist.call::<(), AccountReason>("accounts/end_other_sessions", json!({})).await.unwrap();
    let refused = app.publish(show, spare).await.err().expect("the session is over");
    assert!(format!("{refused:?}").contains("401"), "{refused:?}");
    assert_eq!(app.method(Method::GET, &on_stage.location).await.status(), 204);
    assert_eq!(app.count("SELECT publication FROM shows").await, 1);
    viewer.reset();
    viewer.until(|it| it.video.frames > 20).await;
    assert_eq!(viewer.figures().video.missing(), 0);
    app.stop().await;
}

#[tokio::test]
async fn who_waits_beside_a_stage_loses_that_with_the_session() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let thief = app.nobody();
    thief.log_in("ada", PASSWORD).await.unwrap();
    let on_stage = app.go_live(&artist, show).await;
    let token = thief.stage(show).await.unwrap().token;
    let (path, offer) = (format!("/whip/{show}"), app.idle_offer().await);
    let waits = app.offer(&path, Some(&token), "application/sdp", offer).await;
    let waits = waits.headers()[header::LOCATION].to_str().unwrap().to_owned();
    assert_eq!(app.method(Method::GET, &waits).await.status(), 204);
    artist.call::<(), AccountReason>("accounts/end_other_sessions", json!({})).await.unwrap();
    while app.method(Method::GET, &waits).await.status() != 404 {}
    assert_eq!(app.method(Method::GET, &on_stage.location).await.status(), 204);
    app.stop().await;
}

#[tokio::test]
async fn a_session_that_another_process_ends_is_cut_too() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let follower = app.follow(&artist, show).await;
    let on_stage = app.go_live(&artist, show).await;
    let begun = Instant::now();
    let config = app.running.venue.services.config.as_ref().clone();
    let said = operator::run(config, UserCommand::Disable { who: "ADA".into() }).await.unwrap();
    assert!(said.contains("1 sessions have ended"), "{said}");
    until_cut(follower).await;
    app.no_media().await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    on_stage.publisher.ended().await;
    assert_eq!(artist.who().await, None);
    let closed = Err(Refusal::Because(AccountReason::Disabled));
    assert_eq!(artist.log_in("ada", PASSWORD).await, closed);
    assert_eq!(artist.log_in("ada", "wrong password").await.unwrap_err().status(), 401);
    app.stop().await;
}

#[tokio::test]
async fn a_session_ends_after_half_a_year_however_much_it_is_used() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    app.change("UPDATE sessions SET begun_at = begun_at - 15638400000").await;
    assert_eq!(ana.who().await, None);
    sessions::sweep(&app.running.venue.services.database).await.unwrap();
    assert_eq!(app.count("SELECT count(*) FROM sessions").await, 0);
}
