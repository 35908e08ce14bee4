//! Server functions of rooms, by what somebody is in the room that they are about.

use std::collections::BTreeSet;

use bandstand_domain::{
    RoomId,
    happenings::{HappeningId, HappeningReason},
    rooms::InvitationForm,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{FUNCTIONS, fingerprint, supper};
use crate::support::{
    app::{TestApp, User},
    rooms::form,
};

/// Who tries, in this order: what comes later may more.
const WHO: [&str; 6] =
    ["a stranger", "a banned person", "a guest", "a member", "a moderator", "an owner"];

/// A room, and what is there to be touched.
struct Room {
    id: RoomId,
    /// Waits at the door.
    waits: String,
    /// A member whom nobody else plays.
    other: String,
    invitation: Uuid,
    happening: HappeningId,
}

type Arguments = fn(&Room) -> Value;

/// Server functions of one room, with arguments that are in order, and the status that each of [`WHO`] gets.
const ROOM_FUNCTIONS: &[(&str, Arguments, [u16; 6])] = &[
    (
        "happenings/answer",
        |it| json!({ "happening": it.happening, "answer": "perhaps" }),
        [404, 404, 200, 200, 200, 200],
    ),
    (
        "happenings/change",
        |it| json!({ "happening": it.happening, "plan": supper() }),
        // A member may change none but their own.
        [404, 404, 403, 403, 200, 200],
    ),
    ("happenings/draft", |it| json!({ "happening": it.happening }), [404, 404, 403, 403, 200, 200]),
    ("happenings/list", |it| json!({ "room": it.id }), [404, 404, 200, 200, 200, 200]),
    (
        "happenings/plan",
        |it| json!({ "room": it.id, "plan": supper() }),
        [404, 404, 403, 200, 200, 200],
    ),
    ("happenings/who", |it| json!({ "happening": it.happening }), [404, 404, 403, 200, 200, 200]),
    (
        "happenings/cancel",
        |it| json!({ "happening": it.happening }),
        [404, 404, 403, 403, 200, 200],
    ),
    (
        "rooms/answer_knock",
        |it| json!({ "room": it.id, "person": it.waits, "admitted": false }),
        // Who comes later finds nobody there.
        [404, 404, 403, 200, 404, 404],
    ),
    (
        "rooms/archive",
        |it| json!({ "room": it.id, "archived": false }),
        [404, 404, 403, 403, 403, 200],
    ),
    ("rooms/bans", |it| json!({ "room": it.id }), [404, 404, 403, 403, 200, 200]),
    (
        "rooms/change",
        |it| json!({ "room": it.id, "form": form("rights-room") }),
        [404, 404, 403, 403, 403, 200],
    ),
    (
        "rooms/give_role",
        |it| json!({ "room": it.id, "person": it.other, "role": "member" }),
        [404, 404, 403, 403, 403, 200],
    ),
    ("rooms/invitations", |it| json!({ "room": it.id }), [404, 404, 403, 200, 200, 200]),
    (
        "rooms/invite",
        |it| json!({ "room": it.id, "form": InvitationForm::default() }),
        [404, 404, 403, 200, 200, 200],
    ),
    // It isn't public.
    ("rooms/join", |it| json!({ "room": it.id }), [404, 404, 401, 404, 404, 404]),
    ("rooms/knock", |it| json!({ "room": it.id, "waiting": true }), [200, 403, 200, 200, 200, 200]),
    ("rooms/knocks", |it| json!({ "room": it.id }), [404, 404, 403, 200, 200, 200]),
    ("rooms/members", |it| json!({ "room": it.id, "skipped": 0 }), [404, 404, 200, 200, 200, 200]),
    ("rooms/mute", |it| json!({ "room": it.id, "muted": true }), [404, 404, 200, 200, 200, 200]),
    ("rooms/remove_picture", |it| json!({ "room": it.id }), [404, 404, 403, 403, 403, 200]),
    (
        "rooms/revoke",
        |it| json!({ "room": it.id, "invitation": it.invitation }),
        // A member may revoke none but their own.
        [404, 404, 403, 404, 200, 404],
    ),
    (
        "rooms/remove",
        |it| json!({ "room": it.id, "person": it.other, "banned": true }),
        [404, 404, 403, 403, 200, 404],
    ),
    (
        "rooms/lift_ban",
        |it| json!({ "room": it.id, "person": it.other }),
        [404, 404, 403, 403, 200, 404],
    ),
    ("rooms/leave", |it| json!({ "room": it.id }), [404, 404, 200, 200, 200, 409]),
    // Those who have left are strangers now.
    ("rooms/delete", |it| json!({ "room": it.id }), [404, 404, 404, 404, 404, 200]),
];

/// Server functions that are about no one room, or about rooms as everybody may see them.
const OF_EVERYBODY: [&str; 6] =
    ["rooms/accept", "rooms/find", "rooms/invited_to", "rooms/make", "rooms/own", "rooms/public"];

#[tokio::test]
async fn every_function_of_rooms_as_every_role() {
    let listed: BTreeSet<_> =
        ROOM_FUNCTIONS.iter().map(|(name, ..)| *name).chain(OF_EVERYBODY).collect();
    let of_rooms = |name: &&str| name.starts_with("rooms/") || name.starts_with("happenings/");
    let all = FUNCTIONS.iter().map(|(name, ..)| *name).filter(of_rooms);
    assert_eq!(listed, all.collect(), "each server function of rooms has its row");

    let app = TestApp::start().await;
    let (people, room) = cast(&app).await;
    for (name, arguments, expected) in ROOM_FUNCTIONS {
        for ((who, user), expected) in WHO.iter().zip(&people).zip(expected) {
            // What was done before may still be told to others.
            app.jobs_done().await;
            let before = fingerprint(&app).await;
            let response = user.post(name, arguments(&room)).await;
            let status = response.status().as_u16();
            let body = response.text().await.unwrap();
            assert_eq!(status, *expected, "{name} as {who}: {body}");
            if status != 200 {
                assert_eq!(fingerprint(&app).await, before, "{name} as {who} was refused");
            }
        }
    }
}

async fn cast(app: &TestApp) -> ([User; 6], Room) {
    let owner = app.visitor("ada").await;
    let id = owner.make_room(&form("rights-room")).await.unwrap().id;
    let (stranger, banned, guest) =
        (app.visitor("sam").await, app.visitor("bob").await, app.guest("Gil").await);
    let (member, moderator, other) =
        (app.visitor("mia").await, app.visitor("max").await, app.visitor("oto").await);
    for user in [&banned, &guest, &member, &moderator, &other] {
        user.come_in(&owner, id).await;
    }
    owner.give_role(id, &moderator.person(), "moderator").await.unwrap();
    owner.remove(id, &banned.person(), true).await.unwrap();
    let waits = app.visitor("wim").await;
    let _: () = waits.rooms("knock", json!({ "room": id, "waiting": true })).await.unwrap();
    let (invitation, _) = owner.invite(id, InvitationForm::default()).await;
    let plan = json!({ "room": id, "plan": supper() });
    let happening = owner.call::<_, HappeningReason>("happenings/plan", plan).await.unwrap();
    let room = Room {
        id,
        happening,
        waits: waits.person().to_string(),
        other: other.person().to_string(),
        invitation: invitation.id.0,
    };
    ([stranger, banned, guest, member, moderator, owner], room)
}
