//! Live channel: topics, cursors, and the frames of a page's WebSocket.
//!
//! PROTOCOL.md describes the exchange in prose.

mod event;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    Millis, PersonId, RoomId, Secret, ShowId,
    crowd::{CrowdChange, CrowdSnapshot, Gesture},
    notifications::{Inbox, InboxId},
    rooms::RoomPage,
    shows::ShowPage,
    stage::StageError,
};

pub use event::Event;

/// The place of a durable event in its topic: 1, 2, 3 …; 0 is before the first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Cursor(pub i64);

/// Topic that a page can subscribe to. As text: `shows`, `show:ID`, `door:ID`, `room:ID`,
/// `inbox:ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Topic {
    /// The list of shows; open to all.
    Shows,
    /// One show with its stage, chat and crowd; needs a join token.
    Show(ShowId),
    /// The crowd of one show as it is seen from the door, without names; open to all.
    Door(ShowId),
    /// One room with its chat; for its members.
    Room(RoomId),
    /// One account's notifications; for its person alone.
    Inbox(InboxId),
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shows => f.write_str("shows"),
            Self::Show(id) => write!(f, "show:{id}"),
            Self::Door(id) => write!(f, "door:{id}"),
            Self::Room(id) => write!(f, "room:{id}"),
            Self::Inbox(id) => write!(f, "inbox:{}", id.0),
        }
    }
}

impl From<Topic> for String {
    fn from(topic: Topic) -> Self {
        topic.to_string()
    }
}

/// Text that names no topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no such topic")]
pub struct UnknownTopic;

impl TryFrom<String> for Topic {
    type Error = UnknownTopic;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "shows" => Ok(Self::Shows),
            Some(("show", id)) => id.parse().map(Self::Show).map_err(|_| UnknownTopic),
            Some(("door", id)) => id.parse().map(Self::Door).map_err(|_| UnknownTopic),
            Some(("room", id)) => id.parse().map(Self::Room).map_err(|_| UnknownTopic),
            Some(("inbox", id)) => {
                id.parse().map(InboxId).map(Self::Inbox).map_err(|_| UnknownTopic)
            }
            _ => Err(UnknownTopic),
        }
    }
}

/// Frame from a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientFrame {
    /// Follow a topic from `after` on.
    Subscribe {
        /// Topic.
        topic: Topic,
        /// The last event that the page has; absent to begin with the present.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Cursor>,
        /// The join token; needed for a show.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<Secret>,
    },
    /// Follow a topic no more.
    Unsubscribe {
        /// Topic.
        topic: Topic,
    },
    /// One is typing in a chat that one follows. Ephemeral: told at most every three seconds.
    Typing {
        /// Place of the chat.
        place: crate::chat::ChatPlace,
    },
    /// Move one's figure. Ephemeral: dropped when there are too many.
    Gesture {
        /// Show.
        show: ShowId,
        /// Gesture.
        gesture: Gesture,
    },
}

/// Frame from the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerFrame {
    /// The first frame, and then one at least every [`HEARTBEAT`] seconds: a page that hears nothing for
    /// twice as long connects anew.
    Beat {
        /// The server's clock.
        now: Millis,
    },
    /// A topic is followed. What was missed follows in [`ServerFrame::Events`]. With `reset`, the
    /// page has to forget what it knew: it was away for too long (or never there), and `reset`
    /// holds the present.
    Subscribed {
        /// Topic.
        topic: Topic,
        /// Events after this one follow.
        cursor: Cursor,
        /// The present, when it can't be reached by events.
        reset: Option<Box<Snapshot>>,
    },
    /// Durable events of a topic, in order, without a gap.
    Events {
        /// Topic.
        topic: Topic,
        /// The cursor of the last of them.
        cursor: Cursor,
        /// At least one.
        events: Vec<Event>,
    },
    /// All who are present at a show.
    Crowd(CrowdSnapshot),
    /// Changes in the crowd.
    CrowdChange(CrowdChange),
    /// Problems of what the artist sends, for the artist alone: all that are known, the latest
    /// first, in place of those told before.
    Notices {
        /// Show.
        show: ShowId,
        /// None when all is well.
        notices: Vec<Notice>,
    },
    /// Title that plays now on the stage, to who is at the show, when it changes.
    Playing {
        /// Show.
        show: ShowId,
        /// Empty when nothing is known.
        title: String,
    },
    /// Something of the moment in a chat, for those whom it concerns.
    ChatNews {
        /// Place.
        place: crate::chat::ChatPlace,
        /// What it is.
        news: crate::chat::ChatNews,
    },
    /// A topic is not, or no longer, followed.
    Refused {
        /// Topic.
        topic: Topic,
        /// Reason.
        why: StageError,
    },
    /// The venue closes this connection; the page connects anew when `again` says so.
    Bye {
        /// True if coming back at once makes sense.
        again: bool,
    },
}

/// Something that is wrong, and what helps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Time of the last occurrence.
    pub at: Millis,
    /// The words.
    pub text: String,
}

/// The present of a topic.
#[allow(clippy::large_enum_variant, reason = "in its frame it is boxed")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Snapshot {
    /// The list of shows has to be asked for again.
    Shows,
    /// All of a crowd comes by itself.
    Door,
    /// A show: its page, and the latest messages, oldest first.
    Show {
        /// The page.
        page: ShowPage,
        /// The latest page of the chat.
        chat: crate::chat::ChatPage,
        /// The current publication, as in [`StageEvent::Changed`](crate::stage::StageEvent::Changed).
        publication: i64,
        /// Muted people; for the show's artist alone.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        muted: Vec<PersonId>,
    },
    /// An inbox; its notifications have to be asked for again.
    Inbox(Inbox),
    /// A room: its page, and the latest messages, oldest first.
    Room {
        /// The page, as the member who follows sees it.
        page: RoomPage,
        /// The latest page of the chat.
        chat: crate::chat::ChatPage,
        /// Muted people; for who keeps the room in order, and oneself.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        muted: Vec<PersonId>,
    },
}

/// The longest silence of the venue on the live channel, in seconds.
pub const HEARTBEAT: u32 = 10;
/// The most bytes of a frame from a page.
pub const MAX_FRAME: usize = 4096;
