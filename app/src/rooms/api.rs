//! Server functions of rooms.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    PersonId, RoomId, Secret,
    rooms::{
        Invitation, InvitationForm, InvitationId, InvitedTo, JoinedRoom, Knock, MemberPage,
        OwnRooms, Room, RoomAnswer, RoomBan, RoomForm, RoomList, RoomReason, RoomRole,
    },
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::port::Rooms;
#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Makes a room; its address.
#[server(endpoint = "rooms/make", input = Json, output = Json)]
pub async fn make_room(form: RoomForm) -> Result<JoinedRoom, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().make(form)).await
}

/// The room at an address.
#[server(endpoint = "rooms/find", input = Json, output = Json)]
pub async fn find_room(address: String) -> Result<RoomAnswer, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().find(address)).await
}

/// Public rooms.
#[server(endpoint = "rooms/public", input = Json, output = Json)]
pub async fn load_public_rooms(
    words: String,
    skipped: u32,
) -> Result<RoomList, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().public(words, skipped)).await
}

/// Rooms that one is in.
#[server(endpoint = "rooms/own", input = Json, output = Json)]
pub async fn load_own_rooms() -> Result<OwnRooms, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().own()).await
}

/// Changes a room.
#[server(endpoint = "rooms/change", input = Json, output = Json)]
pub async fn change_room(room: RoomId, form: RoomForm) -> Result<Room, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().change(room, form)).await
}

/// Takes a room's picture away.
#[server(endpoint = "rooms/remove_picture", input = Json, output = Json)]
pub async fn remove_room_picture(room: RoomId) -> Result<(), Failed<RoomReason>> {
    answer(port::<dyn Rooms>().remove_picture(room)).await
}

/// Archives a room, or opens it again.
#[server(endpoint = "rooms/archive", input = Json, output = Json)]
pub async fn archive_room(room: RoomId, archived: bool) -> Result<(), Failed<RoomReason>> {
    answer(port::<dyn Rooms>().archive(room, archived)).await
}

/// Deletes a room for good.
#[server(endpoint = "rooms/delete", input = Json, output = Json)]
pub async fn delete_room(room: RoomId) -> Result<(), Failed<RoomReason>> {
    answer(port::<dyn Rooms>().delete(room)).await
}

/// Joins a public room.
#[server(endpoint = "rooms/join", input = Json, output = Json)]
pub async fn join_room(room: RoomId) -> Result<JoinedRoom, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().join(room)).await
}

/// Leaves a room.
#[server(endpoint = "rooms/leave", input = Json, output = Json)]
pub async fn leave_room(room: RoomId) -> Result<(), Failed<RoomReason>> {
    answer(port::<dyn Rooms>().leave(room)).await
}

/// Is told by a room of direct mentions alone, or of all again.
#[server(endpoint = "rooms/mute", input = Json, output = Json)]
pub async fn mute_room(room: RoomId, muted: bool) -> Result<(), Failed<RoomReason>> {
    answer(port::<dyn Rooms>().mute(room, muted)).await
}

/// Members of a room.
#[server(endpoint = "rooms/members", input = Json, output = Json)]
pub async fn load_members(room: RoomId, skipped: u32) -> Result<MemberPage, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().members(room, skipped)).await
}

/// Gives a member another role.
#[server(endpoint = "rooms/give_role", input = Json, output = Json)]
pub async fn give_role(
    room: RoomId,
    person: PersonId,
    role: RoomRole,
) -> Result<(), Failed<RoomReason>> {
    answer(port::<dyn Rooms>().give_role(room, person, role)).await
}

/// Removes a member, and bans them when `banned`.
#[server(endpoint = "rooms/remove", input = Json, output = Json)]
pub async fn remove_member(
    room: RoomId,
    person: PersonId,
    banned: bool,
) -> Result<(), Failed<RoomReason>> {
    answer(port::<dyn Rooms>().remove(room, person, banned)).await
}

/// Bans from a room.
#[server(endpoint = "rooms/bans", input = Json, output = Json)]
pub async fn load_bans(room: RoomId) -> Result<Vec<RoomBan>, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().bans(room)).await
}

/// Lifts a ban.
#[server(endpoint = "rooms/lift_ban", input = Json, output = Json)]
pub async fn lift_ban(room: RoomId, person: PersonId) -> Result<(), Failed<RoomReason>> {
    answer(port::<dyn Rooms>().lift_ban(room, person)).await
}

/// Asks to be let in, or asks no more.
#[server(endpoint = "rooms/knock", input = Json, output = Json)]
pub async fn knock_at_room(room: RoomId, waiting: bool) -> Result<(), Failed<RoomReason>> {
    answer(port::<dyn Rooms>().knock(room, waiting)).await
}

/// Those who ask to be let in.
#[server(endpoint = "rooms/knocks", input = Json, output = Json)]
pub async fn load_knocks(room: RoomId) -> Result<Vec<Knock>, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().knocks(room)).await
}

/// Lets somebody in who asks, or sends them away.
#[server(endpoint = "rooms/answer_knock", input = Json, output = Json)]
pub async fn answer_knock(
    room: RoomId,
    person: PersonId,
    admitted: bool,
) -> Result<(), Failed<RoomReason>> {
    answer(port::<dyn Rooms>().answer_knock(room, person, admitted)).await
}

/// Makes an invitation.
#[server(endpoint = "rooms/invite", input = Json, output = Json)]
pub async fn invite_to_room(
    room: RoomId,
    form: InvitationForm,
) -> Result<Invitation, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().invite(room, form)).await
}

/// Open invitations.
#[server(endpoint = "rooms/invitations", input = Json, output = Json)]
pub async fn load_invitations(room: RoomId) -> Result<Vec<Invitation>, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().invitations(room)).await
}

/// Revokes an invitation.
#[server(endpoint = "rooms/revoke", input = Json, output = Json)]
pub async fn revoke_invitation(
    room: RoomId,
    invitation: InvitationId,
) -> Result<(), Failed<RoomReason>> {
    answer(port::<dyn Rooms>().revoke(room, invitation)).await
}

/// The room to which an invitation leads.
#[server(endpoint = "rooms/invited_to", input = Json, output = Json)]
pub async fn load_invited_to(invitation: Secret) -> Result<InvitedTo, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().invited_to(invitation)).await
}

/// Joins the room to which an invitation leads.
#[server(endpoint = "rooms/accept", input = Json, output = Json)]
pub async fn accept_invitation(invitation: Secret) -> Result<JoinedRoom, Failed<RoomReason>> {
    answer(port::<dyn Rooms>().accept(invitation)).await
}
