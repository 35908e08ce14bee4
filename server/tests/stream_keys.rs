//! Stream keys: OBS and others on an artist's stage.

use std::time::{Duration, Instant};

use bandstand_domain::{
    Refusal, Secret, ShowId,
    stage::{StageError, StageReason, StageState},
    stream_keys::{MAX_KEYS, NewStreamKey, StreamKey, StreamKeyId},
};
use reqwest::{Method, header};
use serde_json::json;

use crate::support::app::{TestApp, User, draft, fields};

impl User {
    async fn stream_keys(&self) -> Result<Vec<StreamKey>, StageError> {
        self.call("live/stream_keys", json!({})).await
    }

    pub async fn make_stream_key(&self, name: &str) -> Result<NewStreamKey, StageError> {
        self.call("live/make_stream_key", json!({ "name": name })).await
    }

    pub async fn revoke_stream_key(&self, id: StreamKeyId) -> Result<(), StageError> {
        self.call("live/revoke_stream_key", json!({ "id": id })).await
    }
}

impl TestApp {
    /// How the venue answers to somebody who has this key: status and text.
    pub async fn tried(&self, path: &str, key: &Secret) -> (u16, String) {
        let response = self.offer(path, Some(key), "application/sdp", "v=0".into()).await;
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

#[tokio::test]
async fn a_program_is_on_stage_with_a_key_until_it_is_revoked() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let mut studio = app.follow(&artist, show).await;
    let made = artist.make_stream_key(" OBS at home ").await.unwrap();
    let secret = made.secret.reveal();
    assert!(secret.starts_with("bandstand_") && secret.len() == 42, "{}", secret.len());
    assert_eq!((made.key.name.as_str(), made.key.used_at), ("OBS at home", None));
    assert!(secret.ends_with(&made.key.ending));
    let kept = app.count("SELECT COUNT(*) FROM stream_keys WHERE hash LIKE 'bandstand%'").await;
    assert_eq!(kept, 0, "a key is kept as a hash alone");

    let program = app.publish_at("/whip", made.secret.clone()).await.unwrap();
    assert!(program.location.starts_with(&format!("/whip/{show}/1-")), "{}", program.location);
    studio.until_stage(StageState::Live).await;
    let viewer = app.watch(&artist, show).await.unwrap();
    viewer.until(|it| it.video.keyframes > 0 && it.audio.packets > 0).await;
    let keys = artist.stream_keys().await.unwrap();
    assert!(keys[0].used_at.is_some_and(|used| used >= keys[0].made_at));

    let other = app.artist("eve").await;
    assert_eq!(other.stream_keys().await.unwrap(), []);
    assert_eq!(other.revoke_stream_key(made.key.id).await, Err(Refusal::NotFound));
    artist.revoke_stream_key(made.key.id).await.unwrap();
    program.publisher.ended().await;
    studio.until_stage(StageState::Dropped).await;
    assert_eq!(app.tried("/whip", &made.secret).await.0, 401);
    assert_eq!(artist.revoke_stream_key(made.key.id).await, Err(Refusal::NotFound));
    app.stop().await;
}

#[tokio::test]
async fn a_program_that_was_replaced_stays_off_until_the_stage_is_free() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let key = artist.make_stream_key("OBS").await.unwrap().secret;
    let page = app.go_live(&artist, show).await;
    // The key takes over, and the page is told by a higher publication.
    let mut studio = app.follow(&artist, show).await;
    let program = app.publish_at("/whip", key.clone()).await.unwrap();
    page.publisher.ended().await;
    while studio.until_stage(StageState::Live).await.1 < 2 {
        studio.events.clear();
    }
    // The page takes over; the program tries to come back by itself, as OBS does.
    let page = app.go_live(&artist, show).await;
    program.publisher.ended().await;
    assert_eq!(app.tried("/whip", &key).await.0, 409);
    assert_eq!(app.tried(&format!("/whip/{show}"), &key).await.0, 409);
    let another = app.go_live(&artist, show).await;
    page.publisher.ended().await;
    assert_eq!(app.tried("/whip", &key).await.0, 409);
    let mut studio = app.follow(&artist, show).await;
    assert_eq!(app.method(Method::DELETE, &another.location).await.status(), 200);
    studio.until_stage(StageState::Dropped).await;
    let program = app.publish_at("/whip", key.clone()).await.unwrap();
    artist.end(show).await.unwrap();
    program.publisher.ended().await;
    assert_eq!(app.tried(&format!("/whip/{show}"), &key).await.0, 409, "it is over");
    app.stop().await;
}

#[tokio::test]
async fn a_key_finds_the_show_that_is_played_now() {
    let app = TestApp::start().await;
    let artist = app.artist("ada").await;
    let key = artist.make_stream_key("OBS").await.unwrap().secret;
    let (status, text) = app.tried("/whip", &key).await;
    assert_eq!(status, 409, "{text}");
    let later = artist.create(&draft("Much later", 9)).await.unwrap();
    assert_eq!(app.tried("/whip", &key).await.0, 409, "nobody goes live a day early by mistake");
    let soon = artist.create(&draft("Quite soon", 1)).await.unwrap();
    let first = app.publish_at("/whip", key.clone()).await.unwrap();
    assert!(first.location.starts_with(&format!("/whip/{soon}/")));
    // Nor is a test of the program a show that begins days early, where its address names one; and the
    // artist is told.
    let mut studio = app.follow(&artist, later).await;
    let named = format!("/whip/{later}");
    let (status, text) = app.tried(&named, &key).await;
    assert_eq!((status, text.contains("in more than two hours")), (409, true), "{text}");
    studio.until(|it| it.notices.iter().any(|it| it.text.contains("nobody saw anything"))).await;
    let facts = artist.show(later).await.unwrap();
    assert_eq!((facts.card.stage, facts.live_since), (StageState::Empty, None));
    // Once its artist has begun it, a program may take over.
    let page = app.go_live(&artist, later).await;
    studio.until_stage(StageState::Live).await;
    let program = app.publish_at(&named, key.clone()).await.unwrap();
    assert!(program.location.starts_with(&format!("/whip/{later}/2-")));
    page.publisher.ended().await;
    artist.end(soon).await.unwrap();
    first.publisher.ended().await;

    let eve = app.artist("eve").await;
    let foreign = eve.create(&draft("Not yours", 1)).await.unwrap();
    assert_eq!(app.tried(&format!("/whip/{foreign}"), &key).await.0, 403);
    assert_eq!(app.tried(&format!("/whep/{later}"), &key).await.0, 401, "it opens stages alone");
    app.stop().await;
}

#[tokio::test]
async fn all_wrong_keys_are_answered_alike_and_not_too_often() {
    let app = TestApp::configured(|_| {}).await;
    let (artist, show) = app.artist_with_show().await;
    let revoked = artist.make_stream_key("OBS").await.unwrap();
    artist.revoke_stream_key(revoked.key.id).await.unwrap();
    let made_up = Secret::new(format!("bandstand_{}", "A".repeat(32)));
    let wrong = app.tried("/whip", &made_up).await;
    assert_eq!(wrong.0, 401);
    let nowhere = format!("/whip/{}", uuid::Uuid::nil());
    let here = format!("/whip/{show}");
    for key in [revoked.secret, Secret::new("x"), Secret::new("x".repeat(5_000))] {
        for path in ["/whip", &here, &nowhere, "/whip/nonsense"] {
            assert_eq!(app.tried(path, &key).await, wrong);
        }
    }
    let mut tries = 0;
    let response = loop {
        let sent = app.offer("/whip", Some(&made_up), "application/sdp", "v=0".into()).await;
        if sent.status() != 401 {
            break sent;
        }
        tries += 1;
        assert!(tries < 40, "guessing goes on for ever");
    };
    assert_eq!(response.status(), 429);
    let wait: u32 = response.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=5).contains(&wait), "{wait}");
    // Whose key is good comes in all the same, from the same address.
    let good = artist.make_stream_key("OBS").await.unwrap().secret;
    for _ in 0..10 {
        assert_eq!(app.tried("/whip", &good).await.0, 422, "its offer has no tracks");
    }
    let radio = |key: &Secret| {
        let put = app.nobody().client.put(format!("{}/radio/{show}", app.url)).body("x");
        put.basic_auth("source", Some(key.reveal()))
            .header(header::CONTENT_TYPE, "video/mp4")
            .send()
    };
    assert_eq!(radio(&good).await.unwrap().status(), 415);
    assert_eq!(radio(&made_up).await.unwrap().status(), 429);
    // Who comes again and again has to wait, too, as each time may change the stage.
    let mut again = 0;
    while app.tried("/whip", &good).await.0 != 429 {
        again += 1;
        assert!(again < 40, "a stage changes hands for ever");
    }
    app.stop().await;
}

#[tokio::test]
async fn keys_are_for_artists_named_and_few() {
    let app = TestApp::start().await;
    let visitor = app.visitor("bob").await;
    assert_eq!(visitor.make_stream_key("OBS").await.unwrap_err(), Refusal::Forbidden);
    assert_eq!(visitor.stream_keys().await.unwrap_err(), Refusal::Forbidden);
    let guest = app.guest("Bob").await;
    assert_eq!(guest.make_stream_key("OBS").await.unwrap_err(), Refusal::NotLoggedIn);
    let artist = app.artist("ada").await;
    assert_eq!(fields(artist.make_stream_key("  ").await), ["key_name"]);
    assert_eq!(fields(artist.make_stream_key(&"x".repeat(41)).await), ["key_name"]);
    for number in 0..MAX_KEYS {
        artist.make_stream_key(&format!("Machine {number}")).await.unwrap();
    }
    let one_more = artist.make_stream_key("One more").await.unwrap_err();
    assert_eq!(one_more, Refusal::Because(StageReason::TooManyKeys));
    let names: Vec<_> = artist.stream_keys().await.unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names.len(), MAX_KEYS);
    assert_eq!(names[0], "Machine 0");
    app.stop().await;
}

#[tokio::test]
async fn two_programs_with_one_key_settle_and_the_artist_is_told() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let key = artist.make_stream_key("OBS").await.unwrap().secret;
    let mut on_stage = app.publish_at("/whip", key.clone()).await.unwrap();
    for _ in 0..3 {
        let next = app.publish_at("/whip", key.clone()).await.unwrap();
        on_stage.publisher.ended().await;
        on_stage = next;
    }
    for _ in 0..5 {
        let (status, text) = app.tried("/whip", &key).await;
        assert_eq!(status, 409, "{text}");
        assert!(text.contains("with the same stream key"), "{text}");
    }
    assert_eq!(app.method(Method::GET, &on_stage.location).await.status(), 204);
    let mut studio = app.follow(&artist, show).await;
    studio.until(|it| it.notices.iter().any(|it| it.text.contains("the same stream key"))).await;
    // The artist's own page is not part of it.
    let page = app.go_live(&artist, show).await;
    on_stage.publisher.ended().await;
    drop(page);
    app.stop().await;
}

#[tokio::test]
async fn why_a_program_is_refused_its_artist_is_told_within_two_seconds_and_nobody_else() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let eve = app.artist("eve").await;
    let elsewhere = eve.create(&draft("Another show", 1)).await.unwrap();
    let mut others = [app.follow(&eve, elsewhere).await, app.follow(&eve, show).await];
    let mut studio = app.follow(&artist, show).await;
    let made = artist.make_stream_key("OBS at home").await.unwrap();
    let revoked = artist.make_stream_key("Old laptop").await.unwrap();
    artist.revoke_stream_key(revoked.key.id).await.unwrap();

    let hevc = app.idle_offer().await.replace("VP8/90000", "H265/90000");
    let refusals = [
        (&made.secret, "/whip".to_owned(), hevc, 422, "its picture is HEVC (H.265)"),
        (&revoked.secret, "/whip".to_owned(), "v=0".into(), 401, "“Old laptop”, was revoked"),
        (&made.secret, format!("/whip/{elsewhere}"), "v=0".into(), 403, "a show of somebody else"),
        (&made.secret, "/whip/nonsense".into(), "v=0".into(), 404, "names no show"),
    ];
    for (key, path, offer, status, words) in refusals {
        let begun = Instant::now();
        let refused = app.offer(&path, Some(key), "application/sdp", offer).await;
        assert_eq!(refused.status(), status);
        studio.until(|it| it.notices.first().is_some_and(|it| it.text.contains(words))).await;
        assert!(begun.elapsed() < Duration::from_secs(2), "{words}: {:?}", begun.elapsed());
    }
    // A studio that is opened later is told as well.
    let mut later = app.follow(&artist, show).await;
    later.until(|it| it.notices.len() == 4).await;
    for (who, place) in others.iter_mut().zip([elsewhere, show]) {
        eve.say(place, "hello").await;
        who.until(|it| it.texts().contains(&"hello")).await;
        assert_eq!(who.notices, []);
    }
    // Once it works, nothing is wrong any more.
    let program = app.publish_at("/whip", made.secret).await.unwrap();
    studio.until(|it| it.notices.is_empty()).await;
    drop(program);
    app.stop().await;
}

#[tokio::test]
async fn an_artist_is_on_three_stages_at_most() {
    let app = TestApp::start().await;
    let artist = app.artist("ada").await;
    let offer = app.idle_offer().await;
    let go = async |show: ShowId| {
        let token = artist.stage(show).await.unwrap().token;
        app.offer(&format!("/whip/{show}"), Some(&token), "application/sdp", offer.clone()).await
    };
    let mut shows = Vec::new();
    for (hours, status) in [(3, 201), (6, 201), (9, 201), (12, 409)] {
        let show = artist.create(&draft("Songs", hours)).await.unwrap();
        assert_eq!(go(show).await.status(), status);
        shows.push(show);
    }
    // To come back to one of them is always possible.
    assert_eq!(go(shows[0]).await.status(), 201);
    app.stop().await;
}
