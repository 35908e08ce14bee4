//! AV1 (RTP payload format for AV1, version 1.0): OBUs with their sizes, as containers want temporal units.

use shiguredo_mp4::bitstream::av1::decode_leb128;

use super::{FrameDescription, MAX_FRAME};
use crate::format::{CodecConfiguration, VideoFormat};

/// Types of OBUs (AV1 §6.2.2).
const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;

/// True if a coded video sequence begins with this payload: N of the aggregation header (§4.4).
pub(super) fn begins(payload: &[u8]) -> bool {
    payload.first().is_some_and(|header| header & 0x88 == 0x08)
}

/// Temporal units of one stream.
#[derive(Debug, Default)]
pub(crate) struct Av1Frames {
    /// An OBU whose end is to come.
    part: Vec<u8>,
    is_partial: bool,
    is_new_sequence: bool,
    /// The sequence header of the unit that comes in, with its size.
    sequence_header: Vec<u8>,
}

impl Av1Frames {
    pub(super) fn reset(&mut self) {
        self.part.clear();
        self.sequence_header.clear();
        (self.is_partial, self.is_new_sequence) = (false, false);
    }

    pub(super) fn has_begun_key(&self) -> bool {
        self.is_new_sequence
    }

    pub(super) fn push(&mut self, payload: &[u8], frame: &mut Vec<u8>) -> Option<()> {
        // Z|Y|W|N.
        let (header, mut rest) = payload.split_first()?;
        let (continues, goes_on) = (header & 0x80 != 0, header & 0x40 != 0);
        let count = usize::from(header >> 4 & 3);
        if continues != self.is_partial {
            return None;
        }
        self.is_new_sequence |= header & 0x08 != 0;
        let mut number = 0;
        while !rest.is_empty() {
            number += 1;
            let element;
            if count > 0 && number == count {
                (element, rest) = (rest, &[][..]);
            } else {
                let (size, length) = decode_leb128(rest).ok()?;
                (element, rest) =
                    rest.get(length..)?.split_at_checked(usize::try_from(size).ok()?)?;
            }
            let is_last = rest.is_empty();
            if number == 1 && continues || is_last && goes_on {
                self.part.extend_from_slice(element);
                self.is_partial = is_last && goes_on;
                if self.part.len() > MAX_FRAME {
                    return None;
                }
                if !self.is_partial {
                    let whole = std::mem::take(&mut self.part);
                    self.push_obu(&whole, frame)?;
                    self.part = whole;
                    self.part.clear();
                }
            } else {
                self.push_obu(element, frame)?;
            }
        }
        (count == 0 || number == count).then_some(())
    }

    fn push_obu(&mut self, obu: &[u8], frame: &mut Vec<u8>) -> Option<()> {
        let Some(first) = obu.first().copied() else { return Some(()) };
        let (kind, has_extension, has_size) = (first >> 3 & 15, first & 4 != 0, first & 2 != 0);
        let (header, mut payload) = obu.split_at_checked(if has_extension { 2 } else { 1 })?;
        if has_size {
            let (size, length) = decode_leb128(payload).ok()?;
            payload = payload.get(length..)?.get(..usize::try_from(size).ok()?)?;
        }
        if matches!(kind, TEMPORAL_DELIMITER | TILE_LIST | PADDING) {
            return Some(());
        }
        let begin = frame.len();
        frame.push(first | 2);
        frame.extend_from_slice(header.get(1..)?);
        write_leb128(payload.len(), frame);
        frame.extend_from_slice(payload);
        if kind == SEQUENCE_HEADER && self.sequence_header.is_empty() {
            self.sequence_header.extend_from_slice(frame.get(begin..)?);
        }
        Some(())
    }

    pub(super) fn finish(&mut self, frame: &[u8]) -> Option<FrameDescription> {
        let is_key = self.is_new_sequence && !self.sequence_header.is_empty();
        let key = if is_key {
            VideoFormat::sized(CodecConfiguration::Av1 {
                sequence_header: self.sequence_header.clone(),
            })
        } else {
            None
        };
        let usable = !self.is_partial && !frame.is_empty() && (key.is_some() || !is_key);
        self.reset();
        usable.then_some(FrameDescription { key, temporal: None })
    }
}

/// AV1 §4.10.5.
fn write_leb128(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn obus_get_sizes_and_fragments_become_whole() {
        let (mut frames, mut frame) = (Av1Frames::default(), Vec::new());
        // Two elements: a delimiter with its length, and the first bytes of a frame (type 6).
        frames.push(&[0x60, 1, 0x10, 0x30, 1, 2], &mut frame).expect("a part");
        assert!(frames.push(&[0x10, 0x30, 9], &mut Vec::new()).is_none(), "isn't the rest");
        // The rest, and an OBU of metadata (type 5) with a size of its own.
        frames.push(&[0x80, 1, 3, 4, 0x2a, 2, 8, 9], &mut frame).expect("the rest");
        assert!(frames.finish(&frame).is_some_and(|it| it.key.is_none()));
        assert_eq!(frame, [0x32, 3, 1, 2, 3, 0x2a, 2, 8, 9]);
    }

    #[test]
    fn broken_payloads_break_the_unit() {
        let long = [0x00, 5, 0x30];
        for payload in [&[][..], &[0x80, 1], &long, &[0x20, 1, 0x30], &[0x10, 0x34]] {
            assert!(Av1Frames::default().push(payload, &mut Vec::new()).is_none(), "{payload:?}");
        }
    }
}
