//! Notifications: what somebody is told of, wherever in the venue it happened.
//!
//! Each account has one inbox, with a topic of its own on the live channel. A kind that this version
//! doesn't know is passed over, as another version may have stored it.

mod settings;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Millis, PersonId, Refusal,
    channel::Cursor,
    refusal::{Reason, print_text},
    rooms::RoomId,
    text,
    texts::{Tell, Text},
};

pub use settings::{Delivery, NotificationSettings, QuietHours, read_minute, write_minute};

/// The most notifications that are kept of one account.
pub const MAX_KEPT: i64 = 500;
/// Retention of a notification, in milliseconds.
pub const KEPT: i64 = 90 * 24 * Millis::HOUR;
/// The most notifications in one page of an inbox.
pub const INBOX_PAGE: u32 = 30;
/// The most characters of what is repeated from elsewhere: a message, a title.
pub const MAX_EXCERPT: usize = 200;

/// Reason to refuse a request, particular to notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotificationReason {
    /// The link isn't one by which mails are switched off.
    NoSuchLink,
}

impl Tell for NotificationReason {
    fn text(&self) -> Text {
        match self {
            Self::NoSuchLink => text!(refusal.notifications.no_such_link),
        }
    }
}

print_text!(NotificationReason);

impl Reason for NotificationReason {
    fn status(&self) -> u16 {
        match self {
            Self::NoSuchLink => 410,
        }
    }
}

/// Refusal by notifications.
pub type NotificationError = Refusal<NotificationReason>;

/// Identity of an account's inbox, by which its topic is called. It says nothing of whose it is, and
/// opens nothing: only its owner may follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InboxId(pub Uuid);

/// Kind of notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "&'static str")]
pub enum NotificationKind {
    /// Somebody named the person in a message.
    Mention,
    /// Somebody replied to a message of the person.
    Reply,
    /// Somebody wants to be let into a room.
    Knock,
    /// An artist made the person a helper.
    Helper,
    /// A happening was planned.
    Happening,
    /// A happening was changed.
    HappeningChanged,
    /// A happening was called off.
    HappeningCancelled,
    /// A happening begins soon.
    Reminder,
    /// One that this version doesn't know.
    Unknown,
}

impl NotificationKind {
    /// All that this version knows.
    pub const KNOWN: [Self; 8] = [
        Self::Mention,
        Self::Reply,
        Self::Knock,
        Self::Helper,
        Self::Happening,
        Self::HappeningChanged,
        Self::HappeningCancelled,
        Self::Reminder,
    ];

    /// Name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mention => "mention",
            Self::Reply => "reply",
            Self::Knock => "knock",
            Self::Helper => "helper",
            Self::Happening => "happening",
            Self::HappeningChanged => "happening_changed",
            Self::HappeningCancelled => "happening_cancelled",
            Self::Reminder => "reminder",
            Self::Unknown => "unknown",
        }
    }

    /// The kind with a name.
    pub fn named(name: &str) -> Self {
        Self::KNOWN.into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Unknown)
    }

    /// Delivery for who has chosen none: mails are for what can't wait until somebody comes by.
    pub fn usual_delivery(self) -> Delivery {
        match self {
            Self::Reminder => Delivery::PageAndMail,
            _ => Delivery::Page,
        }
    }
}

impl From<NotificationKind> for &'static str {
    fn from(kind: NotificationKind) -> Self {
        kind.name()
    }
}

impl From<String> for NotificationKind {
    fn from(name: String) -> Self {
        Self::named(&name)
    }
}

/// The kind as it stands in the settings.
impl Tell for NotificationKind {
    fn text(&self) -> Text {
        match self {
            Self::Mention => text!(notifications.kind.mention),
            Self::Reply => text!(notifications.kind.reply),
            Self::Knock => text!(notifications.kind.knock),
            Self::Helper => text!(notifications.kind.helper),
            Self::Happening => text!(notifications.kind.happening),
            Self::HappeningChanged => text!(notifications.kind.happening_changed),
            Self::HappeningCancelled => text!(notifications.kind.happening_cancelled),
            Self::Reminder => text!(notifications.kind.reminder),
            Self::Unknown => text!(notifications.title),
        }
    }
}

/// One notification, as its receiver sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Its place in the inbox: greater is later.
    pub number: i64,
    /// Kind.
    pub kind: NotificationKind,
    /// Path of the page that it is about.
    pub place: String,
    /// Room in which it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// Person by whom it came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// Words that it is made of.
    pub content: NotificationContent,
    /// Time at which it was made.
    pub at: Millis,
    /// True once it was read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read: bool,
    /// True if it came within quiet hours: it is there, and calls nobody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
}

/// Words that a notification is made of, in no language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationContent {
    /// Name of the person by whom it came about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Title of what it is about: a room, a happening, a show.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Beginning of what was written.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Time that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Millis>,
}

/// Sentence that says what happened.
impl Tell for Notification {
    fn text(&self) -> Text {
        let NotificationContent { name, title, .. } = &self.content;
        match self.kind {
            NotificationKind::Mention => {
                text!(notifications.said.mention, name = name, title = title)
            }
            NotificationKind::Reply => text!(notifications.said.reply, name = name, title = title),
            NotificationKind::Knock => text!(notifications.said.knock, name = name, title = title),
            NotificationKind::Helper => text!(notifications.said.helper, name = name),
            NotificationKind::Happening => {
                text!(notifications.said.happening, name = name, title = title)
            }
            NotificationKind::HappeningChanged => {
                text!(notifications.said.happening_changed, title = title)
            }
            NotificationKind::HappeningCancelled => {
                text!(notifications.said.happening_cancelled, title = title)
            }
            NotificationKind::Reminder => text!(notifications.said.reminder, title = title),
            NotificationKind::Unknown => text!(notifications.title),
        }
    }
}

/// The beginning of a text, at most [`MAX_EXCERPT`] characters.
pub fn excerpt(text: &str) -> String {
    let mut characters = text.chars();
    let mut beginning: String = characters.by_ref().take(MAX_EXCERPT - 1).collect();
    let rest: Vec<char> = characters.take(2).collect();
    match rest[..] {
        [] => {}
        [last] => beginning.push(last),
        _ => beginning.push('…'),
    }
    beginning
}

/// Durable event of an inbox. In the topic of that inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboxEvent {
    /// Something new is there.
    Noticed {
        /// The notification.
        notice: Notification,
        /// Number of those that are unread now.
        unread: u32,
    },
    /// Notifications were read, on whatever page.
    NoticesRead {
        /// The first.
        #[serde(default)]
        from: i64,
        /// The last.
        up_to: i64,
        /// Number of those that are unread now.
        unread: u32,
    },
    /// A notification is gone, as what it told of is.
    NoticeWithdrawn {
        /// Its number.
        notice: i64,
        /// Number of those that are unread now.
        unread: u32,
    },
}

/// The state of an inbox, for the bell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    /// Its identity.
    pub id: InboxId,
    /// Number of unread notifications.
    pub unread: u32,
    /// The last event of its topic that this holds already.
    pub cursor: Cursor,
}

/// A page of an inbox, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxPage {
    /// The inbox.
    pub inbox: Inbox,
    /// At most [`INBOX_PAGE`] notifications.
    pub notifications: Vec<Notification>,
    /// Number before which to ask on; none when these were the last.
    pub before: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_of_another_version_is_read_as_unknown() {
        for kind in NotificationKind::KNOWN {
            let text = serde_json::to_string(&kind).unwrap();
            assert_eq!(serde_json::from_str::<NotificationKind>(&text).unwrap(), kind);
        }
        let newer: NotificationKind = serde_json::from_str("\"invoice\"").unwrap();
        assert_eq!(newer, NotificationKind::Unknown);
    }

    #[test]
    fn excerpt_ends_with_an_ellipsis_where_something_is_left_out() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"ä".repeat(MAX_EXCERPT)), "ä".repeat(MAX_EXCERPT));
        let cut = excerpt(&"ä".repeat(MAX_EXCERPT + 1));
        assert_eq!((cut.chars().count(), cut.ends_with("ä…")), (MAX_EXCERPT, true));
    }
}
