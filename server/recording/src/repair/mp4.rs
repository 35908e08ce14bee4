//! Fragmented MP4, as [`crate::container::mp4`] writes it.

use std::{
    io::{Read, Seek},
    time::Duration,
};

use shiguredo_mp4::{
    Decode,
    boxes::{HdlrBox, MoofBox, MoovBox, TrafBox},
};

use super::{RepairError, RepairedFile, SoundIndex, scanner::Scanner};
use crate::{
    RecordingContainer, SeekIndex, SeekPoint,
    container::mp4::Mp4Layout,
    packet::{duration, from_ticks, millis},
};

/// Longest box that is read whole: the head of a file, or of a fragment.
const MAX_BOX: u64 = 4 << 20;
/// Bytes before the contents of a box.
const BOX_HEADER: u64 = 8;

pub(super) fn scan<R: Read + Seek>(scanner: &mut Scanner<R>) -> Result<RepairedFile, RepairError> {
    let mut header = whole_box(scanner, b"ftyp")?.ok_or(RepairError::Header)?;
    let movie_bytes = whole_box(scanner, b"moov")?.ok_or(RepairError::Header)?;
    let (movie, _) = MoovBox::decode(&movie_bytes).map_err(|_| RepairError::Header)?;
    header.extend(movie_bytes);
    let media = movie.trak_boxes.iter().map(|it| &it.mdia_box);
    let timescales: Vec<u32> = media.map(|it| it.mdhd_box.timescale.get()).collect();
    let first = movie.trak_boxes.first().ok_or(RepairError::Header)?;
    let has_video = first.mdia_box.hdlr_box.handler_type == HdlrBox::HANDLER_TYPE_VIDE;
    let timescale = timescales.first().copied().unwrap_or(1);
    let layout = Mp4Layout::find(&header, timescale).ok_or(RepairError::Header)?;

    let (mut index, mut sound) = (SeekIndex::default(), SoundIndex::default());
    let mut end = Duration::ZERO;
    let mut length = scanner.at;
    while let Some(parts) = fragment(scanner)? {
        for part in &parts {
            let track = (part.track as usize).wrapping_sub(1);
            let Some(timescale) = timescales.get(track) else { continue };
            end = end.max(time_of(part.end, *timescale));
            if track > 0 {
                continue;
            }
            let time = millis(part.start, *timescale);
            if has_video && part.is_key {
                index.push(SeekPoint { time, offset: length });
            } else if !has_video {
                sound.push(time, length);
            }
        }
        length = scanner.at;
    }
    let index = if has_video { index } else { sound.0 };
    let tail = layout.tail(end, &index);
    let (container, duration) = (RecordingContainer::Mp4, end);
    Ok(RepairedFile { container, length, duration, index, tail })
}

fn time_of(ticks: u64, timescale: u32) -> Duration {
    duration(from_ticks(i64::try_from(ticks).unwrap_or(i64::MAX), timescale))
}

/// A track's share of a fragment.
struct Part {
    track: u32,
    start: u64,
    end: u64,
    is_key: bool,
    bytes: u64,
}

/// Reads a fragment with its data; [`None`] if there is none that is whole.
fn fragment<R: Read + Seek>(scanner: &mut Scanner<R>) -> Result<Option<Vec<Part>>, RepairError> {
    let begin = scanner.at;
    let Some(bytes) = whole_box(scanner, b"moof")? else { return Ok(None) };
    let parts = MoofBox::decode(&bytes).ok();
    let parts =
        parts.and_then(|(it, _)| it.traf_boxes.iter().map(part).collect::<Option<Vec<_>>>());
    let head = box_head(scanner)?.filter(|(kind, _)| kind == b"mdat");
    if let (Some(parts), Some((_, size))) = (parts, head) {
        let end = scanner.at.checked_add(size).filter(|end| *end <= scanner.length);
        let data: u64 = parts.iter().map(|it| it.bytes).sum();
        if let Some(end) = end
            && data + BOX_HEADER == size
        {
            scanner.go(end)?;
            return Ok(Some(parts));
        }
    }
    scanner.go(begin)?;
    Ok(None)
}

fn part(traf: &TrafBox) -> Option<Part> {
    let samples = || traf.trun_boxes.iter().flat_map(|it| &it.samples);
    let start = traf.tfdt_box.as_ref()?.base_media_decode_time;
    let mut end = start;
    let mut bytes = 0_u64;
    for sample in samples() {
        end = end.checked_add(sample.duration?.into())?;
        bytes = bytes.checked_add(sample.size?.into())?;
    }
    let flags = samples().next()?.flags.or(traf.tfhd_box.default_sample_flags)?;
    let is_key = !flags.sample_is_non_sync_sample();
    Some(Part { track: traf.tfhd_box.track_id, start, end, is_key, bytes })
}

/// Kind and size of the box that comes next.
fn box_head<R: Read + Seek>(
    scanner: &mut Scanner<R>,
) -> Result<Option<([u8; 4], u64)>, RepairError> {
    let bytes = scanner.peek(BOX_HEADER as usize)?;
    let [a, b, c, d, kind @ ..] = bytes.as_slice() else { return Ok(None) };
    let Ok(kind) = <[u8; 4]>::try_from(kind) else { return Ok(None) };
    Ok(Some((kind, u32::from_be_bytes([*a, *b, *c, *d]).into())))
}

/// Reads a box of this kind; [`None`] if another comes, or it isn't whole.
fn whole_box<R: Read + Seek>(
    scanner: &mut Scanner<R>,
    kind: &[u8; 4],
) -> Result<Option<Vec<u8>>, RepairError> {
    let begin = scanner.at;
    let Some((_, size)) = box_head(scanner)?.filter(|it| it.0 == *kind) else { return Ok(None) };
    if !(BOX_HEADER..=MAX_BOX).contains(&size) {
        return Ok(None);
    }
    let bytes = scanner.read(size as usize)?;
    if bytes.len() as u64 == size {
        return Ok(Some(bytes));
    }
    scanner.go(begin)?;
    Ok(None)
}
