//! Nothing that is private stands in any answer to a guest: pages, server functions, the live channel.

use bandstand_domain::{
    channel::{ClientFrame, Topic},
    chat::ChatPlace,
    happenings::HappeningForm,
    notifications::NotificationSettings,
};
use reqwest::header;
use serde_json::json;
use sqlx::Row;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{
    app::{TestApp, draft},
    rooms::form as room_form,
};

/// Where everybody comes from, as the venue's proxy says.
const ADDRESS: &str = "203.0.113.77";

/// What nobody else may ever see.
async fn secrets(app: &TestApp) -> Vec<String> {
    let mut secrets = vec![ADDRESS.into(), "$argon2".into(), "@example.org".into()];
    for statement in [
        "SELECT id FROM accounts",
        "SELECT email FROM accounts",
        "SELECT password FROM accounts",
        "SELECT key FROM sessions",
        "SELECT name FROM player_sessions",
    ] {
        let rows = sqlx::query(statement)
            .fetch_all(&app.running.venue.services.database.read)
            .await
            .unwrap();
        secrets.extend(rows.iter().map(|row| row.try_get::<String, _>(0).unwrap()));
    }
    assert!(secrets.len() > 10, "{secrets:?}");
    secrets
}

#[tokio::test]
async fn a_guest_is_told_nothing_private() {
    let app = TestApp::configured(|config| {
        config.limit_scale = 1_000;
        config.trusted_proxy = true;
    })
    .await
    .from(ADDRESS);
    let (ada, show) = app.artist_with_show().await;
    let ben = app.visitor("ben").await;
    let guest = app.guest("Guest").await;
    assert_eq!(ben.post("listening/address", json!({ "show": show })).await.status(), 200);
    let room = ada.make_room(&room_form("rights-room")).await.unwrap().id;
    guest.come_in(&ada, room).await;
    let mut answers: Vec<(String, String)> = Vec::new();

    // What goes over the live channel while things happen.
    let mut channel = app.channel(&guest).await;
    let token = guest.join(show).await.unwrap().token;
    channel.subscribe(Topic::Shows, None, None).await;
    channel.subscribe(Topic::Show(show), None, Some(token)).await;
    let watching = app.follow(&ben, show).await;
    ben.say(show, "hello").await;
    ben.post("crowd/like", json!({ "show": show })).await;
    ada.update(show, &draft("Songs for somebody", 2)).await.unwrap();
    ada.say(show, "the last word").await;
    channel.say(&ClientFrame::Unsubscribe { topic: Topic::Shows }).await;
    loop {
        let Some(Ok(message)) = channel.message().await else { panic!("the channel was closed") };
        let Message::Text(text) = message else { continue };
        let last = text.contains("the last word");
        answers.push(("the live channel".into(), text.to_string()));
        if last {
            break;
        }
    }
    drop(watching);

    for path in [
        "/",
        "/join",
        "/log-in",
        "/dashboard",
        "/notifications",
        "/recordings",
        "/settings",
        "/shows/new",
        "/rooms",
        "/rooms/rights-room",
        "/artists/ada",
        "/artists/ben",
        "/artists/ada/podcast.xml",
        "/nothing",
        "/healthz",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(["", "/edit", "/recording", "/studio"].map(|rest| format!("/shows/{show}{rest}")))
    {
        let page = guest.page(&path).await;
        answers.push((path, read(page).await));
    }

    // Every server function there is, with arguments that fit any of them.
    let arguments = json!({
        "id": show, "show": show, "place": ChatPlace::Show(show),
        "ids": [show], "pinned": true, "reaction": "heart", "on": true, "minutes": 0, "approved": true, "banned": true, "position": 1, "hide": true,
        "hidden": { "person": "nobody", "name": "Nobody" }, "handle": "ada", "follow": true, "section": "past", "next": "",
        "before": i64::MAX, "name": "Guest", "text": "hello", "person": ada.person(), "muted": true,
        "paused": true, "keep": true, "record": true, "published": true, "from": 0, "second": 0,
        "happening": show, "answer": "yes", "plan": HappeningForm::default(),
        "to": "en", "up_to": 9, "settings": NotificationSettings::default(),
        "kept": true, "allowed": false, "title": "One",
        "draft": draft("Mine now", 9), "password": "long enough for one",
        "link": "x", "login": "ada", "language": "en", "ceremony": "x",
        "credential": "{}", "code": "123456", "session": "",
        "room": room, "address": "rights-room", "archived": false, "skipped": 0, "role": "member",
        "banned": false, "waiting": true, "admitted": true, "invitation": "00000000-0000-0000-0000-000000000000",
        "words": "",
        "measured": { "before": "[]", "now": "[]" },
        "form": {
            "handle": "new", "display_name": "New", "email": "ada@elsewhere.example", "artist": null,
            "password": "long enough for one", "login": "ada", "about": "", "website": "",
            "current": "x", "new": "long enough for one", "link": "x", "title": "Mine now",
            "public": true, "guests": true, "guest_uploads": false, "knocking": true, "kept_days": null,
            "hours": null, "max_uses": null, "address": "rights-room",
            "description": "", "tracklist": "", "links": "", "from": "0:00", "to": "0:01"
        },
    });
    let mut functions: Vec<_> =
        leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path).collect();
    functions.sort_unstable();
    assert!(functions.len() > 20, "{functions:?}");
    for path in functions {
        let caller = app.guest("Guest").await;
        let answer = caller.post(path.trim_start_matches("/api/"), arguments.clone()).await;
        assert_ne!(
            answer.status(),
            400,
            "{path}: it needs an argument that this test doesn't give"
        );
        answers.push((path.into(), read(answer).await));
    }

    let secrets = secrets(&app).await;
    for (what, text) in &answers {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{what} tells {secret}: {text}");
        }
    }
    app.stop().await;
}

/// All of an answer but the cookie, which is the guest's own.
async fn read(answer: reqwest::Response) -> String {
    let mut headers = answer.headers().clone();
    headers.remove(header::SET_COOKIE);
    format!("{headers:?}\n{}", answer.text().await.unwrap())
}
