//! Rooms: lasting places with an address of their own.

mod address;
mod form;
mod refusal;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Millis, PersonId, Secret, channel::Cursor, people::Picture};

pub use address::{MAX_ADDRESS, MIN_ADDRESS, RESERVED, check_address, tidy_address};
pub use form::{InvitationForm, MAX_KEPT_DAYS, MAX_USES, RoomForm};
pub use refusal::{RoomError, RoomReason};

/// The most members of a room, guests among them.
pub const MAX_MEMBERS: u32 = 5_000;
/// The most members in one page of their list.
pub const MEMBERS_PAGE: u32 = 100;
/// The most invitations of a room that are open at once.
pub const MAX_INVITATIONS: u32 = 50;
/// The most persons who wait at a room's door.
pub const MAX_KNOCKS: u32 = 100;
/// The most rooms in one page of a list.
pub const ROOMS_PAGE: u32 = 30;
/// The most rooms that one person is in.
pub const MAX_OWN_ROOMS: u32 = 200;
/// The most bytes of a file that becomes a room's picture.
pub const MAX_ROOM_PICTURE_BYTES: usize = 10 * 1024 * 1024;

/// The identity of a room. Its address can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomId(pub Uuid);

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for RoomId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// Role of a member in a room; a greater one may do all that a smaller one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomRole {
    /// Has no account; came by a link.
    Guest,
    /// Has an account.
    Member,
    /// Keeps the room in order.
    Moderator,
    /// Decides about the room.
    Owner,
}

impl RoomRole {
    /// All of them, the smallest first.
    pub const ALL: [Self; 4] = [Self::Guest, Self::Member, Self::Moderator, Self::Owner];

    /// The role as text, as in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Owner => "owner",
        }
    }

    /// Returns whether who has this role keeps the room in order.
    pub fn moderates(self) -> bool {
        self >= Self::Moderator
    }
}

/// Text that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such role")]
pub struct UnknownRole;

impl FromStr for RoomRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

/// A room as all its members see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Identity.
    pub id: RoomId,
    /// Current address.
    pub address: String,
    /// Title; the address if none was chosen.
    pub title: String,
    /// Description; may be empty.
    pub description: String,
    /// Picture, if there is one.
    pub picture: Option<Picture>,
    /// True if everybody with an account may join, and the room is listed.
    pub public: bool,
    /// True if people without an account may come by a link.
    pub guests: bool,
    /// True if guests may share files.
    pub guest_uploads: bool,
    /// True if strangers may ask to be let in.
    pub knocking: bool,
    /// Days after which messages are deleted; none keeps them.
    pub kept_days: Option<u32>,
    /// Time since which it can be read alone.
    pub archived_at: Option<Millis>,
    /// Number of members, guests among them.
    pub members: u32,
}

/// A room as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomPage {
    /// The room.
    pub room: Room,
    /// Own public identity.
    pub person: PersonId,
    /// Own role.
    pub role: RoomRole,
    /// Position of the last message that was read; 0 if none was.
    pub read_to: i64,
    /// True if the member wants to be told of direct mentions alone.
    pub muted: bool,
    /// Number of persons who wait at the door.
    pub knocks: u32,
    /// The topic's event up to which this holds.
    pub cursor: Cursor,
}

/// A room as it is seen from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomDoor {
    /// Identity.
    pub id: RoomId,
    /// Current address.
    pub address: String,
    /// Listing of it, which everybody may see; none of a room by invitation.
    pub about: Option<RoomListing>,
    /// True if the viewer may join by themselves.
    pub may_join: bool,
    /// True if the viewer may ask to be let in.
    pub may_knock: bool,
    /// True if the viewer has asked to be let in.
    pub has_knocked: bool,
    /// True if the viewer is banned.
    pub banned: bool,
}

/// A public room in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomListing {
    /// Identity.
    pub id: RoomId,
    /// Current address.
    pub address: String,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// Picture, if there is one.
    pub picture: Option<Picture>,
    /// Number of members.
    pub members: u32,
}

/// A room that one is in, in one's own list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRoom {
    /// The room.
    pub room: RoomListing,
    /// Own role.
    pub role: RoomRole,
    /// True if the room is archived.
    pub archived: bool,
    /// True if everybody may join.
    pub public: bool,
    /// Number of persons who wait at the door; 0 for who can't let them in.
    pub knocks: u32,
}

/// Answer to the question for a room by its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "one at a time")]
pub enum RoomAnswer {
    /// The viewer is a member.
    Inside(RoomPage),
    /// The viewer isn't.
    Outside(RoomDoor),
}

/// A member in the list of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomMember {
    /// Public identity.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// Handle; a guest has none.
    pub handle: Option<String>,
    /// Role.
    pub role: RoomRole,
    /// Time at which they joined.
    pub joined_at: Millis,
}

/// A page of a room's members: by role, the owners first, then by the time at which they joined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberPage {
    /// At most [`MEMBERS_PAGE`].
    pub members: Vec<RoomMember>,
    /// True if there are more.
    pub more: bool,
}

/// Somebody who waits at a room's door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knock {
    /// Public identity.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// Handle; a guest has none.
    pub handle: Option<String>,
    /// Time at which they knocked.
    pub at: Millis,
}

/// Somebody who is banned from a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomBan {
    /// Public identity.
    pub person: PersonId,
    /// Name at that time.
    pub name: String,
    /// Time of the ban.
    pub at: Millis,
}

/// The identity of an invitation. It opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InvitationId(pub Uuid);

impl fmt::Display for InvitationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for InvitationId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// An invitation as the members of its room see it who may: whoever has its link may join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Identity.
    pub id: InvitationId,
    /// Its link.
    pub link: Secret,
    /// Name of who made it.
    pub by: String,
    /// Time of its making.
    pub made_at: Millis,
    /// Time at which it expires; none if it doesn't.
    pub expires_at: Option<Millis>,
    /// How often it may be used; none sets no limit.
    pub max_uses: Option<u32>,
    /// How often it was used.
    pub uses: u32,
}

/// A page of the public rooms: those with the most members first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomList {
    /// At most [`ROOMS_PAGE`].
    pub rooms: Vec<RoomListing>,
    /// True if there are more.
    pub more: bool,
}

/// Rooms that one is in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRooms {
    /// At most [`MAX_OWN_ROOMS`], the one that was joined last first.
    pub rooms: Vec<OwnRoom>,
    /// True if one may make rooms.
    pub may_make: bool,
}

/// Outcome of using an invitation, or of joining a public room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedRoom {
    /// Identity of the room.
    pub id: RoomId,
    /// Current address of the room.
    pub address: String,
}

/// The room to which an invitation leads, for who has its link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitedTo {
    /// The room.
    pub room: RoomListing,
    /// True if the viewer is a member already.
    pub inside: bool,
    /// True if people without an account may come.
    pub guests: bool,
}

/// Durable event of a room. In the room's own topic. It names nobody: who is shown lists asks for them anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomEvent {
    /// The room has changed.
    RoomChanged {
        /// The room as it is now.
        room: Room,
    },
    /// The room is deleted.
    RoomDeleted {
        /// Its identity.
        room: RoomId,
    },
    /// Somebody joined or left, or has another role.
    MembersChanged {
        /// Number of members.
        members: u32,
    },
    /// Somebody waits at the door, or doesn't any more.
    KnocksChanged {
        /// Number of those who wait.
        knocks: u32,
    },
}
