//! ID3 tags, which programs that play files send along: they are no sound, and may tell the title.

use bytes::{Buf, BytesMut};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::Title;

/// Length of an ID3v1 tag, at the end of a file.
pub const ID3V1: usize = 128;
/// Length of the header of an ID3v2 tag.
const HEADER: usize = 10;

/// Tag at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagStart {
    /// A tag of so many bytes.
    Tag(u64),
    /// The beginning of one, perhaps.
    Unknown,
    /// None.
    Other,
}

/// Looks for an ID3v2 tag (ID3v2.4 §3.1) or an ID3v1 tag.
pub fn tag_start(bytes: &[u8]) -> TagStart {
    let begins = |word: &[u8]| bytes.iter().zip(word).all(|(one, other)| one == other);
    if begins(b"ID3") {
        let Some(header) = bytes.get(..HEADER) else { return TagStart::Unknown };
        let size = &header[6..];
        if header[3] == 0xff || header[4] == 0xff || size.iter().any(|it| *it >= 0x80) {
            return TagStart::Other;
        }
        // Seven bits a byte (§6.2).
        let size = size.iter().fold(0, |sum: u64, it| sum << 7 | u64::from(*it));
        let footer = if header[5] & 0x10 != 0 { HEADER as u64 } else { 0 };
        TagStart::Tag(HEADER as u64 + size + footer)
    } else if begins(b"TAG") {
        if bytes.len() < 3 { TagStart::Unknown } else { TagStart::Tag(ID3V1 as u64) }
    } else {
        TagStart::Other
    }
}

/// The most bytes of a tag that are looked at: pictures may be megabytes, and stand behind the texts.
const MAX_KEPT: usize = 64 * 1024;

/// A tag that is passed over, as it comes.
#[derive(Debug, Default)]
pub struct TagReader {
    left: u64,
    kept: Vec<u8>,
}

impl TagReader {
    /// At the beginning of a tag of so many bytes.
    pub fn new(length: u64) -> Self {
        Self { left: length, kept: Vec::new() }
    }

    /// Takes what is there of the tag out of `buffer`; returns its title, if it has one, once it is all there.
    pub fn pass(&mut self, buffer: &mut BytesMut) -> Option<Title> {
        if self.left == 0 {
            return None;
        }
        let here = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let room = MAX_KEPT.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&buffer[..here.min(room)]);
        buffer.advance(here);
        self.left -= here as u64;
        if self.left > 0 {
            return None;
        }
        let title = title(&std::mem::take(&mut self.kept));
        (!title.is_empty()).then_some(title)
    }
}

/// Artist and title in an ID3v2 tag (ID3v2.2 §4.2, ID3v2.3 §4.2, ID3v2.4 §4.2).
fn title(tag: &[u8]) -> Title {
    let Some((header, mut frames)) = tag.split_at_checked(HEADER) else { return Title::default() };
    // With an extended header, or unsynchronised as a whole, it is as good as none: nobody writes such.
    if !header.starts_with(b"ID3") || header[5] & 0xc0 != 0 {
        return Title::default();
    }
    let version = header[3];
    let (name_length, frame_header) = if version == 2 { (3, 6) } else { (4, 10) };
    let (mut artist, mut title) = (Title::default(), Title::default());
    while let Some((head, rest)) = frames.split_at_checked(frame_header) {
        let (name, size) = (&head[..name_length], &head[name_length..2 * name_length]);
        let bits = if version == 4 { 7 } else { 8 };
        let size = size.iter().fold(0, |sum: usize, it| sum << bits | usize::from(*it));
        let Some((value, rest)) = rest.split_at_checked(size) else { break };
        match name {
            b"TIT2" | b"TT2" => title = text(value),
            b"TPE1" | b"TP1" => artist = text(value),
            // Padding.
            [0, ..] => break,
            _ => {}
        }
        frames = rest;
    }
    Title::joined(&artist, &title)
}

/// The text of a frame, in the encoding that its first byte names (ID3v2.4 §4). What says Latin-1 is often
/// something else.
fn text(value: &[u8]) -> Title {
    let Some((encoding, text)) = value.split_first() else { return Title::default() };
    let decode = |encoding: &'static Encoding, text: &[u8]| {
        let text = &text[..text.len().min(4 * crate::MAX_TITLE)];
        Title::new(
            encoding.decode_without_bom_handling(text).0.split('\0').next().unwrap_or_default(),
        )
    };
    match (encoding, text) {
        (1, [0xfe, 0xff, text @ ..]) | (2, text) => decode(UTF_16BE, text),
        (1, [0xff, 0xfe, text @ ..]) => decode(UTF_16LE, text),
        (3, text) => decode(UTF_8, text),
        (0, text) if std::str::from_utf8(text).is_ok() => decode(UTF_8, text),
        (0, text) => decode(WINDOWS_1252, text),
        _ => Title::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_say_how_long_they_are() {
        assert_eq!(tag_start(b"ID3\x04\0\0\0\0\x02\x01"), TagStart::Tag(10 + 257));
        assert_eq!(tag_start(b"ID3\x04\0\x10\0\0\0\x01"), TagStart::Tag(21));
        assert_eq!(tag_start(b"ID3\x04\0\0\0\0\xff\x01"), TagStart::Other);
        assert_eq!(tag_start(b"TAGsong"), TagStart::Tag(128));
        for (bytes, part) in [(b"ID3\x04\0\0\0\0\0".as_slice(), 9), (b"TA", 2)] {
            for length in 1..=part {
                assert_eq!(tag_start(&bytes[..length]), TagStart::Unknown);
            }
        }
        assert_eq!(tag_start(b"\xff\xfb"), TagStart::Other);
    }

    /// A tag of this version, with frames by their names.
    fn tag(version: u8, frames: &[(&str, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, value) in frames {
            body.extend(name.as_bytes());
            let size = value.len() as u32;
            match version {
                2 => body.extend(&size.to_be_bytes()[1..]),
                4 => body.extend([0, 0, (size >> 7) as u8, (size & 0x7f) as u8]),
                _ => body.extend(size.to_be_bytes()),
            }
            body.extend(vec![0; if version == 2 { 0 } else { 2 }]);
            body.extend(*value);
        }
        body.extend([0; 20]);
        let length = body.len();
        let mut tag =
            vec![b'I', b'D', b'3', version, 0, 0, 0, 0, (length >> 7) as u8, (length & 0x7f) as u8];
        tag.extend(body);
        tag
    }

    #[test]
    fn titles_are_read_in_every_version_and_encoding() {
        let utf16: Vec<u8> = "\u{feff}Jóga".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16 = [&[1], utf16.as_slice()].concat();
        let frames: [(&str, &[u8]); 3] =
            [("TALB", b"\0x"), ("TPE1", b"\0Bj\xf6rk"), ("TIT2", &utf16)];
        for version in [3, 4] {
            assert_eq!(title(&tag(version, &frames)).as_str(), "Björk - Jóga");
        }
        assert_eq!(title(&tag(2, &[("TT2", b"\0Low Tide")])).as_str(), "Low Tide");
        assert_eq!(title(&tag(4, &[("TIT2", "\u{3}あ\0い".as_bytes())])).as_str(), "あ");
        assert_eq!(title(&tag(3, &[("TIT2", "\0é".as_bytes())])).as_str(), "é");
        let long = [b"\x03".as_slice(), &[b'x'; 10_000]].concat();
        assert_eq!(title(&tag(3, &[("TIT2", &long)])).as_str().len(), crate::MAX_TITLE);
        let whole = tag(3, &frames);
        for length in 0..whole.len() {
            assert!("Björk - Jóga".contains(title(&whole[..length]).as_str()), "{length}");
        }
    }

    #[test]
    fn a_tag_is_passed_over_as_it_comes() {
        let whole = tag(4, &[("TIT2", b"\x03One")]);
        for step in 1..whole.len() {
            let mut reader = TagReader::new(whole.len() as u64);
            let mut titles = Vec::new();
            for part in whole.chunks(step) {
                let mut buffer = BytesMut::from(part);
                titles.extend(reader.pass(&mut buffer));
                assert!(buffer.is_empty());
            }
            let mut rest = BytesMut::from(b"sound".as_slice());
            assert_eq!((reader.pass(&mut rest), rest.len()), (None, 5));
            assert_eq!(titles, [Title::new("One")]);
        }
    }
}
