//! VP8 (RFC 7741).

use shiguredo_mp4::bitstream::vp8::parse_frame_header;

use super::{FrameDescription, TemporalLayer};
use crate::format::{CodecConfiguration, VideoFormat};

/// Payload descriptor (§4.2).
struct Descriptor {
    /// The beginning of the first partition: that of the frame.
    begins: bool,
    temporal: Option<TemporalLayer>,
    length: usize,
}

fn descriptor(payload: &[u8]) -> Option<Descriptor> {
    let first = *payload.first()?;
    let begins = first & 0x10 != 0 && first & 0x07 == 0;
    if first & 0x80 == 0 {
        return Some(Descriptor { begins, temporal: None, length: 1 });
    }
    // I|L|T|K.
    let extension = *payload.get(1)?;
    let mut at = 2;
    if extension & 0x80 != 0 {
        at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
    }
    let mut base = None;
    if extension & 0x40 != 0 {
        base = Some(*payload.get(at)?);
        at += 1;
    }
    let mut layer = None;
    if extension & 0x30 != 0 {
        layer = Some(*payload.get(at)?).filter(|_| extension & 0x20 != 0);
        at += 1;
    }
    let temporal = base.zip(layer).map(|(base, layer)| TemporalLayer {
        id: layer >> 6,
        base,
        sync: layer & 0x20 != 0,
    });
    Some(Descriptor { begins, temporal, length: at })
}

/// True if a frame begins with this payload.
pub(super) fn begins(payload: &[u8]) -> bool {
    descriptor(payload).is_some_and(|it| it.begins)
}

/// Frames of one stream.
#[derive(Debug, Default)]
pub(crate) struct Vp8Frames {
    begun: bool,
    temporal: Option<TemporalLayer>,
}

impl Vp8Frames {
    pub(super) fn push(&mut self, payload: &[u8], frame: &mut Vec<u8>) -> Option<()> {
        let Descriptor { begins, temporal, length } = descriptor(payload)?;
        if begins == self.begun {
            return None;
        }
        if begins {
            self.temporal = temporal;
        }
        self.begun = true;
        frame.extend_from_slice(payload.get(length..)?);
        Some(())
    }

    pub(super) fn finish(&mut self, frame: &[u8]) -> Option<FrameDescription> {
        let Vp8Frames { begun, temporal } = std::mem::take(self);
        let is_key = begun && frame.first()? & 1 == 0;
        let size = match is_key {
            true => Some(parse_frame_header(frame).ok()?.keyframe?),
            false => None,
        };
        let format =
            |width, height| VideoFormat { width, height, configuration: CodecConfiguration::Vp8 };
        let key = size.map(|size| format(size.width, size.height));
        begun.then_some(FrameDescription { key, temporal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_of_any_length_are_passed() {
        // A picture id of 15 bits, TL0PICIDX 200, and temporal layer 2 with its Y.
        let full = descriptor(&[0x90, 0xe0, 0x81, 0x02, 200, 0xa0, 0x31]).expect("a descriptor");
        let layer = TemporalLayer { id: 2, base: 200, sync: true };
        assert_eq!((full.begins, full.temporal, full.length), (true, Some(layer), 6));
        let short = descriptor(&[0x80, 0x90, 0x01, 0x05]).expect("a descriptor");
        assert_eq!((short.begins, short.temporal, short.length), (false, None, 4));
        assert_eq!(descriptor(&[0x01]).map(|it| (it.begins, it.length)), Some((false, 1)));
        for cut in [&[][..], &[0x90], &[0x90, 0x80], &[0x90, 0x40], &[0x90, 0x10]] {
            assert!(descriptor(cut).is_none(), "{cut:02x?}");
        }
    }

    #[test]
    fn frame_without_beginning_is_none() {
        let (mut frames, mut frame) = (Vp8Frames::default(), Vec::new());
        assert!(frames.push(&[0x00, 1, 2], &mut frame).is_none());
        assert!(frames.push(&[0x10, 0x31, 0, 0], &mut frame).is_some());
        assert!(frames.push(&[0x01, 7], &mut frame).is_some(), "another partition");
        assert!(frames.finish(&frame).is_some_and(|it| it.key.is_none()));
        assert_eq!(frame, [0x31, 0, 0, 7]);
    }
}
