//! Files and photos that people share in rooms.

mod name;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Millis, PersonId, Refusal,
    chat::MessageId,
    refusal::{Reason, print_text},
    rooms::RoomId,
    text,
    texts::{Tell, Text},
};

pub use name::{MAX_FILE_NAME, tidy_file_name};

/// The most files in one page of a room's list.
pub const FILES_PAGE: u32 = 50;
/// The most files that are removed at once, and that one's own list holds.
pub const MAX_OWN_FILES: usize = 500;
/// The most uploads of a person in a room that are unfinished.
pub const MAX_UNFINISHED: u32 = 50;
/// Longest side of the small version of a picture, in pixels.
pub const SMALL_SIDE: u32 = 320;
/// Longest side of the large version of a picture, in pixels.
pub const LARGE_SIDE: u32 = 1_600;
/// Time for which an upload is kept that isn't finished, in milliseconds.
pub const UNFINISHED_AGE: i64 = 24 * Millis::HOUR;

/// The identity of a file in a room, and of the upload by which it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomFileId(pub Uuid);

impl fmt::Display for RoomFileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for RoomFileId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// Reason to refuse a request, particular to files in rooms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UploadReason {
    /// The room is archived: it can be read alone.
    Archived,
    /// Guests may share no files in this room.
    NoGuests,
    /// More bytes than the venue takes.
    TooLarge {
        /// The most bytes.
        most: u64,
    },
    /// A file without a byte.
    Empty,
    /// The person has as many bytes as they may keep.
    PersonFull,
    /// The room has as many bytes as it may keep.
    RoomFull,
    /// The venue has as many bytes as it may keep.
    VenueFull,
    /// [`MAX_UNFINISHED`].
    TooManyUnfinished,
    /// A kind of picture whose place data can't be taken out here: HEIC, AVIF, TIFF, JPEG XL, raw ones.
    PictureKind,
    /// A picture that can't be read.
    BrokenPicture,
    /// A picture that is too large once it is unpacked.
    PictureTooWide,
    /// A video whose place data can't be taken out for certain.
    UnclearVideo,
    /// Many files are being looked at.
    Busy,
}

impl Tell for UploadReason {
    fn text(&self) -> Text {
        match self {
            Self::Archived => text!(refusal.uploads.archived),
            Self::NoGuests => text!(refusal.uploads.no_guests),
            Self::TooLarge { most } => text!(refusal.uploads.too_large, most = most / 1_000_000),
            Self::Empty => text!(refusal.uploads.empty),
            Self::PersonFull => text!(refusal.uploads.person_full),
            Self::RoomFull => text!(refusal.uploads.room_full),
            Self::VenueFull => text!(refusal.uploads.venue_full),
            Self::TooManyUnfinished => {
                text!(refusal.uploads.too_many_unfinished, most = MAX_UNFINISHED)
            }
            Self::PictureKind => text!(refusal.uploads.picture_kind),
            Self::BrokenPicture => text!(refusal.uploads.broken_picture),
            Self::PictureTooWide => text!(refusal.uploads.picture_too_wide),
            Self::UnclearVideo => text!(refusal.uploads.unclear_video),
            Self::Busy => text!(refusal.uploads.busy),
        }
    }
}

print_text!(UploadReason);

impl Reason for UploadReason {
    fn status(&self) -> u16 {
        match self {
            Self::NoGuests => 403,
            Self::Archived | Self::TooManyUnfinished => 409,
            Self::TooLarge { .. } => 413,
            Self::PictureKind => 415,
            Self::Empty | Self::BrokenPicture | Self::PictureTooWide | Self::UnclearVideo => 422,
            Self::Busy => 503,
            Self::PersonFull | Self::RoomFull | Self::VenueFull => 507,
        }
    }
}

/// Refusal by files in rooms.
pub type UploadError = Refusal<UploadReason>;

/// Kind of a file, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// Picture that the venue has read, and of which it has smaller versions.
    Picture,
    /// Sound that browsers play.
    Audio,
    /// Video that browsers play.
    Video,
    /// Anything else: a download.
    Other,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Picture, Self::Audio, Self::Video, Self::Other];

    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Other => "other",
        }
    }
}

/// Text that names no kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such kind of file")]
pub struct UnknownFileKind;

impl FromStr for FileKind {
    type Err = UnknownFileKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownFileKind)
    }
}

/// File in a room, as its members see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomFile {
    /// Identity.
    pub id: RoomFileId,
    /// Place in the room's list: newer files have greater ones. Below 0 while it isn't in the list: it waits for
    /// the message that carries it.
    pub position: i64,
    /// Person who brought it.
    pub person: PersonId,
    /// Their name.
    pub author: String,
    /// When it was there.
    pub at: Millis,
    /// Name, without a path.
    pub name: String,
    /// Kind, by its content.
    pub kind: FileKind,
    /// Length in bytes.
    pub bytes: u64,
    /// Width and height of a picture, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<(u32, u32)>,
    /// Message that carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
}

impl RoomFile {
    /// Path of the file.
    pub fn path(&self, room: RoomId) -> String {
        format!("/rooms/{room}/files/{}", self.id)
    }

    /// Path of the small version of a picture.
    pub fn small(&self, room: RoomId) -> String {
        format!("{}/small", self.path(room))
    }

    /// Path of the large version of a picture.
    pub fn large(&self, room: RoomId) -> String {
        format!("{}/large", self.path(room))
    }
}

/// Page of a room's files, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePage {
    /// At most [`FILES_PAGE`].
    pub files: Vec<RoomFile>,
    /// True if there are older ones.
    pub more: bool,
    /// True if the viewer may share files here.
    pub may_share: bool,
    /// True if the viewer may remove those of others.
    pub moderates: bool,
    /// The viewer.
    pub viewer: Option<PersonId>,
    /// The most bytes of a file.
    pub max_bytes: u64,
    /// The room's newest event of which the list knows.
    #[serde(default)]
    pub cursor: crate::channel::Cursor,
}

/// File of one's own, in whatever room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnFile {
    /// Room.
    pub room: RoomId,
    /// The room's title.
    pub title: String,
    /// The file.
    pub file: RoomFile,
    /// Bytes of all versions that are kept of it.
    pub stored: u64,
}

/// Files of one's own, the largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnFiles {
    /// At most [`MAX_OWN_FILES`].
    pub files: Vec<OwnFile>,
    /// Bytes that count in one's quota, with pictures and unfinished uploads.
    pub used: u64,
    /// The most bytes; none where there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
}

/// Durable event of the files in a room. In the room's own topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadEvent {
    /// A file is there.
    FileShared {
        /// The file.
        file: RoomFile,
    },
    /// A file is there no longer.
    FileRemoved {
        /// Its identity.
        file: RoomFileId,
    },
}
