//! Shows: announced, played and kept.

mod figures;
mod genre;
mod medium;
mod track;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    FieldErrors, Millis, Refusal,
    channel::Cursor,
    field::{has_forbidden, length},
    people::Picture,
    refusal::{Reason, print_text},
    stage::StageState,
    text,
    texts::{Key, Tell, Text, keys},
};

pub use figures::ShowFigures;
pub use genre::{GENRES, Genre, MAX_GENRES, check_genres};
pub use medium::Medium;
pub use track::{MAX_TITLE, MAX_TRACKS, Track, check_title};

/// The longest a show may last, in hours.
pub const MAX_HOURS: u32 = 12;
/// Most time between the announcement and the start: two years, in milliseconds.
pub const MAX_ADVANCE: i64 = 2 * 365 * 24 * Millis::HOUR;

/// The largest artwork that is taken: 10 MiB, in bytes.
pub const MAX_ARTWORK_BYTES: usize = 10 * 1024 * 1024;
/// The most shows to come of one artist.
pub const MAX_UPCOMING: i64 = 100;

/// Reason to refuse a request, particular to shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShowReason {
    /// Only artists put on shows.
    NotAnArtist,
    /// The show is over.
    Over,
    /// The show is live, and this can't be changed.
    Live,
    /// [`MAX_UPCOMING`].
    TooManyAhead,
    /// Nobody is on stage.
    NotOnAir,
    /// Another show of the artist begins.
    NextBegins,
    /// There is time left.
    TimeLeft,
    /// The show is as long as one may become.
    LongEnough,
}

impl Tell for ShowReason {
    fn text(&self) -> Text {
        match self {
            Self::NotAnArtist => text!(refusal.shows.not_an_artist),
            Self::Over => text!(refusal.shows.over),
            Self::Live => text!(refusal.shows.live),
            Self::TooManyAhead => text!(refusal.shows.too_many_ahead, most = MAX_UPCOMING),
            Self::NotOnAir => text!(refusal.shows.not_on_air),
            Self::NextBegins => text!(refusal.shows.next_begins),
            Self::TimeLeft => text!(refusal.shows.time_left),
            Self::LongEnough => text!(refusal.shows.long_enough),
        }
    }
}

print_text!(ShowReason);

impl Reason for ShowReason {
    fn status(&self) -> u16 {
        match self {
            Self::NotAnArtist => 403,
            Self::Over
            | Self::Live
            | Self::TooManyAhead
            | Self::NotOnAir
            | Self::NextBegins
            | Self::TimeLeft
            | Self::LongEnough => 409,
        }
    }
}

/// Refusal by shows.
pub type ShowError = Refusal<ShowReason>;

/// A show's identity, and its address for life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShowId(pub Uuid);

impl fmt::Display for ShowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for ShowId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

impl ShowId {
    /// A number that is always the same for the same show, from which its poster is drawn.
    pub fn seed(&self) -> u64 {
        seed(self.0.as_bytes())
    }
}

/// FNV-1a over `bytes` with a final mix (the finaliser of SplitMix64).
pub(crate) fn seed(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// The form by which a show is made or changed. Times are as the artist's clock shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowDraft {
    /// 5–70 characters.
    pub title: String,
    /// At most 800 characters, plain text; line breaks and links are kept.
    pub description: String,
    /// One to [`MAX_GENRES`].
    pub genres: Vec<Genre>,
    /// `YYYY-MM-DDTHH:MM` in `time_zone`.
    pub starts: String,
    /// `YYYY-MM-DDTHH:MM` in `time_zone`.
    pub ends: String,
    /// The artist's time zone by its IANA name, such as `Europe/Lisbon`.
    pub time_zone: String,
    /// True if only people with an account may come in.
    #[serde(default)]
    pub members_only: bool,
    /// Picture and sound, or sound alone.
    #[serde(default)]
    pub medium: Medium,
    /// Artwork of the show as it is. It is changed by itself, not with the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artwork: Option<Picture>,
    /// The most hours of a show of sound alone, as the venue tells them; 0 in a form that is sent.
    #[serde(default)]
    pub audio_hours: u32,
}

impl ShowDraft {
    /// Checks the form as far as possible without a calendar and a clock. [`check_times`] does the rest.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        check_text(&self.title, &self.description, &mut errors);
        errors.check("genres", check_genres(&self.genres));
        errors.check("starts", check_local_time(keys::complaint::what::start, &self.starts));
        errors.check("ends", check_local_time(keys::complaint::what::end, &self.ends));
        if self.time_zone.trim().is_empty() || self.time_zone.len() > 64 {
            errors.add("time_zone", text!(complaint.time_zone));
        }
        errors.into_result()
    }
}

/// Checks the text of a show.
pub(crate) fn check_text(title: &str, description: &str, errors: &mut FieldErrors) {
    errors.check(
        "title",
        length(text!(complaint.what.title), title, 5, 70).or_else(|| {
            has_forbidden(title, false)
                .then(|| text!(complaint.forbidden, what = keys::complaint::what::title))
        }),
    );
    errors.check(
        "description",
        length(text!(complaint.what.description), description, 0, 800).or_else(|| {
            has_forbidden(&description.replace("\r\n", "\n"), true)
                .then(|| text!(complaint.forbidden, what = keys::complaint::what::description))
        }),
    );
}

/// Checks the format of a local time `YYYY-MM-DDTHH:MM`; returns the complaint. Whether the day exists,
/// a calendar must tell.
fn check_local_time(what: Key, text: &str) -> Option<Text> {
    if text.is_empty() {
        return Some(text!(complaint.missing, what = what));
    }
    let shape = b"dddd-dd-ddTdd:dd";
    let fits = text.len() == shape.len()
        && text.bytes().zip(shape).all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            other => byte == *other,
        });
    (!fits).then(|| text!(complaint.no_time, what = what))
}

/// Checks a show's times. `before` is the start that an edited show already has: a start
/// in the past is refused only when it is a new one. It lasts at most `most` hours.
pub fn check_times(
    starts_at: Millis,
    ends_at: Millis,
    now: Millis,
    before: Option<Millis>,
    most: u32,
) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    if before != Some(starts_at) && starts_at < now.plus(-5 * Millis::MINUTE) {
        errors.add("starts", text!(complaint.start_past));
    } else if starts_at > now.plus(MAX_ADVANCE) {
        errors.add("starts", text!(complaint.start_far));
    }
    if ends_at <= starts_at {
        errors.add("ends", text!(complaint.end_early));
    } else if let Some(complaint) = check_length(starts_at, ends_at, most) {
        errors.add("ends", complaint);
    } else if ends_at <= now {
        errors.add("ends", text!(complaint.end_past));
    }
    errors.into_result()
}

/// Checks that a show lasts at most `most` hours; returns the complaint about its end.
pub fn check_length(starts_at: Millis, ends_at: Millis, most: u32) -> Option<Text> {
    (ends_at.since(starts_at) > i64::from(most) * Millis::HOUR)
        .then(|| text!(complaint.end_late, hours = most))
}

/// The artist of a show, as everybody sees them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Artist {
    /// The handle, as in addresses.
    pub handle: String,
    /// The name on the poster.
    pub stage_name: String,
}

/// A show in a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ShowCard {
    /// Its identity.
    pub id: ShowId,
    /// Its title.
    pub title: String,
    /// Its genres.
    pub genres: Vec<Genre>,
    /// Artist.
    pub artist: Artist,
    /// Time of the start.
    pub starts_at: Millis,
    /// Time of the end.
    pub ends_at: Millis,
    /// The artist's time zone.
    pub time_zone: String,
    /// The start as the artist's clock shows it, for readers without JavaScript: `Sat 21 Nov, 21:00`.
    pub starts_text: String,
    /// State of the stage.
    pub stage: StageState,
    /// True if only people with an account may come in.
    #[serde(default)]
    pub members_only: bool,
    /// Picture and sound, or sound alone.
    #[serde(default)]
    pub medium: Medium,
    /// Artwork, in place of the poster that is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artwork: Option<Picture>,
    /// True if it can be played again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replay: bool,
}

/// Section of the lists, by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// Somebody is on stage, or was a moment ago and may come back.
    Live,
    /// Still to come.
    Upcoming,
    /// Over.
    Past,
}

impl ShowCard {
    /// Section that the show belongs to at `now`.
    pub fn section(&self, now: Millis) -> Section {
        if self.stage.is_on_air() {
            Section::Live
        } else if self.stage.is_over(self.ends_at, now) {
            Section::Past
        } else {
            Section::Upcoming
        }
    }
}

/// A show on its own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowPage {
    /// Card, as in lists.
    pub card: ShowCard,
    /// Plain text; addresses in it become links when shown.
    pub description: String,
    /// Time at which the artist first went on stage.
    pub live_since: Option<Millis>,
    /// Time at which the artist ended the show; absent while they haven't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Millis>,
    /// True while the artist keeps the stage for whoever is on it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
    /// True if the show is to be recorded while it is live.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub records: bool,
    /// True while it is recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recorded: bool,
    /// The most persons who were there at once.
    pub peak: u32,
    /// Likes so far.
    pub likes: u64,
    /// Titles that were played so far, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<Track>,
    /// True if the viewer is the show's artist.
    pub mine: bool,
    /// The last event of the show's topic that this page already holds.
    pub cursor: Cursor,
    /// The server's clock when the page was made.
    pub now: Millis,
}

/// Durable event of a show. In both kinds of topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShowEvent {
    /// A show is new, or its text, its times or its stage have changed.
    #[serde(rename = "show_changed")]
    Changed {
        /// The show as it is now.
        show: ShowCard,
        /// Its description; only in the show's own topic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    },
    /// A show was deleted; the last event of its own topic.
    #[serde(rename = "show_deleted")]
    Deleted {
        /// The deleted show.
        show: ShowId,
    },
    /// A title was noted in the tracklist; in the show's own topic.
    #[serde(rename = "played")]
    Played {
        /// Show.
        show: ShowId,
        /// The latest track.
        track: Track,
    },
}

/// A page of a list; `next` asks for the following one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowList {
    /// In the order of the list: upcoming by start, past by start backwards.
    pub shows: Vec<ShowCard>,
    /// Cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// Lists of the first page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatsOn {
    /// On stage now, fullest first.
    pub live: Vec<ShowCard>,
    /// To come, soonest first.
    pub upcoming: ShowList,
    /// Over, latest first.
    pub past: ShowList,
    /// The last event of the topic [`crate::channel::Topic::Shows`] that this list already holds.
    pub cursor: Cursor,
    /// The server's clock when the list was made, to the minute: the same list is the same page for so
    /// long.
    pub now: Millis,
}
