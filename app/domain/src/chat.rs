//! Chat of a show or a room.

mod mention;
mod moderation;
mod place;
mod reaction;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Millis, PersonId, Refusal, RoomId,
    field::{has_forbidden, length},
    refusal::{Reason, print_text},
    text,
    texts::{Tell, Text},
    uploads::{RoomFile, RoomFileId},
};

pub use mention::{MAX_MENTIONS, Mention, find_handles};
pub use moderation::{
    ChatBan, ChatNews, ChatRules, HeldMessage, HeldWhy, LOG_PAGE, MAX_GUESTS_MUTED, MAX_HELD,
    MAX_HELD_EACH, MAX_SLOW, MAX_WORD, MAX_WORDS, ModerationAct, ModerationEntry, ModerationPage,
    RulesForm,
};
pub use place::ChatPlace;
pub use reaction::{Reaction, ReactionCount};

/// The longest message, in characters.
pub const MAX_MESSAGE: usize = 500;
/// The most files that one message carries.
pub const MAX_FILES: usize = 10;
/// The most messages in one page of history.
pub const PAGE: u32 = 50;
/// The most messages that are pinned in one place.
pub const MAX_PINS: u32 = 20;
/// The most changes of one message.
pub const MAX_EDITS: usize = 20;
/// The most messages that are asked for by name at once.
pub const MAX_QUOTES: usize = 50;
/// The longest text that is searched for, in characters.
pub const MAX_SEARCH: usize = 100;
/// The most people whom one hides.
pub const MAX_HIDDEN: u32 = 500;

/// Reason to refuse a request, particular to the chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChatReason {
    /// A moderator of the place has muted this person.
    Muted,
    /// The show is over and its chat closed.
    Over,
    /// The room is kept to be read.
    Archived,
    /// The message was changed as often as it may be.
    TooManyEdits,
    /// As many messages are pinned as can be.
    TooManyPins,
    /// The message has a word that is not said here.
    Word,
    /// Guests are muted for a while.
    GuestsMuted,
    /// The person is banned from the show.
    Banned,
    /// As many messages wait as can.
    TooManyHeld,
    /// Messages wait here until they are approved: they can't be changed afterwards.
    EditHeld,
    /// As many people are hidden as can be.
    TooManyHidden,
    /// More files than [`MAX_FILES`].
    TooManyFiles,
    /// A file isn't there, isn't the author's, or another message carries it.
    NoSuchFile,
}

impl Tell for ChatReason {
    fn text(&self) -> Text {
        match self {
            Self::Muted => text!(refusal.chat.muted),
            Self::Over => text!(refusal.chat.over),
            Self::Archived => text!(refusal.chat.archived),
            Self::TooManyEdits => text!(refusal.chat.too_many_edits, most = MAX_EDITS),
            Self::TooManyPins => text!(refusal.chat.too_many_pins, most = MAX_PINS),
            Self::Word => text!(refusal.chat.word),
            Self::GuestsMuted => text!(refusal.chat.guests_muted),
            Self::Banned => text!(refusal.chat.banned),
            Self::TooManyHeld => text!(refusal.chat.too_many_held),
            Self::EditHeld => text!(refusal.chat.edit_held),
            Self::TooManyHidden => text!(refusal.chat.too_many_hidden, most = MAX_HIDDEN),
            Self::TooManyFiles => text!(refusal.chat.too_many_files, most = MAX_FILES),
            Self::NoSuchFile => text!(refusal.chat.no_such_file),
        }
    }
}

print_text!(ChatReason);

impl Reason for ChatReason {
    fn status(&self) -> u16 {
        match self {
            Self::Muted | Self::Word | Self::GuestsMuted | Self::Banned => 403,
            Self::Over
            | Self::Archived
            | Self::TooManyEdits
            | Self::TooManyPins
            | Self::TooManyHeld
            | Self::EditHeld
            | Self::TooManyHidden
            | Self::TooManyFiles
            | Self::NoSuchFile => 409,
        }
    }
}

/// Refusal by the chat.
pub type ChatError = Refusal<ChatReason>;

/// A message's identity, chosen by the sender's page: sending the same one twice posts it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub Uuid);

/// Role of an author in a room that stands beside their name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatBadge {
    /// The room is theirs.
    Owner,
    /// They look after it.
    Moderator,
}

impl ChatBadge {
    /// Name in the database, as on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Moderator => "moderator",
        }
    }

    /// Badge of this name; none for a name that no badge has.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Owner, Self::Moderator].into_iter().find(|it| it.as_str() == name)
    }
}

/// A message as everybody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Its identity.
    pub id: MessageId,
    /// Author.
    pub author: PersonId,
    /// Name of the author at that time.
    pub name: String,
    /// True if the author is the show's artist.
    pub from_artist: bool,
    /// Role of the author in the room at that time, where it is more than a member's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<ChatBadge>,
    /// Plain text of at most [`MAX_MESSAGE`] characters; empty in a message of files alone.
    pub text: String,
    /// Time at which the venue accepted it.
    pub sent_at: Millis,
    /// Its place in the chat: greater is later. Pages of history are asked for by it.
    pub position: i64,
    /// Message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies_to: Option<MessageId>,
    /// People whom it mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// Files that it carries, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<CarriedFile>,
    /// Time at which its author changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Millis>,
    /// Number of answers to it so far; 0 in an event.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub replies: u32,
    /// Reactions to it so far; none in an event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<ReactionCount>,
}

/// File that a message carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedFile {
    /// Its identity.
    pub id: RoomFileId,
    /// The file; none once it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<RoomFile>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Durable event of a chat. In the topic of its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatEvent {
    /// A message was posted.
    Posted {
        /// The message.
        message: ChatMessage,
    },
    /// A message was deleted.
    Deleted {
        /// The deleted message.
        message: MessageId,
    },
    /// A person was muted, or may speak again.
    Muted {
        /// The person.
        person: PersonId,
        /// True if they are muted now.
        muted: bool,
    },
    /// The author has changed a message.
    Edited {
        /// The message as it is now.
        message: ChatMessage,
    },
    /// People have reacted to a message, or have taken that back. Who it was is not told.
    Reacted {
        /// The message.
        message: MessageId,
        /// All reactions to it by now.
        reactions: Vec<ReactionCount>,
    },
    /// A message was pinned, or isn't any more.
    Pinned {
        /// The message.
        message: MessageId,
        /// True if it is pinned now.
        pinned: bool,
    },
    /// The rules have changed.
    ChatRules {
        /// The rules by now.
        rules: ChatRules,
    },
}

/// A page of history, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatPage {
    /// At most [`PAGE`] messages.
    pub messages: Vec<ChatMessage>,
    /// True if there are earlier ones.
    pub more: bool,
    /// Pinned messages, the latest first; with the latest page alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<ChatMessage>,
    /// Rules of the place; with the latest page alone.
    #[serde(default, skip_serializing_if = "ChatRules::are_none")]
    pub rules: ChatRules,
}

/// Messages that have what was searched for, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchPage {
    /// At most [`PAGE`].
    pub messages: Vec<ChatMessage>,
    /// Position before which the search goes on; none when all was searched.
    pub next: Option<i64>,
}

/// Somebody whose messages a person doesn't want to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HiddenPerson {
    /// Public identity.
    pub person: PersonId,
    /// Name at that time.
    pub name: String,
}

/// Number of messages that somebody hasn't read in a room; 100 stands for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomUnread {
    /// The room.
    pub room: RoomId,
    /// At least one.
    pub count: u32,
}

/// Checks a message; returns the complaint.
pub fn check_message(text: &str) -> Option<Text> {
    length(text!(complaint.what.message), text, 1, MAX_MESSAGE).or_else(|| {
        has_forbidden(text, true)
            .then(|| text!(complaint.forbidden, what = text!(complaint.what.message)))
    })
}
