//! WebM, as [`crate::container::webm`] writes it.

use std::{
    io::{Read, Seek},
    time::Duration,
};

use super::{RepairError, RepairedFile, SoundIndex, scanner::Scanner};
use crate::{
    RecordingContainer, SeekIndex, SeekPoint,
    container::{
        ebml::{ElementHead, MAX_HEAD, id, read_head, read_size},
        webm::{DURATION_BYTES, SEEK_HEAD_BYTES, WebmLayout},
    },
};

/// Longest part of a header that is read.
const MAX_PART: u64 = 1 << 16;
/// Longest time that a last frame is believed to last.
const MAX_LAST_FRAME: Duration = Duration::from_secs(10);
/// Tracks of a file.
const TRACKS: usize = 2;

pub(super) fn scan<R: Read + Seek>(scanner: &mut Scanner<R>) -> Result<RepairedFile, RepairError> {
    let (layout, has_video) = header(scanner)?;
    let (mut index, mut sound) = (SeekIndex::default(), SoundIndex::default());
    let mut ends = [TrackEnd::default(); TRACKS];
    let mut length = scanner.at;
    let mut open: Option<OpenCluster> = None;
    loop {
        if let Some(cluster) = cluster_head(scanner)? {
            open = Some(cluster);
        }
        let Some(cluster) = &mut open else { break };
        let Some(block) = block(scanner, cluster.time)? else { break };
        ends[block.track].push(block.time);
        // The first block of the picture, or of sound, says whether it can be begun at.
        if block.track == 0 && !std::mem::replace(&mut cluster.has_first, true) {
            match has_video {
                true if block.is_key => {
                    index.push(SeekPoint { time: block.time, offset: cluster.offset })
                }
                true => {}
                false => sound.push(block.time, cluster.offset),
            }
        }
        length = scanner.at;
    }
    let index = if has_video { index } else { sound.0 };
    let last = ends.iter().filter_map(|it| it.last).max().map(Duration::from_millis);
    let end = ends.iter().filter_map(|it| it.last.map(|last| last + it.step.max(1))).max();
    let end = Duration::from_millis(end.unwrap_or_default());
    // A file that was closed says how long its last frame lasts.
    let told = duration_told(scanner, layout.duration)?;
    let near = |told: &Duration| last.is_some_and(|it| *told > it && *told <= it + MAX_LAST_FRAME);
    let told = told.filter(near);
    let duration = told.unwrap_or(end);
    let tail = layout.tail(length, duration, &index);
    let container = RecordingContainer::WebM;
    Ok(RepairedFile { container, length, duration, index, tail })
}

/// Duration in the header, if there is one.
fn duration_told<R: Read + Seek>(
    scanner: &mut Scanner<R>,
    at: u64,
) -> Result<Option<Duration>, RepairError> {
    scanner.go(at)?;
    let bytes = scanner.read(DURATION_BYTES)?;
    let value = bytes.strip_prefix(&[0x44, 0x89, 0x88]).and_then(|it| it.try_into().ok());
    let millis = value.map(f64::from_be_bytes).filter(|it| (0.0..1e12).contains(it));
    Ok(millis.map(|millis| Duration::from_micros((millis * 1_000.0).round() as u64)))
}

/// Reads the header; tells whether the first track is a picture.
fn header<R: Read + Seek>(scanner: &mut Scanner<R>) -> Result<(WebmLayout, bool), RepairError> {
    let first = head(scanner)?.filter(|it| it.id == id::EBML).ok_or(RepairError::Header)?;
    let size = first.size.filter(|size| *size < MAX_PART).ok_or(RepairError::Header)?;
    scanner.go(first.length as u64 + size)?;
    let segment = head(scanner)?.filter(|it| it.id == id::SEGMENT && it.length == MAX_HEAD);
    scanner.go(scanner.at + segment.ok_or(RepairError::Header)?.length as u64)?;
    let segment = scanner.at;
    // The list of where things are, or the place for it.
    let list = part(scanner, &[id::VOID, id::SEEK_HEAD])?;
    if list != segment + SEEK_HEAD_BYTES as u64 {
        return Err(RepairError::Header);
    }
    let info = list;
    let tracks = part(scanner, &[id::INFO])?;
    let duration = tracks - DURATION_BYTES as u64;
    scanner.go(duration)?;
    let told = scanner.read(DURATION_BYTES)?;
    // The duration with its size, or the place for it.
    if duration < info || !told.starts_with(&[0x44, 0x89, 0x88]) && !told.starts_with(&[0xec, 0x89])
    {
        return Err(RepairError::Header);
    }
    let end = part(scanner, &[id::TRACKS])?;
    scanner.go(tracks)?;
    let bytes = scanner.read((end - tracks) as usize)?;
    if scanner.at != end {
        return Err(RepairError::Header);
    }
    // TrackType, with a size of one byte: a picture.
    let has_video = bytes.windows(3).any(|it| it == [id::TRACK_TYPE as u8, 0x81, 1]);
    Ok((WebmLayout { segment, info, duration, tracks }, has_video))
}

/// Passes a part of the header, of one of these kinds, and gives its end.
fn part<R: Read + Seek>(scanner: &mut Scanner<R>, kinds: &[u32]) -> Result<u64, RepairError> {
    let part = head(scanner)?.filter(|it| kinds.contains(&it.id)).ok_or(RepairError::Header)?;
    let size = part.size.filter(|size| *size < MAX_PART).ok_or(RepairError::Header)?;
    scanner.go(scanner.at + part.length as u64 + size)?;
    Ok(scanner.at)
}

/// Cluster that is read.
struct OpenCluster {
    offset: u64,
    time: u64,
    /// It has a block of the first track.
    has_first: bool,
}

/// The last block of a track, and the time from the one before.
#[derive(Clone, Copy, Default)]
struct TrackEnd {
    last: Option<u64>,
    step: u64,
}

impl TrackEnd {
    fn push(&mut self, time: u64) {
        if let Some(last) = self.last {
            self.step = time.saturating_sub(last);
        }
        self.last = Some(time);
    }
}

/// Block that is whole.
struct Block {
    track: usize,
    time: u64,
    is_key: bool,
}

/// Reads the head of a cluster, if one comes next, and its time.
fn cluster_head<R: Read + Seek>(
    scanner: &mut Scanner<R>,
) -> Result<Option<OpenCluster>, RepairError> {
    let offset = scanner.at;
    let Some(head) = head(scanner)?.filter(|it| it.id == id::CLUSTER) else { return Ok(None) };
    let at = offset + head.length as u64;
    scanner.go(at)?;
    let Some((after, body)) = inner(scanner, at, scanner.length, id::TIMESTAMP)? else {
        return Ok(None);
    };
    scanner.go(body)?;
    let bytes = scanner.read((after - body).min(8) as usize)?;
    let time = bytes.iter().fold(0, |time, byte| time << 8 | u64::from(*byte));
    scanner.go(after)?;
    Ok(Some(OpenCluster { offset, time, has_first: false }))
}

/// Reads a block; [`None`] if there is none that is whole.
fn block<R: Read + Seek>(
    scanner: &mut Scanner<R>,
    cluster: u64,
) -> Result<Option<Block>, RepairError> {
    let (at, end) = (scanner.at, scanner.length);
    let simple = inner(scanner, at, end, id::SIMPLE_BLOCK)?;
    let found = match simple.map(|(after, body)| FoundBlock { after, body, is_key: None }) {
        None => grouped(scanner, at, end)?,
        found => found,
    };
    let Some(FoundBlock { after, body, is_key }) = found else { return Ok(None) };
    scanner.go(body)?;
    let start = scanner.read(12.min((after - body) as usize))?;
    let Some((Some(number), length)) = read_size(&start) else { return Ok(None) };
    let Some([high, low, flags, ..]) = start.get(length..) else { return Ok(None) };
    let track = usize::try_from(number).unwrap_or_default().wrapping_sub(1);
    if track >= TRACKS {
        return Ok(None);
    }
    let time = cluster.saturating_add_signed(i16::from_be_bytes([*high, *low]).into());
    scanner.go(after)?;
    Ok(Some(Block { track, time, is_key: is_key.unwrap_or(flags & 0x80 != 0) }))
}

/// Place of a block: its end and that of its head. Whether it is a keyframe is in itself, unless it is told.
struct FoundBlock {
    after: u64,
    body: u64,
    is_key: Option<bool>,
}

/// The block in a group, which is a keyframe if it refers to none.
fn grouped<R: Read + Seek>(
    scanner: &mut Scanner<R>,
    at: u64,
    end: u64,
) -> Result<Option<FoundBlock>, RepairError> {
    let Some((end, mut at)) = inner(scanner, at, end, id::BLOCK_GROUP)? else { return Ok(None) };
    let mut is_key = true;
    for kind in [id::BLOCK_DURATION, id::REFERENCE_BLOCK] {
        scanner.go(at)?;
        if let Some((after, _)) = inner(scanner, at, end, kind)? {
            is_key &= kind != id::REFERENCE_BLOCK;
            at = after;
        }
    }
    scanner.go(at)?;
    let block = inner(scanner, at, end, id::BLOCK)?.filter(|it| it.0 == end);
    Ok(block.map(|(after, body)| FoundBlock { after, body, is_key: Some(is_key) }))
}

/// Ends of an element of this kind at `at`, which ends before `limit`: of itself, and of its head.
fn inner<R: Read + Seek>(
    scanner: &mut Scanner<R>,
    at: u64,
    limit: u64,
    kind: u32,
) -> Result<Option<(u64, u64)>, RepairError> {
    let head = head(scanner)?.filter(|it| it.id == kind);
    let Some(ElementHead { size: Some(size), length, .. }) = head else { return Ok(None) };
    let body = at + length as u64;
    let end = body.checked_add(size).filter(|end| *end <= limit);
    Ok(end.map(|end| (end, body)))
}

/// Head of the element that comes next.
fn head<R: Read + Seek>(scanner: &mut Scanner<R>) -> Result<Option<ElementHead>, RepairError> {
    Ok(read_head(&scanner.peek(MAX_HEAD)?))
}
