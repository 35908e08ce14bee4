//! Chat of a show.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Millis, PersonId, Refusal,
    field::{has_forbidden, length},
    refusal::{Reason, print_text},
    text,
    texts::{Tell, Text},
};

/// The longest message, in characters.
pub const MAX_MESSAGE: usize = 500;
/// The most messages in one page of history.
pub const PAGE: u32 = 50;

/// Reason to refuse a request, particular to the chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChatReason {
    /// The artist has muted this person here.
    Muted,
    /// The show is over and its chat closed.
    Over,
}

impl Tell for ChatReason {
    fn text(&self) -> Text {
        match self {
            Self::Muted => text!(refusal.chat.muted),
            Self::Over => text!(refusal.chat.over),
        }
    }
}

print_text!(ChatReason);

impl Reason for ChatReason {
    fn status(&self) -> u16 {
        match self {
            Self::Muted => 403,
            Self::Over => 409,
        }
    }
}

/// Refusal by the chat.
pub type ChatError = Refusal<ChatReason>;

/// A message's identity, chosen by the sender's page: sending the same one twice posts it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub Uuid);

/// Kind of reaction to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// Agreement.
    Thumb,
    /// Love.
    Heart,
    /// Laughter.
    Laugh,
    /// Surprise.
    Wow,
    /// Sadness.
    Sad,
    /// Celebration.
    Party,
}

impl Reaction {
    /// All kinds, in the order in which they are offered.
    pub const ALL: [Self; 6] =
        [Self::Thumb, Self::Heart, Self::Laugh, Self::Wow, Self::Sad, Self::Party];

    /// Name in the database, as on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Thumb => "thumb",
            Self::Heart => "heart",
            Self::Laugh => "laugh",
            Self::Wow => "wow",
            Self::Sad => "sad",
            Self::Party => "party",
        }
    }

    /// Emoji that stands for it.
    pub const fn emoji(self) -> &'static str {
        match self {
            Self::Thumb => "👍",
            Self::Heart => "❤️",
            Self::Laugh => "😂",
            Self::Wow => "😮",
            Self::Sad => "😢",
            Self::Party => "🎉",
        }
    }

    /// Kind of this name; none for a name that no kind has.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// Number of persons who reacted to a message in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionCount {
    /// Kind.
    pub reaction: Reaction,
    /// Number of persons, at least 1.
    pub count: u32,
    /// True if the person who asks is among them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mine: bool,
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
    /// 1–[`MAX_MESSAGE`] characters of plain text.
    pub text: String,
    /// Time at which the venue accepted it.
    pub sent_at: Millis,
    /// Its place in the chat: greater is later. Pages of history are asked for by it.
    pub position: i64,
    /// Message that it answers, which may have been deleted since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies_to: Option<MessageId>,
    /// Reactions to it so far; none in an event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<ReactionCount>,
}

/// Durable event of a show's chat. In the show's own topic.
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
    /// The artist has muted a person, or lets them speak again.
    Muted {
        /// The person.
        person: PersonId,
        /// True if they are muted now.
        muted: bool,
    },
    /// A person has reacted to a message, or has taken it back. Who it was is not told.
    Reacted {
        /// The message.
        message: MessageId,
        /// Kind.
        reaction: Reaction,
        /// Number of persons who have reacted so by now.
        count: u32,
    },
    /// Another message is pinned, or none any more.
    Pinned {
        /// The message.
        message: Option<MessageId>,
    },
}

/// A page of history, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatPage {
    /// At most [`PAGE`] messages.
    pub messages: Vec<ChatMessage>,
    /// True if there are earlier ones.
    pub more: bool,
    /// Pinned message; in the latest page alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<ChatMessage>,
}

/// Checks a message; returns the complaint.
pub fn check_message(text: &str) -> Option<Text> {
    length(text!(complaint.what.message), text, 1, MAX_MESSAGE).or_else(|| {
        has_forbidden(text, true)
            .then(|| text!(complaint.forbidden, what = text!(complaint.what.message)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reactions_have_the_same_name_everywhere() {
        for reaction in Reaction::ALL {
            assert_eq!(serde_json::to_value(reaction).unwrap(), reaction.as_str());
            assert_eq!(Reaction::named(reaction.as_str()), Some(reaction));
        }
        assert_eq!(Reaction::named("shrug"), None);
    }
}
