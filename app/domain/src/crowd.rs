//! Crowd: every person present at a show, each drawn once, whatever number of pages they have open.

use serde::{Deserialize, Serialize};

use crate::{
    PersonId, Refusal, ShowId,
    refusal::{Reason, print_text},
    text,
    texts::{Tell, Text},
};

/// Seconds between two likes of one person at one show.
pub const LIKE_COOL_DOWN: u32 = 10;
/// The most gestures a second that a person's figure makes; more are dropped.
pub const GESTURES_A_SECOND: u32 = 5;

/// Reason to refuse a request, particular to the crowd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CrowdReason {
    /// The last like is too fresh.
    CoolDown {
        /// Seconds until the next like counts.
        seconds: u32,
    },
    /// The show is over.
    Over,
}

impl Tell for CrowdReason {
    fn text(&self) -> Text {
        match self {
            Self::CoolDown { seconds } => text!(refusal.crowd.cool_down, seconds = *seconds),
            Self::Over => text!(refusal.crowd.over),
        }
    }
}

print_text!(CrowdReason);

impl Reason for CrowdReason {
    fn status(&self) -> u16 {
        match self {
            Self::CoolDown { .. } => 429,
            Self::Over => 409,
        }
    }
}

/// Refusal by the crowd.
pub type CrowdError = Refusal<CrowdReason>;

/// Figure of a person in the crowd. The looks follow from [`PersonId::seed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Person.
    pub person: PersonId,
    /// Name.
    pub name: String,
}

/// Gesture of a figure, for everybody to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gesture {
    /// Claps.
    Applause,
    /// A heart rises.
    Heart,
    /// Waves.
    Wave,
    /// Jumps.
    Jump,
}

/// All who are present, sent when a page comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrowdSnapshot {
    /// Show.
    pub show: ShowId,
    /// All who are present, oneself included.
    pub figures: Vec<Figure>,
    /// The most who were there at once.
    pub peak: u32,
    /// Likes so far.
    pub likes: u64,
}

/// Changes since the snapshot or the change before, several in one.
///
/// To be applied in the order of the fields. Counts are whole, not differences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrowdChange {
    /// Show.
    pub show: ShowId,
    /// People who came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub came: Vec<Figure>,
    /// People who left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<PersonId>,
    /// Gestures by person; of a large crowd, only some of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gestures: Vec<(PersonId, Gesture)>,
    /// Counts of all other gestures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<(Gesture, u32)>,
    /// Number of people who are present now.
    pub count: u32,
    /// The most who were there at once.
    pub peak: u32,
    /// Likes so far.
    pub likes: u64,
}
