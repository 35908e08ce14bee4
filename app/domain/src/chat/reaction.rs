//! Reactions to messages.

use serde::{Deserialize, Serialize};

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
    /// True if the person who asks is among them; never in an event.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mine: bool,
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
