//! Files that were cut off: how far they are whole, and what players need to seek in them.

mod mp3;
mod mp4;
mod ogg;
mod scanner;
mod webm;

use std::{
    io::{self, Read, Seek},
    time::Duration,
};

use self::scanner::Scanner;
use crate::{FileTail, RecordingContainer, SeekIndex, SeekPoint};

/// File that was scanned. To make it whole, cut it to `length`, append the tail's bytes and apply its patches;
/// doing that again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairedFile {
    /// Container, by its first bytes.
    pub container: RecordingContainer,
    /// Length up to which it is whole, in bytes: the end of its last fragment.
    pub length: u64,
    /// Media time up to there.
    pub duration: Duration,
    /// Places at which players can begin.
    pub index: SeekIndex,
    /// Its end.
    pub tail: FileTail,
}

/// Reason why nothing of a file is of use.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// It is none of a recorder's files, or was cut within its header.
    #[error("the file has no header that is known")]
    Header,
    /// It has no whole fragment.
    #[error("the file has no media")]
    Empty,
    /// It can't be read.
    #[error("reading the file: {0}")]
    Read(#[from] io::Error),
}

/// Scans a file that a recorder wrote, of which any part of its end may be missing or be something else.
///
/// # Errors
/// [`RepairError`].
pub fn repair<R: Read + Seek>(reader: R) -> Result<RepairedFile, RepairError> {
    let mut scanner = Scanner::new(reader)?;
    let start = scanner.peek(8)?;
    let read = match start.as_slice() {
        [0x1a, 0x45, 0xdf, 0xa3, ..] => webm::scan(&mut scanner),
        [_, _, _, _, b'f', b't', b'y', b'p'] => mp4::scan(&mut scanner),
        [b'O', b'g', b'g', b'S', ..] => ogg::scan(&mut scanner),
        [0xff, ..] => mp3::scan(&mut scanner),
        _ => Err(RepairError::Header),
    }?;
    if read.length == 0 || read.duration.is_zero() { Err(RepairError::Empty) } else { Ok(read) }
}

/// Seek points of sound, of which not every fragment is one.
#[derive(Debug, Default)]
struct SoundIndex(SeekIndex);

impl SoundIndex {
    fn push(&mut self, time: u64, offset: u64) {
        let last = self.0.points().last().map(|it| it.time);
        if last.is_none_or(|last| time >= last + crate::file::SOUND_POINTS) {
            self.0.push(SeekPoint { time, offset });
        }
    }
}
