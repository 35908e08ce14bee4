//! Reasons for which rooms refuse something.

use serde::{Deserialize, Serialize};

use super::MAX_INVITATIONS;
use crate::{
    Refusal,
    refusal::{Reason, print_text},
    text,
    texts::{Tell, Text},
};

/// Reason to refuse a request, particular to rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoomReason {
    /// The room is archived: it can be read alone.
    Archived,
    /// The person is banned from the room.
    Banned,
    /// The link has expired, was revoked or was used as often as it may be.
    InvitationOver,
    /// The room has as many members as it can have.
    Full,
    /// The room has no place for guests.
    NoGuests,
    /// The person has as many rooms as the operator allows.
    TooManyRooms,
    /// The operator decides who makes rooms, and it is not this person.
    MayNotMake,
    /// A room needs an owner.
    LastOwner,
    /// The room has as many open invitations as it can have.
    TooManyInvitations,
}

impl Tell for RoomReason {
    fn text(&self) -> Text {
        match self {
            Self::Archived => text!(refusal.rooms.archived),
            Self::Banned => text!(refusal.rooms.banned),
            Self::InvitationOver => text!(refusal.rooms.invitation_over),
            Self::Full => text!(refusal.rooms.full),
            Self::NoGuests => text!(refusal.rooms.no_guests),
            Self::TooManyRooms => text!(refusal.rooms.too_many_rooms),
            Self::MayNotMake => text!(refusal.rooms.may_not_make),
            Self::LastOwner => text!(refusal.rooms.last_owner),
            Self::TooManyInvitations => {
                text!(refusal.rooms.too_many_invitations, most = MAX_INVITATIONS)
            }
        }
    }
}

print_text!(RoomReason);

impl Reason for RoomReason {
    fn status(&self) -> u16 {
        match self {
            Self::Banned | Self::NoGuests | Self::MayNotMake => 403,
            Self::InvitationOver => 410,
            Self::Archived
            | Self::Full
            | Self::TooManyRooms
            | Self::LastOwner
            | Self::TooManyInvitations => 409,
        }
    }
}

/// Refusal by rooms.
pub type RoomError = Refusal<RoomReason>;
