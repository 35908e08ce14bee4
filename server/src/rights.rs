//! Access rights: one table of who may do what.
//!
//! It imports no feature: whoever knows both sides works out the caller's [`Relation`]s to the resource and
//! asks [`may`]. For what belongs to an account, `Caller::may` of the accounts does both.
//!
//! Rules that depend on state (a show is over, an address isn't confirmed, a viewer is muted) belong to
//! the feature and come after. The caller's own account, sessions and profile are reached through the
//! session alone: no request names somebody else's, so nothing is asked.

/// Relation of a caller to a resource; a caller can have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Has said a name, or has an account.
    Somebody,
    /// Has an account that puts on shows.
    Artist,
    /// It is their own: the show's artist, the message's author.
    Owner,
    /// Looks after the shows of the show's artist.
    Helper,
    /// Is in the room, without an account.
    RoomGuest,
    /// Is in the room.
    Member,
    /// Keeps the room in order.
    Moderator,
    /// Runs the venue.
    Operator,
}

/// Kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// A show: its poster, its times.
    Show,
    /// The live media of it.
    Stage,
    /// The talk in it.
    Chat,
    /// One message there.
    Message,
    /// A room: its address and what it says of itself.
    Room,
    /// The members of a room.
    Members,
    /// A happening of a room.
    Happening,
    /// Links that lead into a room.
    Invitations,
    /// Files that people share in a room.
    RoomFiles,
}

/// Action on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is made anew; for a message: said; for a member: let in.
    Create,
    /// It is changed; for a stage: paused.
    Change,
    /// It is deleted; for a stage: ended.
    Delete,
    /// One is there; for a stage: on it, also again after its end, or rehearsing on it.
    Enter,
    /// People are muted there; for members: removed, banned, given a role.
    Moderate,
}

use Action::{Change, Create, Delete, Enter, Moderate};
use Relation::{Artist, Helper, Member, Moderator, Operator, Owner, RoomGuest, Somebody};
use Resource::{Chat, Happening, Invitations, Members, Message, Room, RoomFiles, Show, Stage};

/// Table of access rights; an action that isn't here is denied. Everybody may read what is public: shows
/// that weren't deleted, and the chat of those that are over.
pub const TABLE: [(Resource, Action, &[Relation]); 20] = [
    (Show, Create, &[Artist]),
    (Show, Change, &[Owner, Helper]),
    (Show, Delete, &[Owner, Operator]),
    (Show, Enter, &[Somebody]),
    (Stage, Enter, &[Owner]),
    (Stage, Change, &[Owner, Helper]),
    (Stage, Delete, &[Owner, Operator]),
    (Chat, Moderate, &[Owner, Helper, Moderator, Operator]),
    (Message, Create, &[Somebody]),
    (Message, Delete, &[Owner, Helper, Moderator, Operator]),
    (Room, Enter, &[RoomGuest, Member, Moderator, Owner]),
    (Room, Change, &[Owner]),
    (Room, Delete, &[Owner, Operator]),
    (Members, Create, &[Member, Moderator, Owner]),
    (Members, Moderate, &[Moderator, Owner]),
    (Happening, Create, &[Member, Moderator, Owner]),
    (Happening, Change, &[Moderator, Owner]),
    (Invitations, Create, &[Member, Moderator, Owner]),
    // Guests where the room allows it; and whoever brought one removes it.
    (RoomFiles, Create, &[RoomGuest, Member, Moderator, Owner]),
    (RoomFiles, Delete, &[Moderator, Owner]),
];

/// Returns whether one of `relations` permits `action` on `resource`.
pub fn may(relations: &[Relation], resource: Resource, action: Action) -> bool {
    TABLE.iter().any(|(on, what, who)| {
        (*on, *what) == (resource, action) && who.iter().any(|it| relations.contains(it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_may_nothing_and_each_row_stands_once() {
        for (number, (resource, action, who)) in TABLE.iter().enumerate() {
            assert!(!may(&[], *resource, *action));
            assert!(!who.is_empty());
            let again = TABLE[..number].iter().any(|it| (it.0, it.1) == (*resource, *action));
            assert!(!again, "{resource:?} {action:?}");
        }
        assert!(!may(&[Somebody, Artist], Show, Change));
        assert!(!may(&[Somebody, Artist, Operator, Helper], Stage, Enter));
        assert!(!may(&[Owner], Chat, Enter));
    }
}
