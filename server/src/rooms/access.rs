//! Admission to a room.

use std::error::Error;

use bandstand_domain::{
    Refusal, RoomId,
    accounts::Viewer,
    rooms::{RoomError, RoomReason, RoomRole},
};

use super::{RoomFacts, store};
use crate::{
    caller::Caller,
    rights::{Action, Relation, Resource, may},
};

/// A member, in a room that there is.
#[derive(Clone, Debug)]
pub struct RoomEntry {
    /// The member.
    pub viewer: Viewer,
    /// Role of the member.
    pub role: RoomRole,
    /// The facts of the room.
    pub facts: RoomFacts,
}

impl RoomEntry {
    /// Returns whether the member keeps the room in order.
    pub fn moderates(&self) -> bool {
        self.role.moderates()
    }

    /// Returns whether the member may do `action` to a resource of the room.
    pub fn may(&self, resource: Resource, action: Action) -> bool {
        may(&[relation(self.role)], resource, action)
    }

    /// Lets writing go on.
    ///
    /// # Errors
    /// `Because(Archived)`.
    pub fn writable(&self) -> Result<(), RoomError> {
        if self.facts.archived {
            return Err(Refusal::Because(RoomReason::Archived));
        }
        Ok(())
    }
}

/// Relation to a room of who has `role` there.
fn relation(role: RoomRole) -> Relation {
    match role {
        RoomRole::Guest => Relation::RoomGuest,
        RoomRole::Member => Relation::Member,
        RoomRole::Moderator => Relation::Moderator,
        RoomRole::Owner => Relation::Owner,
    }
}

/// Lets the caller into `room`, of which they are a member. Who isn't can't tell one that there is by invitation
/// from one that there isn't.
///
/// # Errors
/// `NotFound`, `NotLoggedIn` for who has no name, `Gone` for former members of a room that is deleted, `Broken`.
pub async fn enter<E: Error>(caller: &Caller, room: RoomId) -> Result<RoomEntry, Refusal<E>> {
    let viewer = caller.viewer().await?.ok_or(Refusal::NotLoggedIn)?;
    let database = &caller.services.database;
    let (facts, role) =
        store::facts::facts_for(database, room, &viewer.person).await?.ok_or(Refusal::NotFound)?;
    let role = role.ok_or(Refusal::NotFound)?;
    if facts.deleted {
        return Err(Refusal::Gone);
    }
    Ok(RoomEntry { viewer, role, facts })
}
