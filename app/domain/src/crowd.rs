//! Crowd: every person present at a show, each drawn once, whatever number of pages they have open.

use serde::{Deserialize, Serialize};

use crate::{
    Millis, PersonId, Refusal, ShowId,
    refusal::{Reason, print_text},
    text,
    texts::{Tell, Text},
};

/// Seconds between two likes of one person at one show.
pub const LIKE_COOL_DOWN: u32 = 10;
/// The most gestures a second that a person's figure makes; more are dropped.
pub const GESTURES_A_SECOND: u32 = 5;
/// Milliseconds of which a [`CrowdMoment`] tells.
pub const CROWD_MOMENT: i64 = 10 * Millis::SECOND;

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

/// Figure of a person in the crowd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Person.
    pub person: PersonId,
    /// Name; empty for who looks in from the door.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Look that they chose; without one it follows from [`PersonId::seed`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<ChosenLook>,
}

/// Parts of a look of which each has a digit in a [`ChosenLook`]: skin, colour and style of the hair, hat,
/// its colour, shirt, print.
pub const LOOK_PARTS: usize = 7;

/// Number of values of each digit.
pub const LOOK_CHOICES: [u8; LOOK_PARTS] = [8, 11, 10, 8, 14, 14, 7];

/// Look that somebody chose for their figure, as one number: its digits, the last part's first, choose the
/// parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct ChosenLook(u32);

impl ChosenLook {
    /// Number of looks.
    const COUNT: u32 = {
        let (mut count, mut part) = (1, 0);
        while part < LOOK_PARTS {
            count *= LOOK_CHOICES[part] as u32;
            part += 1;
        }
        count
    };

    /// The look of these parts; none when there is no such part.
    pub fn of(parts: [u8; LOOK_PARTS]) -> Option<Self> {
        let mut number = 0;
        for (part, choices) in parts.into_iter().zip(LOOK_CHOICES) {
            if part >= choices {
                return None;
            }
            number = number * u32::from(choices) + u32::from(part);
        }
        Some(Self(number))
    }

    /// Its parts, each less than its number of choices.
    pub fn parts(self) -> [u8; LOOK_PARTS] {
        let mut rest = self.0;
        let mut parts = [0; LOOK_PARTS];
        for (part, choices) in parts.iter_mut().zip(LOOK_CHOICES).rev() {
            let choices = u32::from(choices);
            // Less than 256, as the choices are.
            *part = (rest % choices) as u8;
            rest /= choices;
        }
        parts
    }
}

/// A number that stands for no look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such look")]
pub struct UnknownLook;

impl TryFrom<u32> for ChosenLook {
    type Error = UnknownLook;

    fn try_from(number: u32) -> Result<Self, UnknownLook> {
        if number < Self::COUNT { Ok(Self(number)) } else { Err(UnknownLook) }
    }
}

impl From<ChosenLook> for u32 {
    fn from(look: ChosenLook) -> Self {
        look.0
    }
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
    /// Number of people who are present, where it is all that is told of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
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

/// Crowd of a show for ten seconds, as whoever plays it again sees it: numbers, of nobody in particular.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrowdMoment {
    /// The beginning: a multiple of [`CROWD_MOMENT`].
    pub at: Millis,
    /// Number of people who were present.
    pub count: u32,
    /// Likes up to then.
    pub likes: u64,
    /// Counts of gestures, with the second in which they were made, from 0 to 9.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gestures: Vec<(u8, Gesture, u32)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_its_parts_and_no_other_number_is_one() {
        let last = LOOK_CHOICES.map(|choices| choices - 1);
        for parts in [[0; LOOK_PARTS], [1, 10, 3, 7, 2, 13, 6], last] {
            let look = ChosenLook::of(parts).unwrap();
            assert_eq!(look.parts(), parts);
            assert_eq!(ChosenLook::try_from(u32::from(look)), Ok(look));
        }
        for part in 0..LOOK_PARTS {
            let mut parts = last;
            parts[part] += 1;
            assert_eq!(ChosenLook::of(parts), None, "{parts:?}");
        }
        let most = u32::from(ChosenLook::of(last).unwrap());
        assert_eq!(ChosenLook::try_from(most + 1), Err(UnknownLook));
        assert!(serde_json::from_str::<ChosenLook>(&u32::MAX.to_string()).is_err());
    }
}
