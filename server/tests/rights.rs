//! Every server function and every endpoint, tried by everybody.
//!
//! Whoever adds one adds a row here: the tests compare their tables with what the program has.

mod functions;
mod rooms;
mod writing;

use std::{collections::BTreeSet, fs, path::Path};

use bandstand_domain::{
    RoomId, ShowId,
    accounts::AccountReason,
    chat::{ChatPlace, ChatReason},
    happenings::{HappeningForm, HappeningId, HappeningReason},
    stage::JoinToken,
};
use bandstand_server::{config::UserCommand, own_account::operator};
use reqwest::{Method, header};
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use self::functions::FUNCTIONS;
use crate::support::{
    app::{TestApp, User, clock_in},
    rooms::form as room_form,
};

/// What is there to be touched.
struct Things {
    show: ShowId,
    message: Uuid,
    guest: String,
    room: RoomId,
    happening: HappeningId,
}

impl Things {
    fn place(&self) -> ChatPlace {
        ChatPlace::Show(self.show)
    }
}

/// A happening that is in order.
fn supper() -> HappeningForm {
    HappeningForm {
        title: "Supper".into(),
        starts: clock_in(48),
        ends: clock_in(50),
        time_zone: "UTC".into(),
        ..HappeningForm::default()
    }
}

/// Who tries, in this order: what comes later may more.
const WHO: [&str; 6] =
    ["nobody", "a guest", "another artist", "a helper", "an operator", "the owner"];

type Arguments = fn(&Things) -> Value;

/// Everything that a refused request must not change.
async fn fingerprint(app: &TestApp) -> Vec<String> {
    let mut all = Vec::new();
    for statement in [
        "SELECT id || handle || email || password || language || operator FROM accounts ORDER BY id",
        "SELECT id || title || stage || likes || COALESCE(deleted_at, 0) FROM shows ORDER BY id",
        "SELECT id || text || COALESCE(deleted_at, 0) FROM messages ORDER BY id",
        "SELECT topic || person FROM mutes ORDER BY 1",
        "SELECT position || reaction || person FROM chat_reactions ORDER BY 1",
        "SELECT topic || position FROM chat_pins ORDER BY 1",
        "SELECT topic || slow || hold || words FROM chat_rules ORDER BY 1",
        "SELECT topic || person FROM chat_bans ORDER BY 1",
        "SELECT topic || number FROM moderation_log ORDER BY 1",
        "SELECT artist || helper FROM helpers ORDER BY 1",
        "SELECT topic || cursor FROM events ORDER BY 1",
        "SELECT COALESCE(name, '') || COALESCE(account, '') FROM sessions \
         WHERE account IS NOT NULL ORDER BY 1",
        "SELECT id || account || name || data FROM passkeys ORDER BY 1",
        "SELECT account || secret || COALESCE(enabled_at, 0) FROM second_factors ORDER BY 1",
        "SELECT account || slot || COALESCE(used_at, 0) FROM recovery_codes ORDER BY 1",
        "SELECT id || account || name FROM stream_keys ORDER BY 1",
        "SELECT id || account || name FROM api_tokens ORDER BY 1",
        "SELECT hash || state FROM device_logins ORDER BY 1",
        "SELECT account || name FROM player_sessions ORDER BY 1",
        "SELECT account || number || COALESCE(read_at, 0) FROM notices ORDER BY 1",
        "SELECT account || settings FROM inboxes ORDER BY 1",
        "SELECT id || revision || COALESCE(cancelled_at, 0) FROM happenings ORDER BY 1",
        "SELECT happening || person || answer FROM happening_answers ORDER BY 1",
        "SELECT follower || artist FROM follows ORDER BY 1",
        "SELECT handle_key || account FROM former_handles ORDER BY 1",
        "SELECT id || title || public || COALESCE(archived_at, 0) || COALESCE(deleted_at, 0) FROM rooms ORDER BY 1",
        "SELECT room || person || role || muted FROM room_members ORDER BY 1",
        "SELECT room || person FROM room_knocks UNION ALL SELECT room || person FROM room_bans ORDER BY 1",
        "SELECT id || uses FROM room_invitations ORDER BY 1",
    ] {
        let rows = sqlx::query(statement)
            .fetch_all(&app.running.venue.services.database.read)
            .await
            .unwrap();
        all.extend(rows.iter().map(|row| row.try_get::<String, _>(0).unwrap()));
    }
    all
}

/// Those who try, and what they try at.
async fn cast(app: &TestApp) -> ([User; 6], Things) {
    let (owner, show) = app.artist_with_show().await;
    let guest = app.guest("Guest").await;
    let other = app.artist("eve").await;
    let helper = app.visitor("hal").await;
    let runs = app.visitor("ops").await;
    owner
        .call::<Value, AccountReason>("accounts/add_helper", json!({ "handle": "@HAL" }))
        .await
        .unwrap();
    let config = app.running.venue.services.config.as_ref().clone();
    operator::run(config, UserCommand::Promote { who: "ops".into() }).await.unwrap();
    let message = owner.say(show, "Good evening").await;
    let room = owner.make_room(&room_form("rights")).await.unwrap().id;
    let plan = json!({ "room": room, "plan": supper() });
    let happening = owner.call::<_, HappeningReason>("happenings/plan", plan).await.unwrap();
    let things = Things { show, message, guest: guest.person().to_string(), room, happening };
    ([app.nobody(), guest, other, helper, runs, owner], things)
}

#[tokio::test]
async fn every_server_function_as_everybody() {
    let listed: BTreeSet<_> = FUNCTIONS.iter().map(|(name, ..)| format!("/api/{name}")).collect();
    let there: BTreeSet<_> =
        leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    assert_eq!(listed, there, "each server function has its row");

    let app = TestApp::start().await;
    let (people, things) = cast(&app).await;
    for (name, arguments, expected) in FUNCTIONS {
        for ((who, user), expected) in WHO.iter().zip(&people).zip(expected) {
            // Reactions are told a little later.
            app.until_count("SELECT COUNT(*) FROM messages WHERE untold = 1", 0).await;
            let before = fingerprint(&app).await;
            let response = user.post(name, arguments(&things)).await;
            let status = response.status().as_u16();
            let body = response.text().await.unwrap();
            assert_eq!(status, *expected, "{name} as {who}: {body}");
            if status != 200 {
                assert_eq!(fingerprint(&app).await, before, "{name} as {who} was refused");
            }
        }
    }
}

/// What isn't a server function: method, path, and what nobody and somebody get who have no token.
const ENDPOINTS: &[(&str, &str, u16, u16)] = &[
    ("GET", "/healthz", 200, 200),
    // No WebSocket handshake.
    ("GET", "/live", 400, 400),
    ("GET", "/settings/export", 401, 200),
    // An empty body is no choice.
    ("POST", "/language", 415, 415),
    ("GET", "/texts/{file}", 404, 404),
    ("GET", "/shows/{id}/calendar.ics", 404, 404),
    // No such happening.
    ("GET", "/happenings/{id}/calendar.ics", 404, 404),
    // No link that switches mails off.
    ("GET", "/notifications/unsubscribe/{token}", 410, 410),
    ("POST", "/notifications/unsubscribe/{token}", 410, 410),
    // An empty body is no name.
    ("POST", "/shows/{id}/enter", 415, 415),
    // Links of mails whose `#` was encoded.
    ("GET", "/confirm%23{link}", 303, 303),
    ("GET", "/reset%23{link}", 303, 303),
    // Read by whoever sits at this machine, while there is no mail server.
    ("GET", "/mailbox", 200, 200),
    ("GET", "/mailbox/{id}", 404, 404),
    // Read by programs on this machine, and by whoever has the operator's token.
    ("GET", "/metrics", 200, 200),
    // A picture of oneself; an empty body is none.
    ("POST", "/pictures", 401, 415),
    // No such show, and no such room.
    ("POST", "/shows/{id}/artwork", 401, 404),
    ("POST", "/rooms/{id}/picture", 401, 404),
    ("GET", "/invitations/{secret}/code.svg", 200, 200),
    ("GET", "/pictures/{file}", 404, 404),
    ("GET", "/recordings/{file}", 404, 404),
    // No such room.
    ("GET", "/rooms/{id}/files/{file}", 401, 404),
    ("GET", "/rooms/{id}/files/{file}/large", 401, 404),
    ("GET", "/rooms/{id}/files/{file}/small", 401, 404),
    // What the protocol of uploads is.
    ("OPTIONS", "/rooms/{id}/uploads", 204, 204),
    ("POST", "/rooms/{id}/uploads", 401, 404),
    ("DELETE", "/rooms/{id}/uploads/{upload}", 401, 404),
    ("HEAD", "/rooms/{id}/uploads/{upload}", 401, 404),
    ("PATCH", "/rooms/{id}/uploads/{upload}", 401, 404),
    ("GET", "/artists/{handle}/podcast.xml", 200, 200),
    ("GET", "/shows/{id}/recording.zip", 401, 404),
    // An empty body is no program's name, and no code.
    ("POST", "/api/v1/device", 415, 415),
    ("POST", "/api/v1/device/token", 415, 415),
    // With an API token.
    ("DELETE", "/api/v1/token", 401, 401),
    ("GET", "/api/v1/shows", 401, 401),
    ("GET", "/api/v1/shows/{show}", 401, 401),
    // With a stream key.
    ("POST", "/whip", 401, 401),
    ("POST", "/whip/", 401, 401),
    ("GET", "/whip/{show}", 204, 204),
    ("POST", "/whip/{show}", 401, 401),
    ("POST", "/whip/{show}/", 401, 401),
    ("POST", "/whip/{show}/rehearsal", 401, 401),
    ("GET", "/whip/{show}/{session}", 404, 404),
    ("DELETE", "/whip/{show}/{session}", 404, 404),
    ("POST", "/whep/{show}", 401, 401),
    ("POST", "/whep/{show}/", 401, 401),
    ("POST", "/whep/{show}/rehearsal", 401, 401),
    ("POST", "/whep/{show}/door", 401, 401),
    ("GET", "/whep/{show}/{session}", 404, 404),
    ("DELETE", "/whep/{show}/{session}", 404, 404),
    ("POST", "/whep/{show}/{session}/layer", 404, 404),
    // With a stream key as the password.
    ("PUT", "/radio", 401, 401),
    ("PUT", "/radio/{show}", 401, 401),
    ("GET", "/admin/metadata", 401, 401),
    // Nothing is on.
    ("GET", "/listen/{show}", 404, 404),
    // No address of anybody.
    ("GET", "/listen/{show}/{address}", 404, 404),
];

#[tokio::test]
async fn every_endpoint_as_everybody() {
    let mut routes = BTreeSet::new();
    collect_routes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut routes);
    let listed: BTreeSet<_> = ENDPOINTS.iter().map(|(_, path, ..)| (*path).to_owned()).collect();
    assert_eq!(listed, routes, "each endpoint has its row");

    let app = TestApp::start().await;
    let (people, things) = cast(&app).await;
    let before = fingerprint(&app).await;
    for (method, path, nobody, somebody) in ENDPOINTS {
        let path = path
            .replace("{show}", &things.show.to_string())
            .replace("{session}", &format!("1-{}", "0".repeat(32)))
            .replace("{id}", &Uuid::new_v4().to_string())
            .replace("{handle}", "ada")
            .replace("{secret}", "made-up")
            .replace("{file}", &format!("{}.jpg", "0".repeat(32)));
        let method: Method = method.parse().unwrap();
        for (user, expected) in [(&people[0], nobody), (&people[2], somebody)] {
            let request = user.client.request(method.clone(), format!("{}{path}", app.url));
            let request = request.header(header::ORIGIN, &app.url);
            let response = request.header(header::CONTENT_TYPE, "application/sdp").send().await;
            assert_eq!(response.unwrap().status(), *expected, "{method} {path}");
        }
    }
    assert_eq!(fingerprint(&app).await, before);
}

/// The paths of all `.route("…"` in a folder, without those that only `./bandstand dev` has.
fn collect_routes(folder: &Path, routes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_routes(&path, routes);
        } else if !path.ends_with("app/reload.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let found = text.split(".route(\"").skip(1);
            routes.extend(found.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
    }
}

#[tokio::test]
async fn a_helper_looks_after_shows_as_long_as_the_artist_wants() {
    let app = TestApp::start().await;
    let (people, things) = cast(&app).await;
    let [_, guest, _, helper, _, owner] = &people;
    let show = things.show;
    let ticket = async |user: &User| -> JoinToken { user.join(show).await.unwrap() };
    assert!(ticket(helper).await.moderates && ticket(owner).await.moderates);
    assert!(!ticket(guest).await.moderates && !ticket(helper).await.artist);
    let mute = async |person: &str| {
        let arguments = json!({ "place": ChatPlace::Show(show), "person": person, "muted": true });
        helper.call::<(), ChatReason>("chat/mute", arguments).await
    };
    guest.say(show, "Buy my things").await;
    mute(&things.guest).await.unwrap();
    mute(owner.person().as_str()).await.unwrap_err();

    let gone = json!({ "handle": "hal" });
    let left: Value = owner.call::<_, AccountReason>("accounts/remove_helper", gone).await.unwrap();
    assert_eq!(left, json!([]));
    mute(&things.guest).await.unwrap_err();
    assert!(!ticket(helper).await.moderates);
}
