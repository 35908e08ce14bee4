//! Ogg, as [`crate::container::ogg`] writes it.

use std::io::{Read, Seek};

use bandstand_radio::{OggPage, OggPageStart};

use super::{RepairError, RepairedFile, SoundIndex, scanner::Scanner};
use crate::{
    FileTail, RecordingContainer,
    packet::{duration, from_ticks, millis},
};

/// The most bytes of a page (RFC 3533 §6).
const MAX_PAGE: usize = 27 + 255 + 255 * 255;
/// Pages of headers.
const HEADERS: usize = 2;

pub(super) fn scan<R: Read + Seek>(scanner: &mut Scanner<R>) -> Result<RepairedFile, RepairError> {
    let mut index = SoundIndex::default();
    let (mut granule, mut pages, mut length) = (0, 0, 0);
    let mut serial = None;
    let mut buffer = Vec::new();
    loop {
        if buffer.len() < MAX_PAGE {
            buffer.extend(scanner.read(16 * MAX_PAGE)?);
        }
        let mut at = 0;
        while let OggPageStart::Page(page, size) =
            OggPage::read(buffer.get(at..).unwrap_or_default())
        {
            if *serial.get_or_insert(page.serial) != page.serial {
                break;
            }
            // Samples of 48 kHz.
            let begins = granule;
            granule = page.granule.unwrap_or(granule).max(granule);
            pages += 1;
            if pages > HEADERS {
                index.push(millis(begins, 48_000), length);
            }
            length += size as u64;
            at += size;
            if buffer.len() - at < MAX_PAGE && scanner.at < scanner.length {
                break;
            }
        }
        if at == 0 {
            break;
        }
        buffer.drain(..at);
    }
    if pages < HEADERS {
        return Err(RepairError::Header);
    }
    let duration = duration(from_ticks(i64::try_from(granule).unwrap_or(i64::MAX), 48_000));
    let (container, tail) = (RecordingContainer::Ogg, FileTail::default());
    Ok(RepairedFile { container, length, duration, index: index.0, tail })
}
