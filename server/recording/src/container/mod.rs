//! Files: a header, fragments that each stand for themselves, and what is only known at the end.

pub(crate) mod ebml;
pub(crate) mod mp4;
pub(crate) mod ogg;
pub(crate) mod webm;

use std::time::Duration;

use crate::{SeekIndex, format::VideoFormat, queue::Fragment, sound_format::SoundFormat};

/// Container of a file, by what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordingContainer {
    /// WebM (RFC 9559, WebM container guidelines), for VP8.
    WebM,
    /// Fragmented MP4 (ISO/IEC 14496-12), for H.264, VP9 and AV1, and for AAC.
    Mp4,
    /// Ogg with Opus alone (RFC 7845).
    Ogg,
    /// Frames of MP3, one after the other.
    Mp3,
}

impl RecordingContainer {
    /// True if each packet has a time of its own.
    pub(crate) fn has_times(self) -> bool {
        self != Self::Mp3
    }

    /// Ending of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::WebM => "webm",
            Self::Mp4 => "mp4",
            Self::Ogg => "ogg",
            Self::Mp3 => "mp3",
        }
    }

    /// Media type, without codecs.
    pub fn media_type(self, has_video: bool) -> &'static str {
        match (self, has_video) {
            (Self::WebM, true) => "video/webm",
            (Self::WebM, false) => "audio/webm",
            (Self::Mp4, true) => "video/mp4",
            (Self::Mp4, false) => "audio/mp4",
            (Self::Ogg, _) => "audio/ogg",
            (Self::Mp3, _) => "audio/mpeg",
        }
    }
}

/// Bytes to be written over those at an offset, when a file is closed. The file is valid without, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePatch {
    /// Offset in the file, in bytes.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// End of a file: what follows the last fragment, and what becomes known of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileTail {
    /// Bytes behind the last fragment.
    pub bytes: Vec<u8>,
    /// Changes before, to be made after that.
    pub patches: Vec<FilePatch>,
}

/// Tracks of a file.
#[derive(Clone, Debug)]
pub(crate) struct FileFormat {
    pub(crate) container: RecordingContainer,
    pub(crate) video: Option<VideoFormat>,
    pub(crate) sound: Option<SoundFormat>,
}

/// Writer of one file.
#[derive(Debug)]
pub(crate) enum ContainerWriter {
    WebM(webm::WebmWriter),
    Mp4(mp4::Mp4Writer),
    Ogg(ogg::OggWriter),
    Mp3,
}

impl ContainerWriter {
    /// Begins a file, and writes its header; [`None`] if the container can't have the format.
    pub(crate) fn new(format: &FileFormat, number: u32, out: &mut Vec<u8>) -> Option<Self> {
        Some(match format.container {
            RecordingContainer::WebM => Self::WebM(webm::WebmWriter::new(format, out)),
            RecordingContainer::Mp4 => Self::Mp4(mp4::Mp4Writer::new(format, out)?),
            RecordingContainer::Ogg => Self::Ogg(ogg::OggWriter::new(number, out)),
            RecordingContainer::Mp3 => Self::Mp3,
        })
    }

    /// Writes a fragment.
    pub(crate) fn write(&mut self, fragment: Fragment<'_>, out: &mut Vec<u8>) -> Option<()> {
        match self {
            Self::WebM(it) => it.write(fragment, out),
            Self::Mp4(it) => it.write(fragment, out),
            Self::Ogg(it) => it.write(fragment, out),
            Self::Mp3 => {
                out.extend_from_slice(fragment.sound.map(|it| it.data).unwrap_or_default());
                Some(())
            }
        }
    }

    /// End of a file of so many bytes.
    pub(crate) fn tail(&self, length: u64, duration: Duration, index: &SeekIndex) -> FileTail {
        match self {
            Self::WebM(it) => it.layout.tail(length, duration, index),
            Self::Mp4(it) => it.layout.tail(duration, index),
            Self::Ogg(_) | Self::Mp3 => FileTail::default(),
        }
    }
}
