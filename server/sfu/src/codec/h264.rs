//! H.264 payloads (RFC 6184), read without decoding: NAL units, B-slices, height.

/// NAL unit types (RFC 6184 §5.2, §5.4).
pub(crate) mod nal {
    pub(crate) const SLICE: u8 = 1;
    pub(crate) const IDR: u8 = 5;
    pub(crate) const SEQUENCE_PARAMETER_SET: u8 = 7;
    pub(crate) const PICTURE_PARAMETER_SET: u8 = 8;
    pub(crate) const AGGREGATE: u8 = 24;
    pub(crate) const FRAGMENT: u8 = 28;
}

/// Profiles whose parameter sets tell of colours (ITU-T H.264 §7.3.2.1.1).
const WITH_COLOURS: [u32; 13] = [44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244];

/// NAL units of a payload, each with its header: those of an aggregate, or the only one.
pub(crate) fn units(payload: &[u8]) -> impl Iterator<Item = &[u8]> {
    let aggregate = payload.first().is_some_and(|header| header & 0x1f == nal::AGGREGATE);
    let mut rest = if aggregate { payload.get(1..).unwrap_or_default() } else { payload };
    std::iter::from_fn(move || {
        if !aggregate {
            return Some(std::mem::take(&mut rest)).filter(|unit| !unit.is_empty());
        }
        let [high, low, after @ ..] = rest else {
            return None;
        };
        let size = usize::from(u16::from_be_bytes([*high, *low])).max(1);
        rest = after.get(size..).unwrap_or_default();
        Some(after.get(..size).unwrap_or(after))
    })
}

/// NAL unit that begins in a payload.
pub(crate) struct Unit<'p> {
    pub(crate) kind: u8,
    /// Its bytes with the header; of a fragment without.
    pub(crate) bytes: &'p [u8],
    /// False for a fragment (FU-A, RFC 6184 §5.8).
    pub(crate) whole: bool,
}

/// NAL units that begin in a payload.
pub(crate) fn units_begun(payload: &[u8]) -> impl Iterator<Item = Unit<'_>> {
    let fragment = match payload {
        [indicator, header, ..] if indicator & 0x1f == nal::FRAGMENT => Some(*header),
        _ => None,
    };
    units(payload).filter_map(move |bytes| match fragment {
        Some(header) if header & 0x80 != 0 => {
            let bytes = bytes.get(1..)?;
            Some(Unit { kind: header & 0x1f, bytes, whole: false })
        }
        Some(_) => None,
        None => Some(Unit { kind: bytes.first()? & 0x1f, bytes, whole: true }),
    })
}

/// True if a slice of a B-frame begins in the payload (ITU-T H.264 §7.3.3, table 7-6).
pub(crate) fn has_b_slice(payload: &[u8]) -> bool {
    units_begun(payload).filter(|unit| unit.kind == nal::SLICE).any(|unit| {
        let mut bits = Bits { bytes: unit.bytes.get(1..).unwrap_or_default(), read: 0, zeroes: 0 };
        let first = bits.unsigned();
        first.and_then(|_| bits.unsigned()).is_some_and(|kind| kind % 5 == 1)
    })
}

/// Height in pixels by the sequence parameter set in the payload, if there is one.
pub(crate) fn height(payload: &[u8]) -> Option<u16> {
    let is_parameters = |unit: &&[u8]| {
        unit.first().is_some_and(|header| header & 0x1f == nal::SEQUENCE_PARAMETER_SET)
    };
    parameters_height(units(payload).find(is_parameters)?.get(1..)?)
}

/// Height by a sequence parameter set (ITU-T H.264 §7.3.2.1.1) without its header.
fn parameters_height(set: &[u8]) -> Option<u16> {
    let mut bits = Bits { bytes: set, read: 0, zeroes: 0 };
    let profile = bits.take(8)?;
    // Constraints and level, then which set it is.
    bits.take(16)?;
    bits.unsigned()?;
    let mut chroma = 1;
    if WITH_COLOURS.contains(&profile) {
        chroma = bits.unsigned()?;
        if chroma == 3 {
            bits.take(1)?;
        }
        bits.unsigned()?;
        bits.unsigned()?;
        bits.take(1)?;
        if bits.take(1)? == 1 {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if bits.take(1)? == 1 {
                    bits.pass_scaling_list(if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.unsigned()?;
    match bits.unsigned()? {
        0 => {
            bits.unsigned()?;
        }
        1 => {
            bits.take(1)?;
            bits.unsigned()?;
            bits.unsigned()?;
            for _ in 0..bits.unsigned()?.min(255) {
                bits.unsigned()?;
            }
        }
        _ => {}
    }
    bits.unsigned()?;
    bits.take(1)?;
    let _width = bits.unsigned()?;
    let map_units = bits.unsigned()?.checked_add(1)?;
    let frames_only = bits.take(1)?;
    if frames_only == 0 {
        bits.take(1)?;
    }
    bits.take(1)?;
    let mut cropped = 0_u32;
    if bits.take(1)? == 1 {
        bits.unsigned()?;
        bits.unsigned()?;
        cropped = bits.unsigned()?.checked_add(bits.unsigned()?)?;
    }
    let fields = 2 - frames_only;
    let chroma_lines = if chroma == 1 { 2 } else { 1 };
    let height = map_units.checked_mul(16 * fields)?;
    height.checked_sub(cropped.checked_mul(chroma_lines * fields)?)?.try_into().ok()
}

/// Bits of a unit, most significant first, without the bytes that keep it from looking like the start
/// of another (§7.4.1: 3 behind two zeroes).
struct Bits<'a> {
    bytes: &'a [u8],
    /// Bits read of the first byte.
    read: u32,
    /// Zero bytes before the first.
    zeroes: u32,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        if self.read == 8 {
            let (done, rest) = self.bytes.split_first()?;
            self.zeroes = if *done == 0 { self.zeroes + 1 } else { 0 };
            (self.bytes, self.read) = (rest, 0);
            if self.zeroes >= 2 && self.bytes.first() == Some(&3) {
                (self.bytes, self.zeroes) = (self.bytes.get(1..)?, 0);
            }
        }
        let bit = self.bytes.first()? >> (7 - self.read) & 1;
        self.read += 1;
        Some(bit.into())
    }

    fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | self.bit()?))
    }

    /// Exp-Golomb (§9.1).
    fn unsigned(&mut self) -> Option<u32> {
        let mut zeroes = 0;
        while self.bit()? == 0 {
            zeroes += 1;
            if zeroes > 31 {
                return None;
            }
        }
        ((1_u32 << zeroes) - 1).checked_add(self.take(zeroes)?)
    }

    /// Signed Exp-Golomb (§9.1.1).
    fn signed(&mut self) -> Option<i32> {
        let code = self.unsigned()?;
        let half = i32::try_from(code.div_ceil(2)).ok()?;
        Some(if code % 2 == 0 { -half } else { half })
    }

    /// §7.3.2.1.1.1.
    fn pass_scaling_list(&mut self, size: u32) -> Option<()> {
        let mut last = 8;
        for _ in 0..size {
            let next = last + self.signed()?.clamp(-128, 127);
            match next.rem_euclid(256) {
                0 => return Some(()),
                next => last = next,
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parameters as x264 writes them, without what comes after the height.
    const BASELINE_480: &[u8] = &[0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x3d, 0xa1];

    #[test]
    fn h264_parameter_set_has_height() {
        let high_1080 = [0x67, 0x64, 0, 0x28, 0xac, 0xd9, 0x40, 0x78, 2, 0x27, 0xe5, 0x84];
        let fields_1080 = [0x67, 0x64, 0, 0x28, 0xac, 0xd9, 0x40, 0x78, 4, 0x4f, 0xdc, 0x20];
        let high_360 = [0x67, 0x64, 0, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x61];
        assert_eq!(height(BASELINE_480), Some(480));
        assert_eq!(height(&high_1080), Some(1_080));
        assert_eq!(height(&fields_1080), Some(1_080));
        assert_eq!(height(&high_360), Some(360));
        let aggregate = [&[0x78, 0, 2, 0x09, 0xf0, 0, 9], BASELINE_480, &[0, 1, 0x68]].concat();
        assert_eq!(height(&aggregate), Some(480));
    }

    #[test]
    #[allow(clippy::unusual_byte_groupings, reason = "grouped as Exp-Golomb codes")]
    fn h264_b_slices_are_detected() {
        // Their first macroblock, and then their kind: 1 or 6 is B.
        let b = [0x01, 0b1_010_0000];
        assert!(has_b_slice(&b));
        assert!(has_b_slice(&[0x01, 0b1_00111_00, 0]), "6: all of the picture are");
        assert!(has_b_slice(&[0x7c, 0x81, 0b1_010_0000]), "the first fragment");
        assert!(has_b_slice(&[&[0x78, 0, 2, 0x09, 0xf0, 0, 2][..], &b].concat()));
        for other in [
            &[0x41, 0b1_1_000000][..],
            &[0x41, 0b1_00110_00],
            &[0x65, 0b1_010_0000],
            &[0x7c, 0x01, 0b1_010_0000],
            &[0x01],
            &[0x01, 0],
            &[],
        ] {
            assert!(!has_b_slice(other), "{other:02x?}");
        }
    }

    #[test]
    fn h264_payload_without_parameter_set_has_no_height() {
        for payload in [&[][..], &[0x65, 1, 2], &[0x78], &[0x67, 0x42], &[0x78, 0, 0, 0x67]] {
            assert_eq!(height(payload), None);
        }
    }
}
