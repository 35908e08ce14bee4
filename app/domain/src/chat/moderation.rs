//! Moderation of a chat: its rules, messages that wait, bans, and the log of what was done.

use serde::{Deserialize, Serialize};

use super::{ChatMessage, MessageId};
use crate::{
    FieldErrors, Millis, PersonId,
    field::{has_forbidden, length},
    text,
};

/// The longest time between two messages of one person in slow mode, in seconds.
pub const MAX_SLOW: u32 = 3_600;
/// The most words of a list.
pub const MAX_WORDS: usize = 200;
/// The longest word of a list, in characters.
pub const MAX_WORD: usize = 40;
/// The most messages that wait in one place.
pub const MAX_HELD: u32 = 200;
/// The most messages of one person that wait there.
pub const MAX_HELD_EACH: u32 = 5;
/// The longest time for which all guests are muted, in minutes.
pub const MAX_GUESTS_MUTED: u32 = 24 * 60;
/// The most entries in one page of the log.
pub const LOG_PAGE: u32 = 50;

/// Rules of a chat, as everybody who writes has to know them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatRules {
    /// Seconds between two messages of one person; 0 sets no time.
    pub slow: u32,
    /// True if each message waits until a moderator approves it.
    pub hold: bool,
    /// Time until which guests are muted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guests_muted_until: Option<Millis>,
}

impl ChatRules {
    /// Returns whether there are none.
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Rules of a chat, as moderators decide them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RulesForm {
    /// Seconds between two messages of one person; 0 sets no time.
    pub slow: u32,
    /// True if each message waits until a moderator approves it.
    pub hold: bool,
    /// Words that no message may have, one a line.
    pub words: String,
    /// True if a message with such a word waits; else it is refused.
    pub hold_words: bool,
}

impl RulesForm {
    /// Words of the list.
    pub fn list(&self) -> impl Iterator<Item = &str> {
        self.words.lines().map(str::trim).filter(|word| !word.is_empty())
    }

    /// Checks the form.
    ///
    /// # Errors
    /// Returns the complaints, by field.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.slow > MAX_SLOW {
            errors.add("slow", text!(complaint.chat_slow, most = MAX_SLOW));
        }
        let what = || text!(complaint.what.word);
        let words = if self.list().count() > MAX_WORDS {
            Some(text!(complaint.chat_words, most = MAX_WORDS))
        } else {
            self.list().find_map(|word| {
                length(what(), word, 1, MAX_WORD).or_else(|| {
                    has_forbidden(word, false).then(|| text!(complaint.forbidden, what = what()))
                })
            })
        };
        errors.check("words", words);
        errors.into_result()
    }
}

/// Reason for which a message waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldWhy {
    /// All messages do.
    Rule,
    /// It has a word of the list.
    Word,
}

/// A message that waits until a moderator approves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldMessage {
    /// The message as it would be; without a place yet.
    pub message: ChatMessage,
    /// Reason.
    pub why: HeldWhy,
}

/// Act of a moderator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModerationAct {
    /// Deleted a message.
    Deleted,
    /// Muted a person.
    Muted,
    /// Let a person write again.
    Unmuted,
    /// Pinned a message.
    Pinned,
    /// Took a pinned message off.
    Unpinned,
    /// Changed the rules.
    Ruled,
    /// Muted all guests for some time.
    GuestsMuted,
    /// Let guests write again.
    GuestsUnmuted,
    /// Approved a message that waited.
    Approved,
    /// Rejected a message that waited.
    Rejected,
    /// Banned a person.
    Banned,
    /// Took a ban back.
    Unbanned,
    /// A member was removed from a room.
    Removed,
}

impl ModerationAct {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Deleted,
        Self::Muted,
        Self::Unmuted,
        Self::Pinned,
        Self::Unpinned,
        Self::Ruled,
        Self::GuestsMuted,
        Self::GuestsUnmuted,
        Self::Approved,
        Self::Rejected,
        Self::Banned,
        Self::Unbanned,
        Self::Removed,
    ];

    /// Name in the database, as on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Muted => "muted",
            Self::Unmuted => "unmuted",
            Self::Pinned => "pinned",
            Self::Unpinned => "unpinned",
            Self::Ruled => "ruled",
            Self::GuestsMuted => "guests_muted",
            Self::GuestsUnmuted => "guests_unmuted",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Banned => "banned",
            Self::Unbanned => "unbanned",
            Self::Removed => "removed",
        }
    }

    /// Act of this name; none for a name that no act has.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// Entry of the log of what moderators did. Of messages it tells whose they were, and not what they said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModerationEntry {
    /// Number within the place: greater is later.
    pub number: i64,
    /// Time.
    pub at: Millis,
    /// Name of the moderator at that time.
    pub by: String,
    /// Act.
    pub act: ModerationAct,
    /// Name of the person whom it concerned; empty if it concerned all.
    pub whom: String,
}

/// Page of the log, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModerationPage {
    /// At most [`LOG_PAGE`].
    pub entries: Vec<ModerationEntry>,
    /// True if there are earlier ones.
    pub more: bool,
}

/// A person who is banned from a show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatBan {
    /// Public identity.
    pub person: PersonId,
    /// Name at that time.
    pub name: String,
    /// Time of the ban.
    pub at: Millis,
}

/// Something of the moment in a chat, which nobody catches up with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatNews {
    /// So many messages wait, for those who moderate.
    Waiting(u32),
    /// A message was rejected, for its author.
    Rejected(MessageId),
    /// Somebody is typing.
    Typing {
        /// Public identity.
        person: PersonId,
        /// Name.
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_have_the_same_name_everywhere() {
        for act in ModerationAct::ALL {
            assert_eq!(serde_json::to_value(act).unwrap(), act.as_str());
            assert_eq!(ModerationAct::named(act.as_str()), Some(act));
        }
    }

    #[test]
    fn rules_are_bounded() {
        let form = RulesForm { words: " spam \n\nham".into(), ..RulesForm::default() };
        assert_eq!(form.list().collect::<Vec<_>>(), ["spam", "ham"]);
        assert!(form.check().is_ok());
        let slow = RulesForm { slow: MAX_SLOW + 1, ..RulesForm::default() };
        assert!(slow.check().unwrap_err().of("slow").is_some());
        for words in ["x\n".repeat(MAX_WORDS + 1), "x".repeat(MAX_WORD + 1), "a\u{0}b".into()] {
            let form = RulesForm { words, ..RulesForm::default() };
            assert!(form.check().unwrap_err().of("words").is_some());
        }
    }
}
