//! Payloads that tell which packet of which publisher they are.

use str0m::format::Codec;

use crate::codec::dependency_descriptor::DependencyDescriptor;

/// No layer: a packet of nothing.
pub(super) const NOTHING: u8 = u8::MAX;

/// Bytes before what they say; the longest descriptors have room.
const VP8_DESCRIPTOR: usize = 14;
const VP9_DESCRIPTOR: usize = 20;
const AV1_DESCRIPTOR: usize = 3;
const H264_DESCRIPTOR: usize = 14;

/// A payload of video: what it is, then filled up.
pub(super) fn filled(
    mut descriptor: Vec<u8>,
    name: u8,
    layer: u8,
    number: u64,
    size: usize,
) -> Vec<u8> {
    descriptor.extend([name, layer]);
    descriptor.extend(number.to_be_bytes());
    descriptor.resize(size, 0);
    descriptor
}

/// RFC 7741 §4.2: X, S on the first packet, I, PictureID; then the frame tag, P = 0 for a key, and the
/// size.
pub(super) fn vp8(picture: u16, keyframe: bool, layer: u8, first: bool) -> Vec<u8> {
    let [high, low] = picture.to_be_bytes();
    let flags = if first { 0x90 } else { 0x80 };
    let mut descriptor = vec![flags, 0x80, high | 0x80, low, u8::from(!keyframe)];
    descriptor.extend([0, 0, 0x9d, 0x01, 0x2a, 0, 1]);
    descriptor.extend((180_u16 << layer).to_le_bytes());
    descriptor
}

/// RFC 9628 §4.2: I, P, L, B, E, V; a picture id of 15 bits; the layer; TL0PICIDX; with a keyframe
/// what layers there are. `layer` is the spatial and the temporal one; `ends` says whether the layer's frame begins and ends here.
pub(super) fn vp9(
    picture: u16,
    keyframe: bool,
    (layer, temporal): (u8, u8),
    layers: u8,
    ends: [bool; 2],
) -> Vec<u8> {
    let bit = |is: bool, bit: u8| if is { bit } else { 0 };
    let told = keyframe && layer == 0 && ends[0];
    let flags = bit(!keyframe, 0x40) | bit(ends[0], 8) | bit(ends[1], 4) | bit(told, 2);
    let [high, low] = picture.to_be_bytes();
    let mut descriptor = vec![0xa0 | flags, high | 0x80, low, temporal << 5 | layer << 1, 0];
    if told {
        descriptor.push((layers - 1) << 5 | 0x10);
        for height in [180_u16, 360, 720].into_iter().take(layers.into()) {
            descriptor.extend((height / 9 * 16).to_be_bytes());
            descriptor.extend(height.to_be_bytes());
        }
    }
    descriptor.resize(VP9_DESCRIPTOR, 0);
    descriptor
}

/// RFC 6184 §5.8: a fragment of a picture. A keyframe begins with its parameters (of 480 lines). The
/// picture's count would be a part of what is encoded.
pub(super) fn h264(picture: u16, keyframe: bool, ends: [bool; 2], bare: bool) -> Vec<u8> {
    const PARAMETERS: [u8; 9] = [0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x3d, 0xa1];
    let mut descriptor = match (keyframe, ends[0]) {
        (true, true) if bare => vec![0x7c, 0x85, 0x88],
        (true, true) => PARAMETERS.to_vec(),
        (true, false) => vec![0x7c, u8::from(ends[1]) << 6 | 5, 0x88],
        // A slice of a P picture, its first macroblock: 1, then 1, in Exp-Golomb.
        (false, first) => vec![0x5c, u8::from(first) << 7 | u8::from(ends[1]) << 6 | 1, 0xc0],
    };
    descriptor.resize(H264_DESCRIPTOR - 2, 0);
    descriptor.extend(picture.to_be_bytes());
    descriptor
}

/// AV1 RTP §4.4: N, where a keyframe begins. The picture's count would be a part of what is encoded.
pub(super) fn av1(picture: u16, keyframe: bool, layer: u8, ends: [bool; 2]) -> Vec<u8> {
    let [high, low] = picture.to_be_bytes();
    vec![if keyframe && layer == 0 && ends[0] { 0x18 } else { 0x10 }, high, low]
}

/// AV1 RTP appendix A: a template for each of three layers, listed with a keyframe; frames are counted
/// over all layers.
pub(super) fn dependency(
    frame: u16,
    keyframe: bool,
    layer: u8,
    ends: [bool; 2],
) -> DependencyDescriptor {
    /// Of the first template.
    const FIRST: u32 = 62;
    let template = (FIRST + u32::from(layer)) % 64;
    let mut fields =
        vec![(ends[0].into(), 1), (ends[1].into(), 1), (template, 6), (frame.into(), 16)];
    if keyframe && layer == 0 && ends[0] {
        // A list and nothing else; from FIRST on; for three targets; each of the next spatial layer.
        fields.extend([(0b1_0000, 5), (FIRST, 6), (2, 5), (2, 2), (2, 2), (3, 2)]);
        // What each is to each target, that they need no other frame, no chains, and their sizes.
        fields.extend([(0, 18), (0, 3), (0, 2), (1, 1)]);
        fields.extend(
            [180, 360, 720].into_iter().flat_map(|height| [(height, 16), (height - 1, 16)]),
        );
    }
    let bits =
        fields.iter().flat_map(|(value, width)| (0..*width).rev().map(move |at| value >> at & 1));
    let bits: Vec<u32> = bits.collect();
    let bytes = bits.chunks(8).map(|byte| {
        byte.iter().enumerate().fold(0, |sum, (at, bit)| sum | (*bit as u8) << (7 - at))
    });
    DependencyDescriptor::of(&bytes.collect::<Vec<u8>>()).expect("a descriptor")
}

/// What is written in a payload.
pub(super) struct Read {
    pub(super) name: u8,
    pub(super) number: u64,
    pub(super) layer: u8,
    pub(super) picture: u16,
    pub(super) keyframe: bool,
}

impl Read {
    pub(super) fn of(codec: Codec, payload: &[u8]) -> Self {
        if payload.len() < 8 {
            // Parameters, if anything.
            let keyframe = payload.first().is_some_and(|header| header & 0x1f == 7);
            return Read { name: 0, number: 0, layer: NOTHING, picture: 0, keyframe };
        }
        let (name, picture) = match codec {
            Codec::Vp8 => (VP8_DESCRIPTOR, 2),
            Codec::Vp9 => (VP9_DESCRIPTOR, 1),
            Codec::Av1 => (AV1_DESCRIPTOR, 1),
            Codec::H264 => (H264_DESCRIPTOR, H264_DESCRIPTOR - 2),
            _ => (1, 0),
        };
        let at = if codec == Codec::Opus { name + 1 } else { name + 2 };
        let picture = u16::from_be_bytes([payload[picture] & 0x7f, payload[picture + 1]]);
        Read {
            name: payload[name],
            number: u64::from_be_bytes(payload[at..at + 8].try_into().expect("8 bytes")),
            layer: if codec == Codec::Opus { 0 } else { payload[name + 1] },
            picture,
            keyframe: match codec {
                Codec::Vp8 => payload[0] == 0x90 && payload[4] == 0,
                Codec::Vp9 => payload[0] & 0x48 == 8 && payload[3] == 0,
                Codec::Av1 => payload[0] & 8 != 0,
                Codec::H264 => payload[0] & 0x1f == 7,
                _ => false,
            },
        }
    }
}
