//! Rooms, as tests make them.

use bandstand_domain::{
    PersonId, Refusal, RoomId,
    rooms::{
        Invitation, InvitationForm, JoinedRoom, RoomAnswer, RoomDoor, RoomError, RoomForm,
        RoomPage, RoomReason,
    },
};
use serde_json::{Value, json};

use super::app::User;

/// A form of a room that is in order, at `address`.
pub fn form(address: &str) -> RoomForm {
    RoomForm { address: address.into(), ..RoomForm::default() }
}

impl User {
    /// Calls a server function of rooms.
    pub async fn rooms<T: serde::de::DeserializeOwned>(
        &self,
        function: &str,
        arguments: Value,
    ) -> Result<T, RoomError> {
        self.call::<T, RoomReason>(&format!("rooms/{function}"), arguments).await
    }

    /// Makes a room at `address`.
    pub async fn make_room(&self, form: &RoomForm) -> Result<JoinedRoom, RoomError> {
        self.rooms("make", json!({ "form": form })).await
    }

    /// The room at `address`, from inside or outside.
    pub async fn find_room(&self, address: &str) -> Result<RoomAnswer, RoomError> {
        self.rooms("find", json!({ "address": address })).await
    }

    /// The room at `address`, of which one is a member.
    pub async fn inside(&self, address: &str) -> RoomPage {
        match self.find_room(address).await.unwrap() {
            RoomAnswer::Inside(page) => page,
            RoomAnswer::Outside(door) => panic!("outside of {door:?}"),
        }
    }

    /// The room at `address`, of which one is no member.
    pub async fn outside(&self, address: &str) -> RoomDoor {
        match self.find_room(address).await.unwrap() {
            RoomAnswer::Inside(page) => panic!("inside of {page:?}"),
            RoomAnswer::Outside(door) => door,
        }
    }

    /// Makes an invitation; the end of its link.
    pub async fn invite(&self, room: RoomId, form: InvitationForm) -> (Invitation, String) {
        let arguments = json!({ "room": room, "form": form });
        let invitation: Invitation = self.rooms("invite", arguments).await.unwrap();
        let secret = invitation.link.reveal().rsplit_once('/').unwrap().1.to_owned();
        (invitation, secret)
    }

    /// Uses an invitation.
    pub async fn accept(&self, secret: &str) -> Result<JoinedRoom, RoomError> {
        self.rooms("accept", json!({ "invitation": secret })).await
    }

    /// Comes into `room`, into which `host` invites.
    pub async fn come_in(&self, host: &Self, room: RoomId) {
        let (_, secret) = host.invite(room, InvitationForm::default()).await;
        self.accept(&secret).await.unwrap();
    }

    /// Gives a member a role.
    pub async fn give_role(
        &self,
        room: RoomId,
        person: &PersonId,
        role: &str,
    ) -> Result<(), RoomError> {
        self.rooms("give_role", json!({ "room": room, "person": person, "role": role })).await
    }

    /// Removes a member.
    pub async fn remove(
        &self,
        room: RoomId,
        person: &PersonId,
        banned: bool,
    ) -> Result<(), RoomError> {
        self.rooms("remove", json!({ "room": room, "person": person, "banned": banned })).await
    }
}

/// Asserts that a refusal is for `reason`.
#[track_caller]
pub fn refused_for<T: std::fmt::Debug>(answer: Result<T, RoomError>, reason: RoomReason) {
    assert_eq!(answer.unwrap_err(), Refusal::Because(reason));
}
