//! Steps that a recorder has its caller do.

use std::time::Duration;

use crate::{FilePatch, RecordingContainer, SeekIndex};

/// Step of a recording, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum RecorderOutput {
    /// A file begins. None is open.
    Begin(RecordingFile),
    /// Bytes to be appended to the open file.
    Bytes(Vec<u8>),
    /// End of what is whole in the open file: here it may be cut, and is to be made durable.
    FragmentEnd {
        /// Length of the file, in bytes.
        length: u64,
        /// Media time in it since its beginning.
        duration: Duration,
    },
    /// The open file begins earlier than it was said, at this time: its sound has turned out to be ahead.
    Moved(Duration),
    /// The open file is whole.
    End(FileSummary),
    /// The publisher is to send a keyframe of its picture.
    WantsKeyframe,
}

/// File of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingFile {
    /// Its number in the recording; the first is 0.
    pub number: u32,
    /// Time from the recording's beginning to that of the file's first sample.
    pub offset: Duration,
    /// Its container.
    pub container: RecordingContainer,
    /// Value of the media type's parameter `codecs` (RFC 6381), such as `avc1.42c01f,opus`; empty for MP3,
    /// which has none.
    pub codecs: String,
    /// Width and height of the picture in pixels, if there is one.
    pub size: Option<(u16, u16)>,
    /// True if there is sound.
    pub has_sound: bool,
}

impl RecordingFile {
    /// Media type with codecs, as `MediaSource.isTypeSupported` takes it.
    pub fn media_type(&self) -> String {
        let media_type = self.container.media_type(self.size.is_some());
        match self.codecs.as_str() {
            "" => media_type.to_owned(),
            codecs => format!("{media_type}; codecs=\"{codecs}\""),
        }
    }
}

/// File that is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSummary {
    /// Its number in the recording.
    pub number: u32,
    /// Its length in bytes.
    pub length: u64,
    /// Media time from its beginning to its end.
    pub duration: Duration,
    /// Places at which players can begin.
    pub index: SeekIndex,
    /// Bytes to be written over those of the file, in this order; it plays without them, too.
    pub patches: Vec<FilePatch>,
}
