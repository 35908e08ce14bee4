//! Happenings: what a room's members plan to do together, and who comes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    FieldErrors, Millis, Refusal, Text,
    channel::Cursor,
    field::{has_forbidden, length},
    refusal::{Reason, print_text},
    rooms::RoomId,
    text,
    texts::Tell,
};

/// The longest title, in characters.
pub const MAX_TITLE: usize = 255;
/// The longest description, in characters.
pub const MAX_DESCRIPTION: usize = 1_000;
/// The longest place, in characters.
pub const MAX_PLACE: usize = 200;
/// The most happenings to come of a room.
pub const MAX_TO_COME: usize = 200;
/// The most names that are told of who answered in one way.
pub const MAX_NAMES: usize = 100;
/// Farthest start of a happening, in milliseconds from now.
const MAX_ADVANCE: i64 = 2 * 366 * 24 * Millis::HOUR;
/// Longest happening, in milliseconds.
const MAX_LENGTH: i64 = 31 * 24 * Millis::HOUR;

/// Reason to refuse a request, particular to happenings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HappeningReason {
    /// The room is archived: it can be read alone.
    Archived,
    /// So many are planned that there is no room for more.
    TooMany,
    /// It is over or called off.
    Over,
}

impl Tell for HappeningReason {
    fn text(&self) -> Text {
        match self {
            Self::Archived => text!(refusal.rooms.archived),
            Self::TooMany => text!(refusal.happenings.too_many, most = MAX_TO_COME),
            Self::Over => text!(refusal.happenings.over),
        }
    }
}

print_text!(HappeningReason);

impl Reason for HappeningReason {
    fn status(&self) -> u16 {
        409
    }
}

/// Refusal by happenings.
pub type HappeningError = Refusal<HappeningReason>;

/// The identity of a happening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HappeningId(pub Uuid);

impl fmt::Display for HappeningId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for HappeningId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// Answer to whether somebody comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HappeningAnswer {
    /// They come.
    Yes,
    /// They may come.
    Perhaps,
    /// They don't come.
    No,
}

impl HappeningAnswer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Yes, Self::Perhaps, Self::No];

    /// The answer as text, as in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Perhaps => "perhaps",
            Self::No => "no",
        }
    }

    /// The answer with this text.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.as_str() == text)
    }
}

impl Tell for HappeningAnswer {
    fn text(&self) -> Text {
        match self {
            Self::Yes => text!(happenings.yes),
            Self::Perhaps => text!(happenings.perhaps),
            Self::No => text!(happenings.no),
        }
    }
}

/// The form of a happening.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HappeningForm {
    /// Title: 1–[`MAX_TITLE`] characters.
    pub title: String,
    /// At most [`MAX_DESCRIPTION`] characters of plain text.
    pub description: String,
    /// Place: at most [`MAX_PLACE`] characters.
    pub place: String,
    /// Start by the clock of its time zone: `YYYY-MM-DDTHH:MM`.
    pub starts: String,
    /// End, likewise.
    pub ends: String,
    /// Time zone, by its IANA name.
    pub time_zone: String,
}

impl HappeningForm {
    /// Checks the form, but for its times.
    ///
    /// # Errors
    /// Complaints, field by field.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        let line = |what: Text, text: &str, least, most| {
            length(what.clone(), text, least, most).or_else(|| {
                has_forbidden(text, false).then(|| text!(complaint.forbidden, what = what))
            })
        };
        errors.check("title", line(text!(complaint.what.title), &self.title, 1, MAX_TITLE));
        errors.check("place", line(text!(complaint.what.place), &self.place, 0, MAX_PLACE));
        let description = self.description.replace("\r\n", "\n");
        let what = text!(complaint.what.description);
        let complaint = length(what.clone(), &description, 0, MAX_DESCRIPTION).or_else(|| {
            has_forbidden(&description, true).then(|| text!(complaint.forbidden, what = what))
        });
        errors.check("description", complaint);
        errors.into_result()
    }

    /// The form with its text as it is kept: no space around it, lines ended by `\n`.
    #[must_use]
    pub fn tidy(self) -> Self {
        Self {
            title: self.title.trim().to_owned(),
            description: self.description.replace("\r\n", "\n").trim().to_owned(),
            place: self.place.trim().to_owned(),
            ..self
        }
    }
}

/// Checks start and end of a happening; one that began already may stay as it is.
///
/// # Errors
/// Complaints, by field.
pub fn check_span(
    starts_at: Millis,
    ends_at: Millis,
    now: Millis,
    before: Option<Millis>,
) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    if before != Some(starts_at) && starts_at < now {
        errors.add("starts", text!(complaint.start_past));
    } else if starts_at > now.plus(MAX_ADVANCE) {
        errors.add("starts", text!(complaint.start_far));
    }
    if ends_at <= starts_at {
        errors.add("ends", text!(complaint.end_early));
    } else if ends_at.since(starts_at) > MAX_LENGTH {
        errors.add("ends", text!(complaint.happening_long));
    } else if ends_at <= now {
        errors.add("ends", text!(complaint.end_past));
    }
    errors.into_result()
}

/// Numbers of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerCounts {
    /// Those who come.
    pub yes: u32,
    /// Those who may come.
    pub perhaps: u32,
    /// Those who don't come.
    pub no: u32,
}

/// A happening as all members of its room see it. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HappeningCard {
    /// Identity.
    pub id: HappeningId,
    /// Room.
    pub room: RoomId,
    /// Title.
    pub title: String,
    /// Description; may be empty.
    pub description: String,
    /// Place; may be empty.
    pub place: String,
    /// Start.
    pub starts_at: Millis,
    /// End.
    pub ends_at: Millis,
    /// Time zone in which it was planned.
    pub time_zone: String,
    /// Start as the clock there shows it.
    pub starts_text: String,
    /// Changes so far: a card with a smaller number is older.
    pub revision: i64,
    /// True once it was called off.
    pub cancelled: bool,
    /// Numbers of answers.
    pub answers: AnswerCounts,
}

/// A happening as one of the members sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HappeningView {
    /// Card, as all see it.
    pub card: HappeningCard,
    /// Own answer.
    pub answer: Option<HappeningAnswer>,
    /// True if the viewer may change it and call it off.
    pub may_change: bool,
}

/// The happenings of a room, for one of its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HappeningList {
    /// Those to come and those that go on, the soonest first; those called off until they would have been over.
    pub happenings: Vec<HappeningView>,
    /// True if the viewer may plan some.
    pub may_plan: bool,
    /// True if the viewer may see who answered.
    pub sees_names: bool,
    /// The room's event up to which this holds.
    pub cursor: Cursor,
}

/// Durable event of a room's happenings. In the room's own topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HappeningEvent {
    /// One was planned or changed, or somebody answered.
    HappeningChanged {
        /// As it is now.
        happening: HappeningCard,
    },
    /// One was called off.
    HappeningCancelled {
        /// Its identity.
        happening: HappeningId,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> HappeningForm {
        HappeningForm { title: "Supper".into(), ..HappeningForm::default() }
    }

    #[test]
    fn form_is_bounded() {
        assert_eq!(form().check(), Ok(()));
        let fields = |form: HappeningForm| {
            let errors = form.check().unwrap_err();
            errors.0.into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(HappeningForm { title: " ".into(), ..form() }), ["title"]);
        assert_eq!(fields(HappeningForm { title: "x".repeat(256), ..form() }), ["title"]);
        assert_eq!(fields(HappeningForm { title: "a\nb".into(), ..form() }), ["title"]);
        assert_eq!(fields(HappeningForm { place: "x".repeat(201), ..form() }), ["place"]);
        let description = "x".repeat(1_001);
        assert_eq!(fields(HappeningForm { description, ..form() }), ["description"]);
        let description = "two\r\nlines".into();
        assert_eq!(HappeningForm { description, ..form() }.check(), Ok(()));
    }

    #[test]
    fn times_are_to_come_and_in_order() {
        const NOW: Millis = Millis(1_000_000);
        let check = |from: i64, to: i64, before: Option<i64>| {
            let before = before.map(|it| NOW.plus(it));
            check_span(NOW.plus(from), NOW.plus(to), NOW, before).is_ok()
        };
        assert!(check(Millis::HOUR, 2 * Millis::HOUR, None));
        assert!(!check(-Millis::HOUR, Millis::HOUR, None));
        assert!(check(-Millis::HOUR, Millis::HOUR, Some(-Millis::HOUR)));
        assert!(!check(-2 * Millis::HOUR, -Millis::HOUR, Some(-2 * Millis::HOUR)));
        assert!(!check(Millis::HOUR, Millis::HOUR, None));
        assert!(!check(Millis::HOUR, Millis::HOUR + MAX_LENGTH + 1, None));
        assert!(!check(MAX_ADVANCE + 1, MAX_ADVANCE + 2, None));
    }
}
