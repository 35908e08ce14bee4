//! The stage, with real media: WHIP in, WHEP out, and what the audience is told.

use bandstand_domain::{
    Refusal, Secret,
    channel::Snapshot,
    shows::{Section, ShowDraft, ShowReason},
    stage::{DoorToken, StageReason, StageState},
};
use reqwest::{Method, header};
use serde_json::json;

use crate::support::{
    app::{TestApp, User, draft},
    channel::Follower,
};

fn stage_now(follower: &Follower) -> (StageState, i64) {
    match &follower.present {
        Some(Snapshot::Show { page, publication, .. }) => (page.card.stage, *publication),
        other => panic!("no present: {other:?}"),
    }
}

#[tokio::test]
async fn a_show_from_the_lobby_to_the_end() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let mut lobby = app.follow(&bob, show).await;
    assert_eq!(stage_now(&lobby), (StageState::Empty, 0));
    let nobody_there = artist.pause(show, true).await;
    assert_eq!(nobody_there, Err(Refusal::Because(StageReason::NotOnStage)));

    let on_stage = app.go_live(&artist, show).await;
    assert!(on_stage.location.starts_with(&format!("/whip/{show}/1-")));
    let (since, publication) = lobby.until_stage(StageState::Live).await;
    assert_eq!(publication, 1);
    assert_eq!(app.nobody().whats_on().await.live.len(), 1);
    let early = app.watch(&bob, show).await.unwrap();
    early.until(|it| it.video.keyframes > 0 && it.audio.packets > 0).await;

    assert_eq!(bob.pause(show, true).await, Err(Refusal::Forbidden));
    artist.pause(show, true).await.unwrap();
    lobby.until_stage(StageState::Paused).await;
    artist.pause(show, false).await.unwrap();
    lobby.until_stage(StageState::Live).await;

    // The line breaks, and the artist comes back by another one.
    on_stage.publisher.close().await;
    assert_eq!(lobby.until_stage(StageState::Dropped).await, (since, 1));
    let on_stage = app.go_live(&artist, show).await;
    assert_eq!(lobby.until_stage(StageState::Live).await, (since, 2));
    early.reset();
    early.until(|it| it.video.keyframes > 0 && it.audio.packets > 0).await;

    assert_eq!(bob.end(show).await, Err(Refusal::Forbidden));
    artist.end(show).await.unwrap();
    artist.end(show).await.unwrap();
    lobby.until_stage(StageState::Ended).await;
    on_stage.publisher.ended().await;
    early.ended().await;
    assert_eq!(artist.stage(show).await.unwrap_err(), Refusal::Because(StageReason::Over));
    let late = app.watch(&bob, show).await.err().expect("it is over");
    assert!(format!("{late:?}").contains("409"), "{late:?}");
    let card = artist.show(show).await.unwrap().card;
    assert_eq!(card.section(card.starts_at), Section::Past);
    app.stop().await;
}

#[tokio::test]
async fn an_end_is_taken_back_within_five_minutes() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let mut crowd = app.follow(&bob, show).await;
    assert_eq!(artist.reopen(show).await, Ok(()), "nothing has ended");
    let on_stage = app.go_live(&artist, show).await;
    let (since, _) = crowd.until_stage(StageState::Live).await;
    artist.end(show).await.unwrap();
    on_stage.publisher.ended().await;
    crowd.until_stage(StageState::Ended).await;
    assert_eq!(bob.reopen(show).await, Err(Refusal::Forbidden));
    assert_eq!(app.nobody().whats_on().await.live.len(), 0);

    artist.reopen(show).await.unwrap();
    assert_eq!(crowd.until_stage(StageState::Dropped).await, (since, 1));
    let page = artist.show(show).await.unwrap();
    assert_eq!((page.live_since.map(|at| at.0), page.ended_at), (since, None));
    assert_eq!(app.nobody().whats_on().await.live.len(), 1);
    let viewer = app.watch(&bob, show).await.unwrap();
    let _on_stage = app.go_live(&artist, show).await;
    assert_eq!(crowd.until_stage(StageState::Live).await, (since, 2));
    viewer.until(|it| it.video.keyframes > 0 && it.audio.packets > 0).await;

    artist.end(show).await.unwrap();
    app.change("UPDATE shows SET ended_at = ended_at - 300000").await;
    assert_eq!(artist.reopen(show).await, Err(Refusal::Because(StageReason::TooLate)));
    assert_eq!(artist.stage(show).await.unwrap_err(), Refusal::Because(StageReason::Over));
    app.stop().await;
}

#[tokio::test]
async fn an_end_taken_back_after_its_time_leaves_time_to_come_back() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let mut crowd = app.follow(&artist, show).await;
    let _on_stage = app.go_live(&artist, show).await;
    crowd.until_stage(StageState::Live).await;
    app.change("UPDATE shows SET starts_at = 0, ends_at = 3600000").await;
    artist.end(show).await.unwrap();
    artist.reopen(show).await.unwrap();
    let stages = &app.running.venue.media.stages;
    let stage = async || artist.show(show).await.unwrap().card.stage;
    stages.end_abandoned().await.unwrap();
    assert_eq!(stage().await, StageState::Dropped);
    app.change("UPDATE shows SET stage_at = stage_at - 300000").await;
    stages.end_abandoned().await.unwrap();
    assert_eq!(stage().await, StageState::Ended);
    app.stop().await;
}

#[tokio::test]
async fn only_the_artist_goes_on_stage() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let path = format!("/whip/{show}");
    let bob = app.guest("Bob").await;
    let join = bob.join(show).await.unwrap().token;
    let stage = artist.stage(show).await.unwrap().token;
    let sdp = "application/sdp";
    let status = async |path: &str, token: Option<&Secret>, kind: &str, body: &str| {
        app.offer(path, token, kind, body.to_owned()).await.status().as_u16()
    };
    assert_eq!(status(&path, None, sdp, "v=0").await, 401);
    assert_eq!(status(&path, Some(&Secret::new("made.up")), sdp, "v=0").await, 401);
    assert_eq!(status(&path, Some(&join), sdp, "v=0").await, 403);
    let refused =
        app.publish(show, join.clone()).await.err().expect("a visitor stays off the stage");
    assert!(format!("{refused:?}").contains("403"), "{refused:?}");
    assert_eq!(status(&format!("/whep/{show}"), Some(&stage), sdp, "v=0").await, 403);
    assert_eq!(status(&path, Some(&stage), "text/plain", "v=0").await, 415);
    assert_eq!(status(&path, Some(&stage), sdp, &"x".repeat(70_000)).await, 413);
    // None of this used the token up; an offer that can't be read does.
    assert_eq!(status(&path, Some(&stage), sdp, "nonsense").await, 400);
    assert_eq!(status(&path, Some(&stage), sdp, "nonsense").await, 401);
    let watch = format!("/whep/{show}");
    assert_eq!(status(&watch, Some(&join), sdp, "nonsense").await, 400);
    assert_eq!(status(&watch, Some(&join), sdp, "nonsense").await, 401);
    let follower = app.follow(&bob, show).await;
    assert_eq!(stage_now(&follower), (StageState::Empty, 0));
    app.stop().await;
}

#[tokio::test]
async fn a_second_studio_takes_over_and_the_first_is_told() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    // Else the stage tells of its recorder, too.
    artist.record(show, false).await;
    let mut studio = app.follow(&artist, show).await;
    let first = app.go_live(&artist, show).await;
    assert_eq!(studio.until_stage(StageState::Live).await.1, 1);
    let viewer = app.watch(&artist, show).await.unwrap();
    viewer.until(|it| it.video.keyframes > 0).await;
    let second = app.go_live(&artist, show).await;
    studio.events.clear();
    assert_eq!(studio.until_stage(StageState::Live).await.1, 2);
    first.publisher.ended().await;
    // Its page comes back by itself only to a stage that is free.
    let again = artist.stage_again(show, 1).await;
    assert_eq!(again.unwrap_err(), Refusal::Because(StageReason::TakenOver));
    assert!(artist.stage_again(show, 2).await.is_ok());
    // What the first still says changes nothing.
    let gone = app.method(Method::DELETE, &first.location).await;
    assert_eq!(gone.status(), 404);
    viewer.reset();
    viewer.until(|it| it.video.keyframes > 0).await;
    // The second leaves as a page does that is closed.
    assert_eq!(app.method(Method::DELETE, &second.location).await.status(), 200);
    assert_eq!(studio.until_stage(StageState::Dropped).await.1, 2);
    assert!(artist.stage_again(show, 1).await.is_ok());
    app.stop().await;
}

#[tokio::test]
async fn a_deleted_show_takes_everybody_off() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let spare = bob.join(show).await.unwrap().token;
    let stage = artist.stage(show).await.unwrap().token;
    let mut follower = app.follow(&bob, show).await;
    let on_stage = app.go_live(&artist, show).await;
    follower.until_stage(StageState::Live).await;
    let viewer = app.watch(&bob, show).await.unwrap();
    artist.delete(show).await.unwrap();
    on_stage.publisher.ended().await;
    viewer.ended().await;
    while follower.hear().await.is_ok() {}
    for (path, token) in [("whip", stage), ("whep", spare)] {
        let path = format!("/{path}/{show}");
        let response = app.offer(&path, Some(&token), "application/sdp", "v=0".into()).await;
        assert_eq!(response.status(), 410);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_stage_is_not_live_for_ever_after_a_crash() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let mut follower = app.follow(&artist, show).await;
    let on_stage = app.go_live(&artist, show).await;
    follower.until_stage(StageState::Live).await;
    let app = app.restart().await;
    drop(on_stage);
    let follower = app.follow(&artist, show).await;
    assert_eq!(stage_now(&follower), (StageState::Dropped, 1));
    let card = artist.whats_on().await.live.remove(0);
    assert_eq!((card.id, card.stage), (show, StageState::Dropped));
    app.stop().await;
}

#[tokio::test]
async fn a_takeover_that_does_not_come_about_leaves_everything_as_it_was() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    // Else the stage tells of its recorder, too.
    artist.record(show, false).await;
    let mut studio = app.follow(&artist, show).await;
    let on_stage = app.go_live(&artist, show).await;
    studio.until_stage(StageState::Live).await;
    let viewer = app.watch(&artist, show).await.unwrap();
    viewer.until(|it| it.video.keyframes > 0).await;
    studio.events.clear();

    let token = artist.stage(show).await.unwrap().token;
    let (path, offer) = (format!("/whip/{show}"), app.idle_offer().await);
    let waits = app.offer(&path, Some(&token), "application/sdp", offer).await;
    assert_eq!(waits.status(), 201);
    let location = waits.headers()[header::LOCATION].to_str().unwrap();
    assert!(location.starts_with(&format!("/whip/{show}/2-")), "{location}");
    // Who is on stage may still come back to it, and whoever comes in hears of no other publication.
    assert!(artist.stage_again(show, 1).await.is_ok());
    assert_eq!(stage_now(&app.follow(&artist, show).await), (StageState::Live, 1));
    viewer.reset();
    viewer.until(|it| it.video.frames > 20 && it.audio.packets > 20).await;
    assert_eq!(viewer.figures().video.missing(), 0);
    assert_eq!(app.method(Method::DELETE, location).await.status(), 200);
    artist.say(show, "still here").await;
    studio.until(|it| it.texts().contains(&"still here")).await;
    assert_eq!(studio.events.len(), 1, "{:?}", studio.events);
    assert_eq!(app.method(Method::GET, &on_stage.location).await.status(), 204);

    // Numbers that were given once are not given again.
    let next = app.go_live(&artist, show).await;
    assert!(next.location.starts_with(&format!("/whip/{show}/3-")), "{}", next.location);
    on_stage.publisher.ended().await;
    studio.events.clear();
    assert_eq!(studio.until_stage(StageState::Live).await.1, 3);
    app.stop().await;
}

#[tokio::test]
async fn a_full_venue_takes_its_artist() {
    let app = TestApp::small().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let first = app.watch(&bob, show).await.unwrap();
    let _second = app.watch(&bob, show).await.unwrap();
    let full = app.watch(&bob, show).await.err().expect("a full house");
    assert!(format!("{full:?}").contains("503"), "{full:?}");
    let on_stage = app.go_live(&artist, show).await;
    first.until(|it| it.video.keyframes > 0).await;
    // Coming back is no new place.
    let again = app.go_live(&artist, show).await;
    on_stage.publisher.ended().await;
    drop(again);
    app.stop().await;
}

#[tokio::test]
async fn at_the_door_there_is_a_picture_for_all_where_guests_may_enter() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let nobody = app.nobody();
    let look =
        async || nobody.call::<DoorToken, StageReason>("live/look", json!({ "show": show })).await;
    assert_eq!(look().await, Err(Refusal::Because(StageReason::NotOnStage)));
    let mut lobby = app.follow(&app.guest("Bob").await, show).await;
    let _on_stage = app.go_live(&artist, show).await;
    lobby.until_stage(StageState::Live).await;
    let right = look().await.unwrap().token;
    let offer = async |path: &str, body: &str| {
        let path = format!("/whep/{show}{path}");
        app.offer(&path, Some(&right), "application/sdp", body.to_owned()).await.status().as_u16()
    };
    // Neither the picture and sound of who is in, nor the sound.
    assert_eq!(offer("", "v=0").await, 403);
    assert_eq!(offer("/door", "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n").await, 422);
    let follows = nobody.join(show).await;
    assert_eq!(follows.unwrap_err(), Refusal::Because(StageReason::Nameless));
    let mut members = draft("Songs for nobody", 1);
    let kept: ShowDraft =
        artist.call::<_, ShowReason>("shows/draft", json!({ "id": show })).await.unwrap();
    (members.starts, members.ends) = (kept.starts, kept.ends);
    members.members_only = true;
    artist.update(show, &members).await.unwrap();
    assert_eq!(offer("/door", "v=0").await, 403);
    assert_eq!(look().await, Err(Refusal::Because(StageReason::MembersOnly)));
    app.stop().await;
}

#[tokio::test]
async fn the_form_at_the_door_works_without_the_program() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let path = format!("{}/shows/{show}/enter", app.url);
    let enter = async |user: &User, name: &str, origin: &str| {
        let request = user.client.post(&path).header(header::ORIGIN, origin);
        request.form(&[("name", name)]).send().await.unwrap()
    };
    let ana = app.nobody();
    assert_eq!(enter(&ana, "Ana", "https://evil.example").await.status(), 403);
    assert_eq!(enter(&ana, " ", &app.url).await.status(), 422);
    assert_eq!(ana.who().await, None);
    let entered = enter(&ana, "Ana", &app.url).await;
    assert_eq!(entered.status(), 303);
    assert_eq!(entered.headers()[header::LOCATION], format!("/shows/{show}"));
    assert_eq!(ana.who().await.map(|viewer| viewer.name).as_deref(), Some("Ana"));
    assert_eq!(ana.join(show).await.unwrap().name, "Ana");
    // Who has an account is not renamed.
    assert_eq!(enter(&artist, "Bob", &app.url).await.status(), 303);
    assert_eq!(artist.who().await.unwrap().name, "ada on stage");

    let mut members = draft("Songs for nobody", 1);
    members.members_only = true;
    artist.update(show, &members).await.unwrap();
    let eve = app.nobody();
    assert_eq!(enter(&eve, "Eve", &app.url).await.status(), 403);
    assert_eq!(eve.who().await, None);
    app.stop().await;
}
