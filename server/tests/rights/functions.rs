//! Server functions, with what they are called with and what each of those who try gets.

use bandstand_domain::{
    chat::RulesForm, notifications::NotificationSettings, recordings::RecordingForm,
};
use serde_json::json;
use uuid::Uuid;

use super::{Arguments, supper};
use crate::support::{
    app::{draft, registration},
    rooms::form as room_form,
};

/// The recording of a show that has none: who may change the show is told so.
const NOT_THERE: [u16; 6] = [401, 401, 403, 404, 403, 404];
/// The same, for who wants to play it.
const NOT_PLAYED: [u16; 6] = [401, 401, 404, 404, 404, 404];

/// Anybody with a name may.
const NAMED: [u16; 6] = [401, 200, 200, 200, 200, 200];

/// A stage that nobody is on.
const NOBODY_ON: [u16; 6] = [401, 403, 403, 409, 403, 409];

/// A room of the owner's: who isn't a member can't tell whether there is one.
const IN_A_ROOM: [u16; 6] = [401, 404, 404, 404, 404, 200];
/// The same, about somebody who isn't there.
const OF_A_ROOM: [u16; 6] = [401, 404, 404, 404, 404, 404];

/// Server functions with arguments that are in order, and the status that each of [`WHO`] gets.
/// 400 is a form's complaint, 409 to 410 how things stand: whoever gets there was let in.
pub const FUNCTIONS: &[(&str, Arguments, [u16; 6])] = &[
    ("accounts/add_helper", |_| json!({ "handle": "nobody" }), [401, 401, 422, 403, 403, 422]),
    (
        "accounts/change_email",
        |_| json!({ "form": { "email": "new@example.org", "password": "wrong" } }),
        [401, 401, 422, 422, 422, 422],
    ),
    ("accounts/change_handle", |_| json!({ "handle": "a b" }), [401, 401, 422, 422, 422, 422]),
    ("accounts/change_language", |_| json!({ "language": "en" }), [401, 401, 200, 200, 200, 200]),
    (
        "accounts/change_password",
        |_| json!({ "form": { "current": "wrong", "new": "another horse battery" } }),
        [401, 401, 422, 422, 422, 422],
    ),
    ("accounts/confirm", |_| json!({ "link": "made-up" }), [410; 6]),
    ("accounts/delete", |_| json!({ "password": "wrong" }), [401, 401, 422, 422, 422, 422]),
    ("accounts/end_session", |_| json!({ "name": "made-up" }), [401, 401, 404, 404, 404, 404]),
    ("accounts/end_other_sessions", |_| json!({}), [401, 401, 200, 200, 200, 200]),
    ("accounts/enter_as_guest", |_| json!({ "name": "" }), [422, 422, 403, 403, 403, 403]),
    ("accounts/forgotten", |_| json!({ "login": "made-up" }), [200; 6]),
    ("accounts/helpers", |_| json!({}), [401, 401, 200, 403, 403, 200]),
    ("accounts/log_in", |_| json!({ "form": { "login": "ada", "password": "wrong" } }), [401; 6]),
    ("accounts/register", |_| json!({ "form": registration("a b") }), [422; 6]),
    ("accounts/remove_helper", |_| json!({ "handle": "nobody" }), [401, 401, 200, 403, 403, 200]),
    ("accounts/resend", |_| json!({}), [401, 401, 200, 200, 200, 200]),
    (
        "accounts/reset",
        |_| json!({ "form": { "link": "made-up", "new": "another horse battery" } }),
        [410; 6],
    ),
    ("accounts/restore", |_| json!({ "form": { "login": "ada", "password": "wrong" } }), [401; 6]),
    ("accounts/settings", |_| json!({}), [401, 401, 200, 200, 200, 200]),
    ("accounts/viewer", |_| json!({}), [200; 6]),
    (
        "api_tokens/decide",
        |_| json!({ "code": "made-up", "allowed": true }),
        [401, 401, 422, 403, 403, 422],
    ),
    ("api_tokens/list", |_| json!({}), [401, 401, 200, 200, 200, 200]),
    ("api_tokens/look_up", |_| json!({ "code": "BBBB-BBBB" }), [401, 401, 410, 403, 403, 410]),
    ("api_tokens/revoke", |_| json!({ "id": Uuid::nil() }), [401, 401, 404, 404, 404, 404]),
    (
        "chat/ban",
        |it| json!({ "place": it.place(), "person": "nobody", "banned": false }),
        [401, 403, 403, 200, 200, 200],
    ),
    ("chat/bans", |it| json!({ "place": it.place() }), [401, 403, 403, 200, 200, 200]),
    (
        "chat/decide",
        |it| json!({ "place": it.place(), "id": Uuid::nil(), "approved": true }),
        [401, 403, 403, 404, 404, 404],
    ),
    ("chat/hidden", |_| json!({}), [401, 401, 200, 200, 200, 200]),
    (
        "chat/hide",
        |_| json!({ "hidden": { "person": "nobody", "name": "Nobody" }, "hide": true }),
        [401, 401, 200, 200, 200, 200],
    ),
    ("chat/read", |it| json!({ "place": it.place(), "position": 1 }), [404; 6]),
    ("chat/search", |it| json!({ "place": it.place(), "text": "good", "before": 100 }), NAMED),
    ("chat/held", |it| json!({ "place": it.place() }), NAMED),
    (
        "chat/moderation_log",
        |it| json!({ "place": it.place(), "before": 100 }),
        [401, 403, 403, 200, 200, 200],
    ),
    (
        "chat/mute_guests",
        |it| json!({ "place": it.place(), "minutes": 0 }),
        [401, 403, 403, 200, 200, 200],
    ),
    ("chat/rules", |it| json!({ "place": it.place() }), [401, 403, 403, 200, 200, 200]),
    (
        "chat/set_rules",
        |it| json!({ "place": it.place(), "form": RulesForm::default() }),
        [401, 403, 403, 200, 200, 200],
    ),
    (
        "chat/edit",
        |it| json!({ "place": it.place(), "id": it.message, "text": "Good night" }),
        [401, 403, 403, 403, 403, 200],
    ),
    ("chat/messages", |it| json!({ "place": it.place(), "ids": [it.message] }), NAMED),
    (
        "chat/pin",
        |it| json!({ "place": it.place(), "id": it.message, "pinned": true }),
        [401, 403, 403, 200, 200, 200],
    ),
    (
        "chat/react",
        |it| json!({ "place": it.place(), "id": it.message, "reaction": "heart", "on": true }),
        NAMED,
    ),
    ("chat/thread", |it| json!({ "place": it.place(), "id": it.message, "before": 100 }), NAMED),
    ("chat/history", |it| json!({ "place": it.place(), "before": 100 }), NAMED),
    (
        "chat/post",
        |it| json!({ "place": it.place(), "id": Uuid::new_v4(), "text": "Hello" }),
        NAMED,
    ),
    (
        "chat/mute",
        |it| json!({ "place": it.place(), "person": it.guest, "muted": false }),
        [401, 403, 403, 200, 200, 200],
    ),
    (
        "chat/delete",
        |it| json!({ "place": it.place(), "id": it.message }),
        [401, 403, 403, 200, 200, 200],
    ),
    ("crowd/figure", |_| json!({}), NAMED),
    ("crowd/wear", |_| json!({ "look": null }), NAMED),
    ("crowd/like", |it| json!({ "show": it.show }), NAMED),
    ("happenings/answer", |it| json!({ "happening": it.happening, "answer": "yes" }), IN_A_ROOM),
    ("happenings/change", |it| json!({ "happening": it.happening, "plan": supper() }), IN_A_ROOM),
    ("happenings/draft", |it| json!({ "happening": it.happening }), IN_A_ROOM),
    ("happenings/list", |it| json!({ "room": it.room }), IN_A_ROOM),
    ("happenings/plan", |it| json!({ "room": it.room, "plan": supper() }), IN_A_ROOM),
    ("happenings/who", |it| json!({ "happening": it.happening }), IN_A_ROOM),
    ("happenings/cancel", |it| json!({ "happening": it.happening }), IN_A_ROOM),
    ("live/look", |it| json!({ "show": it.show }), [409; 6]),
    ("live/join", |it| json!({ "show": it.show }), NAMED),
    (
        "live/explain_picture",
        |it| json!({ "show": it.show, "session": "made-up", "measured": { "before": "", "now": "" } }),
        [401, 404, 404, 404, 404, 404],
    ),
    ("live/make_stream_key", |_| json!({ "name": "" }), [401, 401, 422, 403, 403, 422]),
    ("live/revoke_stream_key", |_| json!({ "id": Uuid::nil() }), [401, 401, 404, 403, 403, 404]),
    ("live/stage_figures", |it| json!({ "show": it.show }), [401, 403, 403, 200, 403, 200]),
    ("live/stream_keys", |_| json!({}), [401, 401, 200, 403, 403, 200]),
    ("live/stage", |it| json!({ "show": it.show }), [401, 403, 403, 403, 403, 200]),
    ("live/rehearsal", |it| json!({ "show": it.show }), [401, 403, 403, 403, 403, 200]),
    ("live/pause", |it| json!({ "show": it.show, "paused": true }), NOBODY_ON),
    ("live/keep_stage", |it| json!({ "show": it.show, "keep": true }), NOBODY_ON),
    (
        "live/record",
        |it| json!({ "show": it.show, "record": true }),
        [401, 403, 403, 200, 403, 200],
    ),
    ("live/set_title", |it| json!({ "show": it.show, "title": "One" }), NOBODY_ON),
    ("recordings/bookmark", |it| json!({ "show": it.show, "second": 0, "kept": true }), NOT_PLAYED),
    ("recordings/bookmarks", |it| json!({ "show": it.show }), [401, 401, 404, 200, 404, 200]),
    ("recordings/delete", |it| json!({ "show": it.show }), [401, 401, 403, 403, 404, 404]),
    ("recordings/mine", |_| json!({}), [401, 401, 200, 200, 200, 200]),
    ("recordings/moments", |it| json!({ "show": it.show, "from": 0 }), [404; 6]),
    ("recordings/one", |it| json!({ "show": it.show }), NOT_THERE),
    ("recordings/publish", |it| json!({ "show": it.show, "published": true }), NOT_THERE),
    ("recordings/replay", |it| json!({ "show": it.show }), [404; 6]),
    (
        "recordings/update",
        |it| json!({ "show": it.show, "form": RecordingForm::default() }),
        NOT_THERE,
    ),
    ("listening/address", |it| json!({ "show": it.show }), [401, 401, 200, 200, 200, 200]),
    ("listening/renew", |it| json!({ "show": it.show }), [401, 401, 200, 200, 200, 200]),
    (
        "factors/add_passkey",
        |_| json!({ "ceremony": "made-up", "name": "", "credential": "{}" }),
        [401, 401, 422, 422, 422, 422],
    ),
    ("factors/begin_log_in", |_| json!({}), [200; 6]),
    ("factors/begin_passkey", |_| json!({ "password": null }), [401, 401, 200, 200, 200, 200]),
    (
        "factors/begin_second_factor",
        |_| json!({ "password": null }),
        [401, 401, 200, 200, 200, 200],
    ),
    (
        "factors/disable_second_factor",
        |_| json!({ "password": "wrong" }),
        [401, 401, 422, 422, 422, 422],
    ),
    ("factors/enable_second_factor", |_| json!({ "code": "" }), [401, 401, 422, 422, 422, 422]),
    ("factors/log_in", |_| json!({ "ceremony": "made-up", "credential": "{}" }), [401; 6]),
    (
        "factors/new_recovery_codes",
        |_| json!({ "password": "wrong" }),
        [401, 401, 422, 422, 422, 422],
    ),
    (
        "factors/remove_passkey",
        |_| json!({ "id": "made-up", "password": null }),
        [401, 401, 404, 404, 404, 404],
    ),
    ("factors/ways", |_| json!({}), [401, 401, 200, 200, 200, 200]),
    ("notifications/inbox", |_| json!({}), [401, 401, 200, 200, 200, 200]),
    ("notifications/list", |_| json!({}), [401, 401, 200, 200, 200, 200]),
    ("notifications/read", |_| json!({ "from": 0, "up_to": 9 }), [401, 401, 200, 200, 200, 200]),
    (
        "notifications/save_settings",
        |_| json!({ "settings": NotificationSettings::default() }),
        [401, 401, 200, 200, 200, 200],
    ),
    ("notifications/settings", |_| json!({}), [401, 401, 200, 200, 200, 200]),
    ("people/artist", |_| json!({ "handle": "ada" }), [200; 6]),
    (
        "people/follow",
        |_| json!({ "handle": "nobody", "follow": true }),
        [401, 401, 404, 404, 404, 404],
    ),
    ("people/profile", |_| json!({}), [401, 401, 200, 200, 200, 200]),
    ("people/remove_picture", |_| json!({}), [401, 401, 200, 200, 200, 200]),
    (
        "people/save_profile",
        |_| json!({ "form": { "display_name": "", "about": "", "website": "", "artist": null } }),
        [401, 401, 422, 422, 422, 422],
    ),
    ("chat/unread", |_| json!({}), [200; 6]),
    ("rooms/accept", |_| json!({ "invitation": "made-up" }), [410; 6]),
    (
        "rooms/answer_knock",
        |it| json!({ "room": it.room, "person": it.guest, "admitted": true }),
        OF_A_ROOM,
    ),
    ("rooms/archive", |it| json!({ "room": it.room, "archived": false }), IN_A_ROOM),
    ("rooms/bans", |it| json!({ "room": it.room }), IN_A_ROOM),
    ("rooms/change", |it| json!({ "room": it.room, "form": room_form("rights") }), IN_A_ROOM),
    ("rooms/find", |_| json!({ "address": "rights" }), [200; 6]),
    (
        "rooms/give_role",
        |it| json!({ "room": it.room, "person": it.guest, "role": "member" }),
        OF_A_ROOM,
    ),
    ("rooms/invitations", |it| json!({ "room": it.room }), IN_A_ROOM),
    (
        "rooms/invite",
        |it| json!({ "room": it.room, "form": { "hours": 0, "max_uses": null } }),
        [401, 404, 404, 404, 404, 422],
    ),
    ("rooms/invited_to", |_| json!({ "invitation": "made-up" }), [410; 6]),
    ("rooms/join", |it| json!({ "room": it.room }), [401, 401, 404, 404, 404, 404]),
    ("rooms/knock", |it| json!({ "room": it.room, "waiting": false }), NAMED),
    ("rooms/knocks", |it| json!({ "room": it.room }), IN_A_ROOM),
    // The last owner stays.
    ("rooms/leave", |it| json!({ "room": it.room }), [401, 404, 404, 404, 404, 409]),
    ("rooms/lift_ban", |it| json!({ "room": it.room, "person": it.guest }), OF_A_ROOM),
    ("rooms/make", |_| json!({ "form": room_form("a") }), [401, 401, 422, 422, 422, 422]),
    ("rooms/members", |it| json!({ "room": it.room, "skipped": 0 }), IN_A_ROOM),
    ("rooms/mute", |it| json!({ "room": it.room, "muted": true }), IN_A_ROOM),
    ("rooms/own", |_| json!({}), [200; 6]),
    ("rooms/public", |_| json!({ "words": "", "skipped": 0 }), [200; 6]),
    (
        "rooms/remove",
        |it| json!({ "room": it.room, "person": it.guest, "banned": true }),
        OF_A_ROOM,
    ),
    ("rooms/remove_picture", |it| json!({ "room": it.room }), IN_A_ROOM),
    ("rooms/revoke", |it| json!({ "room": it.room, "invitation": Uuid::nil() }), OF_A_ROOM),
    // Gone, it is nobody's.
    ("rooms/delete", |it| json!({ "room": it.room }), [401, 404, 404, 404, 200, 404]),
    ("shows/create", |_| json!({ "draft": draft("", 1) }), [401, 401, 422, 403, 403, 422]),
    ("shows/draft", |it| json!({ "id": it.show }), [401, 401, 403, 200, 403, 200]),
    ("shows/mine", |_| json!({}), [401, 401, 200, 403, 403, 200]),
    ("shows/next_draft", |_| json!({}), [401, 401, 200, 403, 403, 200]),
    ("shows/more", |_| json!({ "section": "past", "next": "nonsense" }), [422; 6]),
    ("shows/show", |it| json!({ "id": it.show }), [200; 6]),
    (
        "shows/update",
        |it| json!({ "id": it.show, "draft": draft("", 1) }),
        [401, 401, 403, 422, 403, 422],
    ),
    ("shows/whats_on", |_| json!({}), [200; 6]),
    (
        "uploads/list",
        |_| json!({ "room": Uuid::nil(), "before": null }),
        [401, 404, 404, 404, 404, 404],
    ),
    // Nobody translates at this venue: whoever may read is told so.
    (
        "translation/translate",
        |it| json!({ "place": it.place(), "ids": [it.message], "to": "en" }),
        [401, 409, 409, 409, 409, 409],
    ),
    ("uploads/mine", |_| json!({}), NAMED),
    ("uploads/remove", |_| json!({ "ids": [Uuid::nil()] }), NAMED),
    // What can't be taken back, at last.
    ("live/end", |it| json!({ "show": it.show }), [401, 403, 403, 403, 200, 200]),
    // The operator has ended it, too: that stays.
    ("live/reopen", |it| json!({ "show": it.show }), [401, 403, 403, 403, 403, 409]),
    ("shows/extend", |it| json!({ "id": it.show }), [401, 401, 403, 409, 403, 409]),
    ("shows/figures", |it| json!({ "id": it.show }), [401, 401, 403, 200, 403, 200]),
    ("shows/remove_artwork", |it| json!({ "id": it.show }), [401, 401, 403, 200, 403, 200]),
    ("shows/delete", |it| json!({ "id": it.show }), [401, 401, 403, 403, 200, 410]),
    ("accounts/log_out", |_| json!({}), [200; 6]),
];
