//! Sound in WebM. Elements that have others in them are gone into wherever they are: each is known by its identifier.

use std::{
    io::{self, Read},
    time::Duration,
};

use super::{FileSound, FileSoundPacket, Input, MAX_PACKET};
use crate::container::ebml::{ElementHead, id, read_head};

/// Longest list of tracks.
const MAX_TRACKS: u64 = 1 << 16;
/// Bytes of a block before its frame (RFC 9559 §10.1): a track of one byte, a time, flags.
const BLOCK_HEAD: u64 = 4;
/// Flags of a block with several frames (§10.3), which no recorder writes.
const LACING: u8 = 0x06;
const OPUS: &[u8] = b"A_OPUS";

/// State of a file that is read.
#[derive(Debug, Default)]
pub(super) struct WebmSound {
    /// Number of the track of sound.
    track: Option<u8>,
    /// Time of the cluster, in milliseconds.
    cluster: u64,
}

impl WebmSound {
    pub(super) fn next<R: Read>(
        &mut self,
        input: &mut Input<R>,
    ) -> io::Result<Option<FileSoundPacket>> {
        while let Some(ElementHead { id, size, .. }) = head(input)? {
            match (id, size) {
                (id::SEGMENT | id::CLUSTER | id::BLOCK_GROUP, _) => {}
                (id::TRACKS, Some(size @ ..MAX_TRACKS)) => {
                    let Some(tracks) = input.read(size)? else { return Ok(None) };
                    self.track = opus_track(&tracks);
                }
                (id::TIMESTAMP, Some(size @ ..=8)) => {
                    let Some(time) = input.read(size)? else { return Ok(None) };
                    self.cluster = number(&time);
                }
                (id::SIMPLE_BLOCK | id::BLOCK, Some(size)) => {
                    if let Some(packet) = self.block(input, size)? {
                        return Ok(Some(packet));
                    }
                }
                (_, Some(size)) => input.skip(size)?,
                (_, None) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        Ok(None)
    }

    /// Reads a block of sound, and passes another one.
    fn block<R: Read>(
        &self,
        input: &mut Input<R>,
        size: u64,
    ) -> io::Result<Option<FileSoundPacket>> {
        let rest = size.checked_sub(BLOCK_HEAD).ok_or(io::ErrorKind::InvalidData)?;
        let Some(start) = input.read(BLOCK_HEAD)? else { return Ok(None) };
        let [track, high, low, flags] = start[..] else { return Ok(None) };
        let is_sound = self.track.is_some_and(|it| track == it | 0x80);
        if !is_sound || flags & LACING != 0 || rest > MAX_PACKET {
            input.skip(rest)?;
            return Ok(None);
        }
        let time = self.cluster.saturating_add_signed(i16::from_be_bytes([high, low]).into());
        let time = Duration::from_millis(time);
        let data = input.read(rest)?;
        Ok(data.map(|data| FileSoundPacket { sound: FileSound::Opus, time, data }))
    }
}

/// Reads the head of the element that comes next; none at the end.
fn head<R: Read>(input: &mut Input<R>) -> io::Result<Option<ElementHead>> {
    let mut bytes = Vec::new();
    // An identifier, and a size.
    for most in [4, 8] {
        let Some(first) = input.read(1)? else { return Ok(None) };
        let more = u64::from(first[0].leading_zeros());
        if more >= most {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let Some(rest) = input.read(more)? else { return Ok(None) };
        bytes.extend(first);
        bytes.extend(rest);
    }
    Ok(read_head(&bytes))
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Number of the first track of Opus, of those that a block names in one byte.
fn opus_track(tracks: &[u8]) -> Option<u8> {
    children(tracks).filter(|it| it.0 == id::TRACK_ENTRY).find_map(|(_, entry)| {
        let part = |wanted| children(entry).find(|it| it.0 == wanted).map(|it| it.1);
        let number = u8::try_from(number(part(id::TRACK_NUMBER)?)).ok()?;
        (part(id::CODEC_ID)? == OPUS && number < 0x7f).then_some(number)
    })
}

/// Elements within one that is whole.
fn children(mut bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let ElementHead { id, size, length } = read_head(bytes)?;
        let body = bytes.get(length..)?;
        let (body, rest) = body.split_at_checked(usize::try_from(size?).ok()?)?;
        bytes = rest;
        Some((id, body))
    })
}
