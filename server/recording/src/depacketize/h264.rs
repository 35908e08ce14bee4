//! H.264 (RFC 6184): single units, STAP-A and FU-A become units with lengths (ISO/IEC 14496-15 §5.3.3).

use super::FrameDescription;
use crate::format::{CodecConfiguration, VideoFormat};

/// NAL unit types (RFC 6184 §5.2, ITU-T H.264 table 7-1).
const SLICE: u8 = 1;
const IDR: u8 = 5;
const SEI: u8 = 6;
const SEQUENCE_PARAMETER_SET: u8 = 7;
const PICTURE_PARAMETER_SET: u8 = 8;
const DELIMITER: u8 = 9;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// Parameter sets of one kind that are kept, and the longest.
const MAX_SETS: usize = 16;
const MAX_SET_BYTES: usize = 4_096;

fn kind(header: u8) -> u8 {
    header & 0x1f
}

/// True if a picture certainly begins with this payload: with a delimiter, parameters or its first slice.
pub(super) fn begins(payload: &[u8]) -> bool {
    let unit = match payload {
        [header, _, _, unit @ ..] if kind(*header) == STAP_A => unit,
        [indicator, header, rest @ ..] if kind(*indicator) == FU_A => {
            return header & 0x80 != 0
                && matches!(kind(*header), SLICE | IDR)
                && rest.first().is_some_and(|it| it & 0x80 != 0);
        }
        unit => unit,
    };
    match unit {
        // first_mb_in_slice is 0, which is a bit in Exp-Golomb (§7.3.3).
        [header, first, ..] if matches!(kind(*header), SLICE | IDR) => first & 0x80 != 0,
        [header, ..] => matches!(kind(*header), SEQUENCE_PARAMETER_SET | DELIMITER),
        [] => false,
    }
}

/// Frames of one stream.
#[derive(Debug, Default)]
pub(crate) struct H264Frames {
    /// Parameter sets in force, and those of the picture that comes in.
    sequence_sets: Vec<Vec<u8>>,
    picture_sets: Vec<Vec<u8>>,
    new_sequence_sets: Vec<Vec<u8>>,
    new_picture_sets: Vec<Vec<u8>>,
    /// Place at which the unit begins whose fragments come in.
    fragment: Option<usize>,
    has_slice: bool,
    is_key: bool,
}

impl H264Frames {
    pub(super) fn reset(&mut self) {
        self.new_sequence_sets.clear();
        self.new_picture_sets.clear();
        self.fragment = None;
        (self.has_slice, self.is_key) = (false, false);
    }

    pub(super) fn has_begun_key(&self) -> bool {
        self.is_key || !self.new_sequence_sets.is_empty()
    }

    pub(super) fn push(&mut self, payload: &[u8], frame: &mut Vec<u8>) -> Option<()> {
        let (header, mut rest) = payload.split_first()?;
        match kind(*header) {
            FU_A => self.push_fragment(*header, rest, frame),
            _ if self.fragment.is_some() => None,
            STAP_A => {
                while let [high, low, after @ ..] = rest {
                    let size = usize::from(u16::from_be_bytes([*high, *low]));
                    let (unit, after) = after.split_at_checked(size)?;
                    self.push_unit(unit, frame)?;
                    rest = after;
                }
                rest.is_empty().then_some(())
            }
            1..STAP_A => self.push_unit(payload, frame),
            _ => None,
        }
    }

    fn push_fragment(&mut self, indicator: u8, rest: &[u8], frame: &mut Vec<u8>) -> Option<()> {
        let (header, data) = rest.split_first()?;
        let (starts, ends) = (header & 0x80 != 0, header & 0x40 != 0);
        if starts == self.fragment.is_some() {
            return None;
        }
        if starts {
            self.fragment = Some(frame.len());
            frame.extend([0, 0, 0, 0, indicator & 0xe0 | header & 0x1f]);
        }
        frame.extend_from_slice(data);
        if ends {
            let begin = self.fragment.take()?;
            let unit = frame.split_off(begin);
            self.push_unit(unit.get(4..)?, frame)?;
        }
        Some(())
    }

    fn push_unit(&mut self, unit: &[u8], frame: &mut Vec<u8>) -> Option<()> {
        let kind = kind(*unit.first()?);
        let sets = match kind {
            SEQUENCE_PARAMETER_SET => &mut self.new_sequence_sets,
            PICTURE_PARAMETER_SET => &mut self.new_picture_sets,
            SLICE..=SEI => {
                self.has_slice |= kind < SEI;
                self.is_key |= kind == IDR;
                frame.extend(u32::try_from(unit.len()).ok()?.to_be_bytes());
                frame.extend_from_slice(unit);
                return Some(());
            }
            // Delimiters and filler have no place in a file, and the rest no decoder.
            _ => return Some(()),
        };
        if unit.len() <= MAX_SET_BYTES && sets.len() < MAX_SETS && !sets.iter().any(|it| it == unit)
        {
            sets.push(unit.to_vec());
        }
        Some(())
    }

    pub(super) fn finish(&mut self, frame: &[u8]) -> Option<FrameDescription> {
        if !self.new_sequence_sets.is_empty() {
            self.sequence_sets = std::mem::take(&mut self.new_sequence_sets);
        }
        if !self.new_picture_sets.is_empty() {
            self.picture_sets = std::mem::take(&mut self.new_picture_sets);
        }
        let whole = self.fragment.is_none() && self.has_slice && !frame.is_empty();
        let key = if self.is_key { self.format() } else { None };
        let usable = whole && (key.is_some() || !self.is_key);
        self.reset();
        usable.then_some(FrameDescription { key, temporal: None })
    }

    fn format(&self) -> Option<VideoFormat> {
        let configuration = CodecConfiguration::H264 {
            sequence_sets: self.sequence_sets.clone(),
            picture_sets: self.picture_sets.clone(),
        };
        VideoFormat::sized(configuration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_all_kinds_of_packets_have_lengths() {
        let (mut frames, mut frame) = (H264Frames::default(), Vec::new());
        // A delimiter and a slice in one packet, one alone, one in three fragments.
        frames.push(&[0x78, 0, 2, 0x09, 0xf0, 0, 3, 0x41, 1, 2], &mut frame).expect("STAP-A");
        frames.push(&[0x01, 7, 8], &mut frame).expect("a unit");
        frames.push(&[0x7c, 0x81, 1], &mut frame).expect("the first");
        frames.push(&[0x7c, 0x01, 2, 3], &mut frame).expect("the second");
        assert!(frames.push(&[0x41, 1], &mut Vec::new()).is_none(), "amid fragments");
        frames.push(&[0x7c, 0x41, 4], &mut frame).expect("the last");
        assert!(frames.finish(&frame).is_some_and(|it| it.key.is_none()));
        let expected: [&[u8]; 3] =
            [&[0, 0, 0, 3, 0x41, 1, 2], &[0, 0, 0, 3, 1, 7, 8], &[0, 0, 0, 5, 0x61, 1, 2, 3, 4]];
        assert_eq!(frame, expected.concat());
    }

    #[test]
    fn broken_payloads_break_the_frame() {
        for payload in [&[][..], &[0x78, 0, 9, 1], &[0x7c], &[0x7c, 0x01, 1], &[0x79, 0], &[0]] {
            assert!(H264Frames::default().push(payload, &mut Vec::new()).is_none());
        }
        // A keyframe without parameters.
        let (mut frames, mut frame) = (H264Frames::default(), Vec::new());
        frames.push(&[0x65, 0x88, 1], &mut frame).expect("a unit");
        assert!(frames.finish(&frame).is_none());
    }
}
