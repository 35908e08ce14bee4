//! Finding out what a stream is from its first bytes.

use bytes::{Buf, BytesMut};

use super::{
    MAX_GARBAGE,
    adts::AdtsHeader,
    id3::{TagReader, TagStart, tag_start},
    mpeg::MpegHeader,
    splitter::FrameHeader,
};
use crate::{AudioError, ForeignFormat, Title};

/// Format that a stream seems to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sniffed {
    /// It can't be told yet.
    Nothing,
    /// MP3.
    Mp3,
    /// AAC in ADTS.
    Aac,
    /// Ogg.
    Ogg,
}

/// Bytes of foreign formats at their beginning, and at what place.
const FOREIGN: [(usize, &[u8], ForeignFormat); 8] = [
    (0, b"fLaC", ForeignFormat::Flac),
    (0, b"RIFF", ForeignFormat::Wav),
    (4, b"ftyp", ForeignFormat::Mp4),
    (0, b"\x1a\x45\xdf\xa3", ForeignFormat::Matroska),
    (0, b"<!DOCTYPE", ForeignFormat::Text),
    (0, b"<html", ForeignFormat::Text),
    (0, b"#EXTM3U", ForeignFormat::Text),
    (0, b"FLV\x01", ForeignFormat::Video),
];
/// The most bytes that are needed to know a foreign format.
const ENOUGH: usize = 9;
/// Length of a packet of an MPEG transport stream, which begins with `G`.
const TRANSPORT_PACKET: usize = 188;

/// Looks at what came so far. What can't be the beginning of anything is taken out of `buffer` and counted
/// in `skipped`; `tag` is a tag that is passed over, and `title` what it told.
///
/// # Errors
/// [`AudioError::Foreign`], [`AudioError::Unrecognised`].
pub fn sniff(
    buffer: &mut BytesMut,
    tag: &mut TagReader,
    title: &mut Option<Title>,
    skipped: &mut usize,
) -> Result<Sniffed, AudioError> {
    loop {
        if let Some(told) = tag.pass(buffer) {
            *title = Some(told);
        }
        if buffer.is_empty() {
            return Ok(Sniffed::Nothing);
        }
        match tag_start(buffer) {
            TagStart::Tag(length) => {
                *tag = TagReader::new(length);
                continue;
            }
            TagStart::Unknown => return Ok(Sniffed::Nothing),
            TagStart::Other => {}
        }
        if *skipped == 0 {
            if let Some(format) = foreign(buffer) {
                return Err(AudioError::Foreign(format));
            }
            if buffer.len() < ENOUGH {
                return Ok(Sniffed::Nothing);
            }
        }
        let begins_ogg = buffer.iter().zip(b"OggS").all(|(one, other)| one == other);
        if begins_ogg {
            return Ok(if buffer.len() < 4 { Sniffed::Nothing } else { Sniffed::Ogg });
        }
        let (mp3, aac) = (confirmed::<MpegHeader>(buffer), confirmed::<AdtsHeader>(buffer));
        match (mp3, aac) {
            (Some(true), _) => return Ok(Sniffed::Mp3),
            (_, Some(true)) => return Ok(Sniffed::Aac),
            (None, _) | (_, None) => return Ok(Sniffed::Nothing),
            (Some(false), Some(false)) => {}
        }
        let next = buffer[1..].iter().position(|it| matches!(it, 0xff | b'I' | b'T' | b'O'));
        let count = next.map_or(buffer.len(), |it| it + 1);
        buffer.advance(count);
        *skipped += count;
        if *skipped > MAX_GARBAGE {
            return Err(AudioError::Unrecognised);
        }
    }
}

/// Tells whether two frames begin here; none while that can't be told.
fn confirmed<H: FrameHeader>(bytes: &[u8]) -> Option<bool> {
    if bytes[0] != 0xff {
        return Some(false);
    }
    if bytes.len() < H::LENGTH {
        return None;
    }
    let Some(header) = H::parse(bytes) else { return Some(false) };
    let next = bytes.get(header.length()..header.length() + H::LENGTH)?;
    Some(H::parse(next).is_some_and(|it| it.info() == header.info()))
}

fn foreign(bytes: &[u8]) -> Option<ForeignFormat> {
    let known = FOREIGN.iter().find(|(place, word, _)| {
        bytes.get(*place..*place + word.len()).is_some_and(|it| it == *word)
    });
    if let Some((_, _, format)) = known {
        return Some(*format);
    }
    // Eleven bits of sync (ISO/IEC 14496-3 §1.7.2).
    if matches!(bytes, [0x56, second, ..] if second & 0xe0 == 0xe0) {
        return Some(ForeignFormat::Loas);
    }
    let transport = [0, TRANSPORT_PACKET].iter().all(|at| bytes.get(*at) == Some(&b'G'));
    transport.then_some(ForeignFormat::TransportStream)
}
