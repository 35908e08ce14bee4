//! Recordings of shows: made while they are on, published when their artist wants, played again.

mod chapters;
mod form;
mod links;
mod loudness;
mod moments;
mod mp3;
mod seek;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Millis, Refusal, ShowId,
    refusal::{Reason, print_text},
    shows::{ShowCard, Track},
    text,
    texts::{Tell, Text},
};

pub use chapters::{Chapter, chapters};
pub use form::{RecordingChange, RecordingForm, parse_time, write_time, write_tracklist};
pub use links::{MAX_LINKS, RecordingLink, write_links};
pub use loudness::{CrowdLoudness, MAX_LOUD_MOMENTS};
pub use moments::{MAX_MOMENT_MESSAGES, MOMENTS_WINDOW, Moments};
pub use mp3::{Mp3State, RecordedMp3};
pub use seek::{seek_points, write_seek_points};

/// The most bookmarks that a person keeps in a show's recording.
pub const MAX_BOOKMARKS: usize = 50;

/// Reason to refuse a request, particular to recordings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordingReason {
    /// The show is on, or its files are not stored yet.
    NotReady,
    /// It was never published, or is no longer.
    Unpublished,
    /// [`MAX_BOOKMARKS`].
    TooManyBookmarks,
}

impl Tell for RecordingReason {
    fn text(&self) -> Text {
        match self {
            Self::NotReady => text!(refusal.recordings.not_ready),
            Self::Unpublished => text!(refusal.recordings.unpublished),
            Self::TooManyBookmarks => {
                text!(refusal.recordings.too_many_bookmarks, most = MAX_BOOKMARKS)
            }
        }
    }
}

print_text!(RecordingReason);

impl Reason for RecordingReason {
    fn status(&self) -> u16 {
        match self {
            Self::NotReady | Self::TooManyBookmarks => 409,
            Self::Unpublished => 404,
        }
    }
}

/// Refusal by recordings.
pub type RecordingError = Refusal<RecordingReason>;

/// Identity of a file of a recording, and its address: `/recordings/ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordingFileId(pub Uuid);

impl fmt::Display for RecordingFileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for RecordingFileId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// File of a recording. Each has a format of its own; times between files are gaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFile {
    /// Its identity.
    pub id: RecordingFileId,
    /// Time of the recording at which it begins, in milliseconds.
    pub offset: u64,
    /// Its media time, in milliseconds.
    pub duration: u64,
    /// Media type with codecs (RFC 6381), as `MediaSource.isTypeSupported` takes it.
    pub media_type: String,
    /// Width and height of its picture in pixels, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<(u16, u16)>,
    /// True if it has sound.
    pub has_sound: bool,
    /// Its length in bytes.
    pub bytes: u64,
}

/// Part of a recording that is played, in milliseconds since its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Its beginning.
    pub from: u64,
    /// Its end.
    pub to: u64,
}

/// Recording as it is played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// The show.
    pub show: ShowId,
    /// Wall-clock time of the recording's beginning, its media time 0.
    pub began_at: Millis,
    /// Part of it that is played.
    pub cut: Cut,
    /// Its files, in their order.
    pub files: Vec<RecordedFile>,
    /// Seek points of each file, for [`seek_points`], in base64.
    pub seek: Vec<String>,
    /// Moments at which its crowd was loudest, in milliseconds of the recording, in order; at most
    /// [`MAX_LOUD_MOMENTS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loud: Vec<u64>,
    /// Links that its artist gives along with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<RecordingLink>,
    /// The sound of what is played, once that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mp3: Option<RecordedMp3>,
}

/// State of a recording, in the order in which it goes through them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingState {
    /// The show isn't over.
    Running,
    /// Files are being stored.
    Storing,
    /// Its artist alone sees it.
    Draft,
    /// Whoever may come to the show may play it.
    Published,
}

/// Reason why a recording ended before its show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingStop {
    /// The disk of the venue is full.
    Disk,
    /// The artist or the venue has no room left.
    Quota,
    /// Files could not be written.
    Failed,
}

impl RecordingStop {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Disk, Self::Quota, Self::Failed];

    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Quota => "quota",
            Self::Failed => "failed",
        }
    }
}

impl Tell for RecordingStop {
    fn text(&self) -> Text {
        match self {
            Self::Disk => text!(recordings.stopped_disk),
            Self::Quota => text!(recordings.stopped_quota),
            Self::Failed => text!(recordings.stopped_failed),
        }
    }
}

/// Recording as its artist sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The show.
    pub card: ShowCard,
    /// Its description, plain text.
    pub description: String,
    /// Its tracklist.
    pub tracks: Vec<Track>,
    /// Its links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<RecordingLink>,
    /// True if the viewer is the show's artist, who alone may delete it here.
    pub mine: bool,
    /// State of the recording.
    pub state: RecordingState,
    /// Reason for which it ended before its show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<RecordingStop>,
    /// Wall-clock time of its beginning.
    pub began_at: Millis,
    /// Its media time, gaps included, in milliseconds.
    pub duration: u64,
    /// Part of it that is played.
    pub cut: Cut,
    /// Its files, in their order.
    pub files: Vec<RecordedFile>,
    /// State of its MP3, if it is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mp3: Option<Mp3State>,
    /// Time at which it is deleted, unless it is published before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Millis>,
}

/// Recording in the list of its artist's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingCard {
    /// The show.
    pub card: ShowCard,
    /// State of the recording.
    pub state: RecordingState,
    /// Its media time, gaps included, in milliseconds.
    pub duration: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// Time at which it is deleted, unless it is published before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Millis>,
}

/// Recordings of an artist, and the room that they take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingList {
    /// The latest show first.
    pub recordings: Vec<RecordingCard>,
    /// Bytes of all.
    pub used: u64,
    /// The most bytes that the artist may keep; none where there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
}
