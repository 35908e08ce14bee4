//! WebM (RFC 9559, WebM container guidelines): a segment of unknown size, which is given its duration, cues and a
//! list of where things are when it is closed.
//!
//! Clusters begin with keyframes, for Firefox drops what comes before the first in each; so that they can be
//! written piece by piece, their sizes are unknown, too.

use std::time::Duration;

use super::{
    FileFormat, FilePatch, FileTail,
    ebml::{
        UNKNOWN_SIZE, id, write_bytes, write_float, write_id, write_parent, write_size,
        write_unsigned,
    },
};
use crate::{
    SeekIndex,
    format::CodecConfiguration,
    packet::millis,
    queue::{Fragment, TrackPart},
    sound_format::SoundFormat,
};

/// The program that wrote a file.
const APPLICATION: &[u8] = b"Bandstand";
/// Nanoseconds a tick of a file's timestamps: milliseconds.
const TIMESTAMP_SCALE: u64 = 1_000_000;
/// Bytes kept for the list of where things are, and for the duration.
pub(crate) const SEEK_HEAD_BYTES: usize = 68;
pub(crate) const DURATION_BYTES: usize = 11;
/// Sound that decoders need before a place they begin at, in nanoseconds (RFC 7845 §4.6).
const SEEK_PRE_ROLL: u64 = 80_000_000;
/// Types of tracks (RFC 9559 §5.1.4.1.3).
const TRACK_VIDEO: u64 = 1;
const TRACK_AUDIO: u64 = 2;
/// Flag of a block that is a keyframe (§10.2).
const KEYFRAME: u8 = 0x80;
/// Milliseconds from which on a frame's duration is told: players take that of others for granted, and wait for
/// what isn't there where it is longer.
const LONG_BLOCK: u64 = 300;
/// Milliseconds after which a cluster ends without a keyframe: a block may be up to 32 seconds after its
/// beginning.
const MAX_CLUSTER: u64 = 20_000;

/// Writer of one file.
#[derive(Debug)]
pub(crate) struct WebmWriter {
    pub(crate) layout: WebmLayout,
    has_video: bool,
    /// Time of the last block of each track, in milliseconds.
    before: [u64; 2],
    /// Tracks with a long block: of each later one the duration is told, or players take that for its.
    tells: [bool; 2],
    /// Time of the cluster that is open, in milliseconds.
    cluster: Option<u64>,
}

/// Offsets in a file of what is patched at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WebmLayout {
    /// Of the segment's body, from which positions are counted.
    pub(crate) segment: u64,
    pub(crate) info: u64,
    pub(crate) duration: u64,
    pub(crate) tracks: u64,
}

impl WebmWriter {
    pub(crate) fn new(format: &FileFormat, out: &mut Vec<u8>) -> Self {
        write_parent(id::EBML, out, |out| {
            write_unsigned(id::EBML_VERSION, 1, out);
            write_unsigned(id::EBML_READ_VERSION, 1, out);
            write_unsigned(id::EBML_MAX_ID_LENGTH, 4, out);
            write_unsigned(id::EBML_MAX_SIZE_LENGTH, 8, out);
            write_bytes(id::DOC_TYPE, b"webm", out);
            write_unsigned(id::DOC_TYPE_VERSION, 4, out);
            write_unsigned(id::DOC_TYPE_READ_VERSION, 2, out);
        });
        write_id(id::SEGMENT, out);
        out.extend(UNKNOWN_SIZE);
        let segment = out.len() as u64;
        write_void(SEEK_HEAD_BYTES, out);
        let info = out.len() as u64;
        write_parent(id::INFO, out, |out| {
            write_unsigned(id::TIMESTAMP_SCALE, TIMESTAMP_SCALE, out);
            write_bytes(id::MUXING_APP, APPLICATION, out);
            write_bytes(id::WRITING_APP, APPLICATION, out);
            write_void(DURATION_BYTES, out);
        });
        let tracks = out.len() as u64;
        let duration = tracks - DURATION_BYTES as u64;
        write_tracks(format, out);
        let layout = WebmLayout { segment, info, duration, tracks };
        WebmWriter {
            layout,
            has_video: format.video.is_some(),
            before: [0; 2],
            tells: [false; 2],
            cluster: None,
        }
    }

    /// Writes blocks, and a cluster's head before them if a keyframe is the first, or there is no picture.
    pub(crate) fn write(&mut self, fragment: Fragment<'_>, out: &mut Vec<u8>) -> Option<()> {
        let first = |part: TrackPart<'_>| Some(millis(part.samples.first()?.start, part.timescale));
        let first = fragment.tracks(self.has_video).filter_map(|it| first(it.1)).min()?;
        let key = fragment.video.and_then(|it| it.samples.first()).is_some_and(|it| it.key);
        // Chromium refuses blocks that are before others in their cluster.
        let follows = self.before.iter().all(|before| first >= *before);
        let goes_on =
            |begun: &u64| !key && self.has_video && follows && first < begun + MAX_CLUSTER;
        let timestamp = self.cluster.filter(goes_on).unwrap_or_else(|| {
            write_id(id::CLUSTER, out);
            out.extend(UNKNOWN_SIZE);
            write_unsigned(id::TIMESTAMP, first, out);
            first
        });
        self.cluster = Some(timestamp);
        let tracks = fragment.tracks(self.has_video);
        let mut tracks: Vec<_> =
            tracks.map(|(number, part)| (number, part.timescale, part.iter().peekable())).collect();
        // In the order of their times, and of those at one time the picture first.
        loop {
            let times = tracks.iter_mut().enumerate().filter_map(|(at, (_, timescale, blocks))| {
                Some((millis(blocks.peek()?.0.start, *timescale), at))
            });
            let Some((time, at)) = times.min() else { break };
            let (number, timescale, blocks) = tracks.get_mut(at)?;
            let (sample, data) = blocks.next()?;
            let offset =
                i16::try_from(time.cast_signed() - timestamp.cast_signed()).unwrap_or(i16::MAX);
            let duration = millis(sample.duration.into(), *timescale);
            let track = usize::from(*number == 2);
            let before = std::mem::replace(&mut self.before[track], time);
            self.tells[track] |= duration >= LONG_BLOCK;
            if self.tells[track] {
                let mut group = Vec::new();
                write_unsigned(id::BLOCK_DURATION, duration, &mut group);
                if !sample.key {
                    let reference = i64::try_from(time.saturating_sub(before)).unwrap_or(1);
                    write_bytes(id::REFERENCE_BLOCK, &(-reference).to_be_bytes(), &mut group);
                }
                let mut head = Vec::new();
                write_block_head(id::BLOCK, *number, offset, 0, data, &mut head);
                write_id(id::BLOCK_GROUP, out);
                write_size((group.len() + head.len() + data.len()) as u64, out);
                out.extend(group);
                out.extend(head);
            } else {
                let flags = if sample.key { KEYFRAME } else { 0 };
                write_block_head(id::SIMPLE_BLOCK, *number, offset, flags, data, out);
            }
            out.extend_from_slice(data);
        }
        Some(())
    }
}

impl WebmLayout {
    /// End of a file of so many bytes, which ends with a cluster.
    pub(crate) fn tail(self, length: u64, duration: Duration, index: &SeekIndex) -> FileTail {
        let mut bytes = Vec::new();
        write_parent(id::CUES, &mut bytes, |out| {
            for point in index.points() {
                write_parent(id::CUE_POINT, out, |out| {
                    write_unsigned(id::CUE_TIME, point.time, out);
                    write_parent(id::CUE_TRACK_POSITIONS, out, |out| {
                        write_unsigned(id::CUE_TRACK, 1, out);
                        let position = point.offset.saturating_sub(self.segment);
                        write_unsigned(id::CUE_CLUSTER_POSITION, position, out);
                    });
                });
            }
        });
        let mut seek_head = Vec::new();
        let places = [(id::INFO, self.info), (id::TRACKS, self.tracks), (id::CUES, length)];
        write_parent(id::SEEK_HEAD, &mut seek_head, |out| {
            for (id, offset) in places {
                write_parent(id::SEEK, out, |out| {
                    write_bytes(id::SEEK_ID, &id.to_be_bytes(), out);
                    let position = offset.saturating_sub(self.segment).to_be_bytes();
                    write_bytes(id::SEEK_POSITION, &position, out);
                });
            }
        });
        let mut length = Vec::new();
        write_float(id::DURATION, duration.as_secs_f64() * 1_000.0, &mut length);
        let patches = vec![
            FilePatch { offset: self.duration, bytes: length },
            FilePatch { offset: self.segment, bytes: seek_head },
        ];
        FileTail { bytes, patches }
    }
}

/// An element of so many bytes, less than 128, that says nothing.
fn write_void(length: usize, out: &mut Vec<u8>) {
    write_bytes(id::VOID, &[0; 126][..length.saturating_sub(2).min(126)], out);
}

fn write_tracks(format: &FileFormat, out: &mut Vec<u8>) {
    write_parent(id::TRACKS, out, |out| {
        let mut number = 0;
        if let Some(video) = &format.video {
            number += 1;
            write_parent(id::TRACK_ENTRY, out, |out| {
                let codec = match video.configuration {
                    CodecConfiguration::Vp9(_) => &b"V_VP9"[..],
                    _ => b"V_VP8",
                };
                write_entry(number, TRACK_VIDEO, codec, out);
                write_parent(id::VIDEO, out, |out| {
                    write_unsigned(id::PIXEL_WIDTH, video.width.into(), out);
                    write_unsigned(id::PIXEL_HEIGHT, video.height.into(), out);
                });
            });
        }
        if format.sound == Some(SoundFormat::OPUS) {
            number += 1;
            write_parent(id::TRACK_ENTRY, out, |out| {
                write_entry(number, TRACK_AUDIO, b"A_OPUS", out);
                write_bytes(id::CODEC_PRIVATE, &super::ogg::opus_head(), out);
                write_unsigned(id::CODEC_DELAY, 0, out);
                write_unsigned(id::SEEK_PRE_ROLL, SEEK_PRE_ROLL, out);
                write_parent(id::AUDIO, out, |out| {
                    write_float(id::SAMPLING_FREQUENCY, 48_000.0, out);
                    write_unsigned(id::CHANNELS, 2, out);
                });
            });
        }
    });
}

/// Head of a block and what is before its frame (§10.1).
fn write_block_head(id: u32, track: u8, offset: i16, flags: u8, data: &[u8], out: &mut Vec<u8>) {
    write_id(id, out);
    write_size(data.len() as u64 + 4, out);
    let [high, low] = offset.to_be_bytes();
    out.extend([0x80 | track, high, low, flags]);
}

fn write_entry(number: u64, kind: u64, codec: &[u8], out: &mut Vec<u8>) {
    write_unsigned(id::TRACK_NUMBER, number, out);
    write_unsigned(id::TRACK_UID, number, out);
    write_unsigned(id::TRACK_TYPE, kind, out);
    write_unsigned(id::FLAG_LACING, 0, out);
    write_bytes(id::CODEC_ID, codec, out);
}
