//! MP3: frames, one after the other.

use std::io::{Read, Seek};

use bandstand_radio::mp3_frame;

use super::{RepairError, RepairedFile, SoundIndex, scanner::Scanner};
use crate::{
    FileTail, RecordingContainer,
    packet::{duration, from_ticks, millis},
};

/// Bytes of a frame's header.
const HEADER: usize = 4;

pub(super) fn scan<R: Read + Seek>(scanner: &mut Scanner<R>) -> Result<RepairedFile, RepairError> {
    let first = mp3_frame(&scanner.peek(HEADER)?).ok_or(RepairError::Header)?;
    let mut index = SoundIndex::default();
    let mut samples = 0_u64;
    while let Some(frame) = mp3_frame(&scanner.peek(HEADER)?) {
        let end = scanner.at + frame.length as u64;
        if end > scanner.length || frame.rate != first.rate || frame.length < HEADER {
            break;
        }
        index.push(millis(samples, first.rate), scanner.at);
        samples += u64::from(frame.samples);
        scanner.go(end)?;
    }
    let length = scanner.at;
    let end = i64::try_from(samples).unwrap_or(i64::MAX);
    let duration = duration(from_ticks(end, first.rate));
    let (container, tail) = (RecordingContainer::Mp3, FileTail::default());
    Ok(RepairedFile { container, length, duration, index: index.0, tail })
}
