//! Needs of rooms from the server.

use async_trait::async_trait;
use bandstand_domain::{
    PersonId, RoomId, Secret,
    rooms::{
        Invitation, InvitationForm, InvitationId, InvitedTo, JoinedRoom, Knock, MemberPage,
        OwnRooms, Room, RoomAnswer, RoomBan, RoomError, RoomForm, RoomList, RoomRole,
    },
};

/// Rooms, for the person who makes the current request.
#[async_trait]
pub trait Rooms: Send + Sync {
    /// Makes a room, which the caller owns; returns its address.
    async fn make(&self, form: RoomForm) -> Result<JoinedRoom, RoomError>;
    /// The room at an address, as the caller may see it; at a former address, too.
    async fn find(&self, address: String) -> Result<RoomAnswer, RoomError>;
    /// Public rooms in which words stand, after the first `skipped`.
    async fn public(&self, words: String, skipped: u32) -> Result<RoomList, RoomError>;
    /// Rooms that the caller is in.
    async fn own(&self) -> Result<OwnRooms, RoomError>;
    /// Changes a room.
    async fn change(&self, room: RoomId, form: RoomForm) -> Result<Room, RoomError>;
    /// Takes a room's picture away.
    async fn remove_picture(&self, room: RoomId) -> Result<(), RoomError>;
    /// Archives a room, or opens it again.
    async fn archive(&self, room: RoomId, archived: bool) -> Result<(), RoomError>;
    /// Deletes a room for good.
    async fn delete(&self, room: RoomId) -> Result<(), RoomError>;
    /// Joins a public room.
    async fn join(&self, room: RoomId) -> Result<JoinedRoom, RoomError>;
    /// Leaves a room.
    async fn leave(&self, room: RoomId) -> Result<(), RoomError>;
    /// Is told by a room of direct mentions alone, or of all again.
    async fn mute(&self, room: RoomId, muted: bool) -> Result<(), RoomError>;
    /// Members, after the first `skipped`.
    async fn members(&self, room: RoomId, skipped: u32) -> Result<MemberPage, RoomError>;
    /// Gives a member another role.
    async fn give_role(
        &self,
        room: RoomId,
        person: PersonId,
        role: RoomRole,
    ) -> Result<(), RoomError>;
    /// Removes a member, and bans them when `banned`.
    async fn remove(&self, room: RoomId, person: PersonId, banned: bool) -> Result<(), RoomError>;
    /// Bans.
    async fn bans(&self, room: RoomId) -> Result<Vec<RoomBan>, RoomError>;
    /// Lifts a ban.
    async fn lift_ban(&self, room: RoomId, person: PersonId) -> Result<(), RoomError>;
    /// Asks to be let in, or asks no more.
    async fn knock(&self, room: RoomId, waiting: bool) -> Result<(), RoomError>;
    /// Those who ask to be let in.
    async fn knocks(&self, room: RoomId) -> Result<Vec<Knock>, RoomError>;
    /// Lets somebody in who asks, or sends them away.
    async fn answer_knock(
        &self,
        room: RoomId,
        person: PersonId,
        admitted: bool,
    ) -> Result<(), RoomError>;
    /// Makes an invitation.
    async fn invite(&self, room: RoomId, form: InvitationForm) -> Result<Invitation, RoomError>;
    /// Open invitations: all for who keeps the room in order, else one's own.
    async fn invitations(&self, room: RoomId) -> Result<Vec<Invitation>, RoomError>;
    /// Revokes an invitation.
    async fn revoke(&self, room: RoomId, invitation: InvitationId) -> Result<(), RoomError>;
    /// The room to which an invitation leads.
    async fn invited_to(&self, invitation: Secret) -> Result<InvitedTo, RoomError>;
    /// Joins the room to which an invitation leads.
    async fn accept(&self, invitation: Secret) -> Result<JoinedRoom, RoomError>;
}
