//! Keyframe detection by the payload of an RTP packet.

use str0m::format::{Codec, detect_av1_keyframe, detect_vp8_keyframe};

use crate::codec::h264::{self, nal};
use crate::codec::vp9;

/// True if `payload` may be the first packet of a keyframe.
///
/// A keyframe can have several such packets (H.264 parameter sets, then slices): the first of one
/// RTP timestamp counts.
pub(crate) fn begins_keyframe(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Vp8 => detect_vp8_keyframe(payload),
        Codec::Vp9 => vp9::read(payload).is_some_and(|part| part.keyframe),
        Codec::H264 => begins_h264_keyframe(payload),
        // N: a new coded video sequence begins; never set on a continuation (AV1 RTP §4.4).
        Codec::Av1 => detect_av1_keyframe(payload),
        _ => false,
    }
}

fn begins_h264_keyframe(payload: &[u8]) -> bool {
    let wanted = |header: u8| matches!(header & 0x1f, nal::IDR | nal::SEQUENCE_PARAMETER_SET);
    match payload {
        // The first fragment of a unit that is too large for one packet.
        [indicator, header, ..] if indicator & 0x1f == nal::FRAGMENT => {
            header & 0x80 != 0 && wanted(*header)
        }
        _ => h264::units(payload).any(|unit| unit.first().is_some_and(|header| wanted(*header))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyframe_begins_with_its_first_packet_only() {
        let cases: &[(Codec, &[u8], bool)] = &[
            (Codec::Vp8, &[0x10, 0x00], true),
            (Codec::Vp8, &[0x90, 0x80, 0x81, 0x02, 0x00], true),
            (Codec::Vp8, &[0x10, 0x01], false),
            (Codec::Vp8, &[0x00, 0x00], false),
            (Codec::Vp8, &[0x11, 0x00], false),
            (Codec::Vp9, &[0x08], true),
            (Codec::Vp9, &[0xa8, 0x81, 0x02, 0x00, 0x00], true),
            (Codec::Vp9, &[0xa8, 0x81, 0x02, 0x02, 0x00], false),
            (Codec::Vp9, &[0x48], false),
            (Codec::Vp9, &[0x00], false),
            (Codec::H264, &[0x67, 1, 2], true),
            (Codec::H264, &[0x65, 1, 2], true),
            (Codec::H264, &[0x61, 1, 2], false),
            (Codec::H264, &[0x78, 0, 2, 0x09, 0xf0, 0, 1, 0x67], true),
            (Codec::H264, &[0x78, 0, 1, 0x09, 0, 1, 0x61], false),
            (Codec::H264, &[0x78, 0, 0, 0], false),
            (Codec::H264, &[0x7c, 0x85], true),
            (Codec::H264, &[0x7c, 0x05], false),
            (Codec::Av1, &[0x18, 0x0a], true),
            (Codec::Av1, &[0x90, 0x0a], false),
            (Codec::Opus, &[0x10, 0x00], false),
        ];
        for (codec, payload, begins) in cases {
            assert_eq!(begins_keyframe(*codec, payload), *begins, "{codec:?} {payload:02x?}");
            assert!(!begins_keyframe(*codec, &[]));
        }
    }
}
