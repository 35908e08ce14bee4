//! Whatever writes is limited.

use std::collections::BTreeSet;

use bandstand_domain::{notifications::NotificationSettings, recordings::RecordingForm};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{FUNCTIONS, Things, WHO, cast, supper};
use crate::support::{
    app::{PASSWORD, TestApp, draft, registration},
    rooms::form as room_form,
};

/// Server functions that write nothing that lasts, or no more than what was limited before.
const READING: &[&str] = &[
    "accounts/helpers",
    // Ends what one log-in has begun, once.
    "accounts/log_out",
    "accounts/settings",
    "accounts/viewer",
    "api_tokens/list",
    "chat/bans",
    "chat/held",
    "chat/hidden",
    // In rooms alone, and limited there.
    "chat/read",
    "chat/search",
    "chat/history",
    "chat/messages",
    "chat/moderation_log",
    "chat/rules",
    "chat/thread",
    "crowd/figure",
    "factors/ways",
    // Begins one session an account, until that is renewed.
    "listening/address",
    "live/explain_picture",
    "live/stage_figures",
    "live/stream_keys",
    "happenings/draft",
    "happenings/list",
    "happenings/who",
    // Makes one inbox an account.
    "notifications/inbox",
    "notifications/list",
    "notifications/settings",
    "people/artist",
    "people/profile",
    "recordings/bookmarks",
    "recordings/mine",
    "recordings/moments",
    "recordings/one",
    "recordings/replay",
    "chat/unread",
    "rooms/bans",
    // Notes at most once a day that a guest comes.
    "rooms/find",
    "rooms/invitations",
    "rooms/invited_to",
    "rooms/knocks",
    "rooms/members",
    "rooms/own",
    "rooms/public",
    "shows/draft",
    "shows/figures",
    "shows/mine",
    "shows/more",
    "shows/next_draft",
    "shows/show",
    "shows/whats_on",
    "uploads/list",
    "uploads/mine",
];

/// What one of [`WHO`] calls again and again; the number makes each call another one.
type Again = fn(&Things, usize) -> Value;

/// About the guest in a room, where they aren't.
fn about_guest(it: &Things, what: &str, value: bool) -> Value {
    json!({ "room": it.room, "person": it.guest, (what): value })
}

/// All others, with somebody who may call them, and arguments that they take. What ends the person's way
/// in stands last.
const WRITING: &[(&str, usize, Again)] = &[
    ("accounts/add_helper", 5, |_, _| json!({ "handle": "eve" })),
    ("accounts/remove_helper", 5, |_, _| json!({ "handle": "eve" })),
    ("accounts/change_language", 2, |_, _| json!({ "language": "de" })),
    ("accounts/change_handle", 3, |_, n| json!({ "handle": format!("hal{n}") })),
    (
        "happenings/answer",
        5,
        |it, n| json!({ "happening": it.happening, "answer": if n % 2 == 0 { "yes" } else { "no" } }),
    ),
    ("happenings/plan", 5, |it, _| json!({ "room": it.room, "plan": supper() })),
    ("happenings/change", 5, |it, _| json!({ "happening": it.happening, "plan": supper() })),
    ("happenings/cancel", 5, |it, _| json!({ "happening": it.happening })),
    ("notifications/read", 2, |_, n| json!({ "from": 0, "up_to": n })),
    (
        "notifications/save_settings",
        2,
        |_, _| json!({ "settings": NotificationSettings::default() }),
    ),
    ("accounts/confirm", 0, |_, n| json!({ "link": format!("made-up-{n}") })),
    (
        "accounts/reset",
        0,
        |_, n| json!({ "form": { "link": format!("made-up-{n}"), "new": "another horse battery" } }),
    ),
    ("accounts/enter_as_guest", 1, |_, n| json!({ "name": format!("Guest {n}") })),
    ("accounts/forgotten", 0, |_, _| json!({ "login": "ada" })),
    ("accounts/resend", 3, |_, _| json!({})),
    ("accounts/register", 0, |_, n| json!({ "form": registration(&format!("new{n}")) })),
    ("api_tokens/look_up", 5, |_, _| json!({ "code": "BBBB-BBBB" })),
    ("api_tokens/decide", 5, |_, _| json!({ "code": "BBBB-BBBB", "allowed": true })),
    ("api_tokens/revoke", 5, |_, _| json!({ "id": Uuid::nil() })),
    ("chat/post", 5, |it, _| json!({ "place": it.place(), "id": Uuid::new_v4(), "text": "Hello" })),
    (
        "chat/mute",
        5,
        |it, n| json!({ "place": it.place(), "person": it.guest, "muted": n % 2 == 0 }),
    ),
    (
        "chat/ban",
        5,
        |it, n| json!({ "place": it.place(), "person": it.guest, "banned": n % 2 == 0 }),
    ),
    ("chat/decide", 5, |it, _| json!({ "place": it.place(), "id": Uuid::nil(), "approved": true })),
    ("chat/mute_guests", 5, |it, n| json!({ "place": it.place(), "minutes": n })),
    (
        "chat/set_rules",
        5,
        |it, n| json!({ "place": it.place(), "form": { "slow": n, "hold": false, "words": "", "hold_words": false } }),
    ),
    (
        "chat/hide",
        5,
        |_, n| json!({ "hidden": { "person": "nobody", "name": "Nobody" }, "hide": n % 2 == 0 }),
    ),
    (
        "chat/edit",
        5,
        |it, n| json!({ "place": it.place(), "id": it.message, "text": format!("Good {n}") }),
    ),
    ("chat/pin", 5, |it, n| json!({ "place": it.place(), "id": it.message, "pinned": n % 2 == 0 })),
    (
        "chat/react",
        5,
        |it, n| json!({ "place": it.place(), "id": it.message, "reaction": "heart", "on": n % 2 == 0 }),
    ),
    ("chat/delete", 5, |it, _| json!({ "place": it.place(), "id": it.message })),
    ("crowd/wear", 1, |_, n| json!({ "look": n })),
    ("crowd/like", 5, |it, _| json!({ "show": it.show })),
    ("factors/begin_second_factor", 4, |_, _| json!({ "password": null })),
    ("factors/enable_second_factor", 4, |_, _| json!({ "code": "000000" })),
    (
        "factors/add_passkey",
        4,
        |_, _| json!({ "ceremony": "made-up", "name": "Phone", "credential": "{}" }),
    ),
    ("factors/begin_passkey", 3, |_, _| json!({ "password": null })),
    ("factors/remove_passkey", 3, |_, _| json!({ "id": "made-up", "password": null })),
    ("factors/new_recovery_codes", 2, |_, _| json!({ "password": null })),
    ("factors/disable_second_factor", 2, |_, _| json!({ "password": null })),
    ("live/look", 0, |it, _| json!({ "show": it.show })),
    ("live/make_stream_key", 5, |_, n| json!({ "name": format!("Key {n}") })),
    ("live/revoke_stream_key", 5, |_, _| json!({ "id": Uuid::nil() })),
    ("listening/renew", 2, |it, _| json!({ "show": it.show })),
    ("people/follow", 2, |_, n| json!({ "handle": "ada", "follow": n % 2 == 0 })),
    ("people/remove_picture", 5, |_, _| json!({})),
    ("people/save_profile", 2, |_, n| {
        json!({ "form": { "display_name": format!("Eve {n}"), "about": "", "website": "",
                          "artist": null } })
    }),
    ("rooms/make", 5, |_, n| json!({ "form": room_form(&format!("room-{n}")) })),
    ("rooms/change", 5, |it, _| json!({ "room": it.room, "form": room_form("rights") })),
    ("rooms/accept", 5, |_, _| json!({ "invitation": "made-up" })),
    ("rooms/answer_knock", 5, |it, _| about_guest(it, "admitted", true)),
    ("rooms/archive", 5, |it, n| json!({ "room": it.room, "archived": n % 2 == 0 })),
    (
        "rooms/give_role",
        5,
        |it, _| json!({ "room": it.room, "person": it.guest, "role": "member" }),
    ),
    (
        "rooms/invite",
        5,
        |it, _| json!({ "room": it.room, "form": { "hours": null, "max_uses": null } }),
    ),
    ("rooms/join", 5, |it, _| json!({ "room": it.room })),
    ("rooms/knock", 5, |it, n| json!({ "room": it.room, "waiting": n % 2 == 0 })),
    ("rooms/leave", 5, |it, _| json!({ "room": it.room })),
    ("rooms/lift_ban", 5, |it, _| json!({ "room": it.room, "person": it.guest })),
    ("rooms/mute", 5, |it, n| json!({ "room": it.room, "muted": n % 2 == 0 })),
    ("rooms/remove", 5, |it, _| about_guest(it, "banned", false)),
    ("rooms/remove_picture", 5, |it, _| json!({ "room": it.room })),
    ("rooms/revoke", 5, |it, _| json!({ "room": it.room, "invitation": Uuid::nil() })),
    ("rooms/delete", 4, |it, _| json!({ "room": it.room })),
    ("shows/create", 2, |_, n| {
        let hours = 4 * i64::try_from(n).unwrap() + 48;
        json!({ "draft": draft("Songs for nobody", hours) })
    }),
    ("shows/update", 5, |it, n| json!({ "id": it.show, "draft": draft(&format!("Songs {n}"), 1) })),
    ("live/pause", 5, |it, n| json!({ "show": it.show, "paused": n % 2 == 0 })),
    ("live/keep_stage", 5, |it, n| json!({ "show": it.show, "keep": n % 2 == 0 })),
    ("live/record", 5, |it, n| json!({ "show": it.show, "record": n % 2 == 0 })),
    ("recordings/bookmark", 5, |it, _| json!({ "show": it.show, "second": 0, "kept": true })),
    ("recordings/delete", 5, |it, _| json!({ "show": it.show })),
    ("recordings/publish", 5, |it, n| json!({ "show": it.show, "published": n % 2 == 0 })),
    ("recordings/update", 5, |it, _| json!({ "show": it.show, "form": RecordingForm::default() })),
    ("live/set_title", 5, |it, n| json!({ "show": it.show, "title": format!("Song {n}") })),
    ("live/end", 5, |it, _| json!({ "show": it.show })),
    ("live/reopen", 5, |it, _| json!({ "show": it.show })),
    ("shows/extend", 5, |it, _| json!({ "id": it.show })),
    ("shows/remove_artwork", 5, |it, _| json!({ "id": it.show })),
    (
        "translation/translate",
        5,
        |it, _| json!({ "place": it.place(), "ids": [it.message], "to": "en" }),
    ),
    ("uploads/remove", 5, |_, _| json!({ "ids": [Uuid::nil()] })),
    ("shows/delete", 4, |it, _| json!({ "id": it.show })),
    ("accounts/end_session", 5, |_, n| json!({ "name": format!("made-up-{n}") })),
    ("accounts/end_other_sessions", 4, |_, _| json!({})),
    (
        "accounts/change_password",
        4,
        |_, _| json!({ "form": { "current": "wrong password", "new": "another horse battery" } }),
    ),
    (
        "accounts/change_email",
        3,
        |_, n| json!({ "form": { "email": format!("n{n}@example.net"), "password": PASSWORD } }),
    ),
    ("accounts/delete", 5, |_, _| json!({ "password": "wrong password" })),
    ("live/join", 5, |it, _| json!({ "show": it.show })),
    ("live/stage", 5, |it, _| json!({ "show": it.show })),
    ("live/rehearsal", 5, |it, _| json!({ "show": it.show })),
    ("factors/begin_log_in", 0, |_, _| json!({})),
    ("factors/log_in", 0, |_, _| json!({ "ceremony": "made-up", "credential": "{}" })),
    ("accounts/log_in", 0, |_, _| json!({ "form": { "login": "ada", "password": "wrong" } })),
    ("accounts/restore", 0, |_, _| json!({ "form": { "login": "ada", "password": "wrong" } })),
];

#[tokio::test]
async fn whatever_writes_is_refused_in_the_end() {
    let listed: BTreeSet<_> =
        READING.iter().copied().chain(WRITING.iter().map(|(name, ..)| *name)).collect();
    let all: BTreeSet<_> = FUNCTIONS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(listed, all, "each server function is one or the other");

    let app = TestApp::configured(|_| {}).await;
    let (people, things) = cast(&app).await;
    for (name, who, arguments) in WRITING {
        let user = &people[*who];
        let mut last = String::new();
        for number in 0..90 {
            let response = user.post(name, arguments(&things, number)).await;
            if response.status() == 429 {
                last.clear();
                break;
            }
            last = format!("{}: {}", response.status(), response.text().await.unwrap());
        }
        assert_eq!(last, "", "{name} as {} was never refused", WHO[*who]);
    }
}
