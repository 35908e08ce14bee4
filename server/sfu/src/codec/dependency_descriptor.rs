//! Dependency descriptor: the header extension by which an AV1 stream tells how its frames build on
//! each other (RTP payload format for AV1, appendix A).
//!
//! Receivers need it to decode less than the whole of a scalable stream, so it is forwarded. The
//! SFU reads from it which layer a packet belongs to.

use std::sync::Arc;

use str0m::rtp::{Extension, ExtensionSerializer, ExtensionValues};

use crate::codec::svc::{LayerInfo, LayerStructure};

const URI: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// Templates have numbers of six bits.
const MAX_TEMPLATES: usize = 64;

/// Spatial layers have numbers of two bits.
const MAX_LAYERS: usize = 4;

/// Longest value of an extension in the one-byte form.
const MAX_ONE_BYTE_VALUE: usize = 16;

/// Length of the mandatory fields: start, end and template in the first byte, then the frame
/// number.
const MANDATORY_BYTES: usize = 3;

/// Descriptor of one packet, as received.
///
/// Invariant: it has the mandatory fields, and fits the length of an extension.
#[derive(Debug)]
pub(crate) struct DependencyDescriptor(Box<[u8]>);

impl DependencyDescriptor {
    /// Reads a descriptor; [`None`] if `bytes` is too short or too long for one.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let fits = (MANDATORY_BYTES..=usize::from(u8::MAX)).contains(&bytes.len());
        fits.then(|| DependencyDescriptor(bytes.into()))
    }

    /// The bytes to forward.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// True if it is too long for the one-byte form of header extensions (RFC 8285 §4.2).
    pub(crate) fn is_long(&self) -> bool {
        self.0.len() > MAX_ONE_BYTE_VALUE
    }

    /// Frame number, counted over all layers.
    pub(crate) fn frame(&self) -> u16 {
        match *self.0 {
            [_, high, low, ..] => u16::from_be_bytes([high, low]),
            _ => 0,
        }
    }

    /// Writes another frame number into a copy of [`DependencyDescriptor::bytes`].
    pub(crate) fn write_frame(copy: &mut [u8], frame: u16) {
        if let Some(number) = copy.get_mut(1..).and_then(|rest| rest.first_chunk_mut::<2>()) {
            *number = frame.to_be_bytes();
        }
    }
}

/// The header extension, for the SDP library, which doesn't know it.
pub(crate) fn extension() -> Extension {
    Extension::with_serializer(URI, Carrier)
}

#[derive(Debug)]
struct Carrier;

impl ExtensionSerializer for Carrier {
    fn write_to(&self, space: &mut [u8], values: &ExtensionValues) -> usize {
        let descriptor = values.user_values.get::<DependencyDescriptor>();
        let Some(bytes) = descriptor.map(DependencyDescriptor::bytes) else {
            return 0;
        };
        let space = space.get_mut(..bytes.len());
        space.map_or(0, |space| {
            space.copy_from_slice(bytes);
            bytes.len()
        })
    }

    fn parse_value(&self, bytes: &[u8], values: &mut ExtensionValues) -> bool {
        let read = DependencyDescriptor::of(bytes);
        read.map(|descriptor| values.user_values.set(descriptor)).is_some()
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }

    fn requires_two_byte_form(&self, values: &ExtensionValues) -> bool {
        let descriptor = values.user_values.get::<DependencyDescriptor>();
        descriptor.is_some_and(DependencyDescriptor::is_long)
    }
}

/// Descriptor of a received packet, if it has one.
pub(crate) fn of(values: &ExtensionValues) -> Option<Arc<DependencyDescriptor>> {
    values.user_values.get_arc()
}

/// Templates of a stream, to which its packets refer: those that its last keyframe listed.
#[derive(Default)]
pub(crate) struct Templates {
    /// The number of the first.
    first: u8,
    /// Spatial and temporal layer of each.
    layers: Vec<(u8, u8)>,
}

impl Templates {
    /// Reads a packet's place in its frame. A packet that refers to no known template belongs to
    /// the lowest layer, and so to all: a keyframe's list may have been lost.
    pub(crate) fn read(&mut self, descriptor: &DependencyDescriptor) -> LayerInfo {
        let mut bits = Bits { bytes: descriptor.bytes(), at: 0 };
        let starts = bits.take(1) == Some(1);
        let ends = bits.take(1) == Some(1);
        let template = bits.take(6).unwrap_or_default() as u8;
        let listed = bits.after(MANDATORY_BYTES).and_then(Templates::list);
        let structure = listed.map(|(templates, structure)| {
            *self = templates;
            structure
        });
        let index = usize::from(template.wrapping_sub(self.first)) % MAX_TEMPLATES;
        let (layer, temporal) = self.layers.get(index).copied().unwrap_or_default();
        let begins = starts && layer == 0;
        let keyframe = begins && structure.is_some();
        LayerInfo { layer, temporal, begins, ends, keyframe, structure }
    }

    /// Reads a list of templates, where there is one (template_dependency_structure).
    fn list(mut bits: Bits<'_>) -> Option<(Self, LayerStructure)> {
        let listed = bits.take(1)? == 1;
        // Active decode targets, and whether targets, differences and chains are told anew: of the frame.
        bits.take(4)?;
        if !listed {
            return None;
        }
        let first = bits.take(6)? as u8;
        let targets = bits.take(5)? + 1;
        let mut layers = vec![(0_u8, 0_u8)];
        let (mut layer, mut temporal) = (0, 0);
        loop {
            // The next template is of the same layer, of the next temporal one, or of the next spatial one.
            match bits.take(2)? {
                3 => break,
                2 => (layer, temporal) = (layer + 1, 0),
                1 => temporal += 1,
                _ => {}
            }
            if layers.len() == MAX_TEMPLATES || usize::from(layer) == MAX_LAYERS {
                return None;
            }
            layers.push((layer, temporal));
        }
        let templates = layers.len() as u32;
        bits.skip(templates * targets * 2)?;
        for _ in 0..templates {
            while bits.take(1)? == 1 {
                bits.skip(4)?;
            }
        }
        let chains = bits.below(targets + 1)?;
        if chains > 0 {
            for _ in 0..targets {
                bits.below(chains)?;
            }
            bits.skip(templates * chains * 4)?;
        }
        let mut structure = LayerStructure::new(layer + 1);
        if bits.take(1)? == 1 {
            for number in 0..=layer {
                bits.skip(16)?;
                // One less than the height, which has 16 bits itself.
                structure.set_height(number, (bits.take(16)? as u16).saturating_add(1));
            }
        }
        Some((Templates { first, layers }, structure))
    }
}

/// Bits from the highest of each byte on.
#[derive(Clone, Copy)]
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    /// The bits after so many bytes; [`None`] if there are none.
    fn after(self, bytes: usize) -> Option<Bits<'a>> {
        (self.bytes.len() > bytes).then_some(Bits { at: bytes * 8, ..self })
    }

    /// The next `count` bits, at most 32 of them.
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    fn skip(&mut self, count: u32) -> Option<()> {
        self.at += count as usize;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// A number below `end`, the lower ones in a bit less (`ns(n)`).
    fn below(&mut self, end: u32) -> Option<u32> {
        let width = u32::BITS - end.leading_zeros();
        let short = (1 << width) - end;
        let value = self.take(width.saturating_sub(1))?;
        if value < short {
            return Some(value);
        }
        Some((value << 1) - short + self.take(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Descriptor that Chromium sends with a keyframe of `L3T3_KEY`: fifteen templates for nine
    /// targets, with chains and sizes.
    const LIST: &[u8] = &[
        0xc0, 0x00, 0x03, 0x80, 0x08, 0x14, 0x85, 0x21, 0x4e, 0xaa, 0xaa, 0xa8, 0x00, 0x06, 0x00,
        0x00, 0x40, 0x00, 0x10, 0x00, 0x02, 0xaa, 0x80, 0xa8, 0x00, 0x06, 0x00, 0x00, 0x40, 0x00,
        0x10, 0x00, 0x02, 0xa0, 0x00, 0xa8, 0x00, 0x06, 0x00, 0x00, 0x40, 0x00, 0x16, 0xd5, 0x49,
        0x24, 0x1b, 0x55, 0x24, 0x90, 0x6d, 0x54, 0x92, 0x31, 0x57, 0xe0, 0x01, 0x97, 0x4c, 0xa8,
        0x64, 0x33, 0x0e, 0x22, 0x23, 0x96, 0xec, 0xa8, 0x65, 0x53, 0x04, 0x22, 0x43, 0x90, 0xec,
        0xa8, 0x77, 0x53, 0x01, 0x3f, 0x00, 0xb3, 0x02, 0x7f, 0x01, 0x67, 0x04, 0xff, 0x02, 0xcf,
    ];

    fn read(templates: &mut Templates, bytes: &[u8]) -> LayerInfo {
        templates.read(&DependencyDescriptor::of(bytes).expect("a descriptor"))
    }

    #[test]
    fn keyframe_descriptor_lists_templates_of_following_packets() {
        let mut templates = Templates::default();
        let key = read(&mut templates, LIST);
        assert!(key.keyframe && key.begins && key.ends && key.layer == 0);
        let structure = key.structure.expect("a list");
        let heights: Vec<_> = (0..4).map(|layer| structure.height(layer)).collect();
        assert_eq!((structure.count, heights), (3, vec![Some(180), Some(360), Some(720), None]));
        // The rest of the keyframe, in two packets the last of it; then a picture that isn't one.
        for (bytes, (layer, temporal), begins, ends) in [
            (&[0xc5, 0, 4][..], (1, 0), false, true),
            (&[0x8a, 0, 5], (2, 0), false, false),
            (&[0x4a, 0, 5], (2, 0), false, true),
            (&[0xc3, 0, 6], (0, 2), true, true),
            (&[0xcd, 0, 8], (2, 2), false, true),
            (&[0xc2, 0, 9], (0, 1), true, true),
            // One that says more of itself, but lists nothing.
            (&[0xc3, 0, 2, 0x1a, 0, 8, 0, 0], (0, 2), true, true),
        ] {
            let (keyframe, structure) = (false, None);
            let part = LayerInfo { layer, temporal, begins, ends, keyframe, structure };
            assert_eq!(read(&mut templates, bytes), part, "{bytes:02x?}");
        }
    }

    #[test]
    fn truncated_descriptor_lists_nothing_and_unlisted_packet_is_base_layer() {
        let mut templates = Templates::default();
        for end in MANDATORY_BYTES..LIST.len() {
            let part = read(&mut templates, &LIST[..end]);
            assert!(!part.keyframe && part.structure.is_none() && part.begins, "{end} bytes");
        }
        assert_eq!(read(&mut templates, &[0x8a, 0, 5]).layer, 0);
        assert!(DependencyDescriptor::of(&LIST[..2]).is_none());
        assert!(DependencyDescriptor::of(&[0; 256]).is_none());
    }
}
