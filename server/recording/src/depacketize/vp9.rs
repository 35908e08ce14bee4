//! VP9 (RFC 9628), with all spatial layers that come.

use shiguredo_mp4::bitstream::vp9::{Vp9FrameSize, Vp9FrameType, parse_frame_header};

use super::{FrameDescription, TemporalLayer};
use crate::format::{CodecConfiguration, VideoFormat};

/// Spatial layers, at most: they have numbers of three bits.
const MAX_LAYERS: usize = 8;

/// Payload descriptor (§4.2).
struct Descriptor {
    /// The first packet of a layer's frame, and its last.
    begins: bool,
    ends: bool,
    /// The frame needs no other picture.
    independent: bool,
    spatial: u8,
    temporal: Option<TemporalLayer>,
    /// Widths and heights of the layers, where they are listed.
    sizes: Option<[(u16, u16); MAX_LAYERS]>,
    length: usize,
}

fn descriptor(payload: &[u8]) -> Option<Descriptor> {
    let mut bytes = payload.iter().copied();
    // I|P|L|F|B|E|V|Z.
    let flags = bytes.next()?;
    let has = |bit: u8| flags & bit != 0;
    if has(0x80) && bytes.next()? & 0x80 != 0 {
        bytes.next()?;
    }
    let (mut spatial, mut temporal) = (0, None);
    if has(0x20) {
        // TID|U|SID|D, and TL0PICIDX where references aren't listed.
        let layer = bytes.next()?;
        spatial = layer >> 1 & 7;
        if !has(0x10) {
            let base = bytes.next()?;
            temporal = Some(TemporalLayer { id: layer >> 5, base, sync: false });
        }
    }
    if has(0x10) && has(0x40) {
        let mut references = 1;
        while bytes.next()? & 1 != 0 {
            references += 1;
            if references > 3 {
                return None;
            }
        }
    }
    let sizes = if has(0x02) { structure(&mut bytes)? } else { None };
    Some(Descriptor {
        begins: has(0x08),
        ends: has(0x04),
        independent: !has(0x40),
        spatial,
        temporal,
        sizes,
        length: payload.len() - bytes.len(),
    })
}

/// Scalability structure: sizes of the layers, if they are told (§4.2.1).
fn structure(bytes: &mut impl Iterator<Item = u8>) -> Option<Option<[(u16, u16); MAX_LAYERS]>> {
    // N_S|Y|G.
    let flags = bytes.next()?;
    let mut sizes = None;
    if flags & 0x10 != 0 {
        let mut listed = [(0, 0); MAX_LAYERS];
        for size in listed.iter_mut().take(usize::from(flags >> 5) + 1) {
            let mut number = || Some(u16::from_be_bytes([bytes.next()?, bytes.next()?]));
            *size = (number()?, number()?);
        }
        sizes = Some(listed);
    }
    if flags & 0x08 != 0 {
        for _ in 0..bytes.next()? {
            // T|U|R, and R references.
            for _ in 0..bytes.next()? >> 2 & 3 {
                bytes.next()?;
            }
        }
    }
    Some(sizes)
}

/// True if a picture begins with this payload.
pub(super) fn begins(payload: &[u8]) -> bool {
    descriptor(payload).is_some_and(|it| it.begins && it.spatial == 0)
}

/// Frames of one stream.
#[derive(Debug, Default)]
pub(crate) struct Vp9Frames {
    /// Lengths of the layers' frames of a picture, and where the one that comes in begins.
    lengths: Vec<usize>,
    layer: Option<usize>,
    independent: bool,
    temporal: Option<TemporalLayer>,
    /// Sizes of the layers, and of the highest that came.
    sizes: Option<[(u16, u16); MAX_LAYERS]>,
    highest: u8,
}

impl Vp9Frames {
    pub(super) fn reset(&mut self) {
        self.lengths.clear();
        (self.layer, self.sizes) = (None, None);
    }

    pub(super) fn has_begun_key(&self) -> bool {
        self.independent && (self.layer.is_some() || !self.lengths.is_empty())
    }

    pub(super) fn push(&mut self, payload: &[u8], frame: &mut Vec<u8>) -> Option<()> {
        let descriptor = descriptor(payload)?;
        if descriptor.begins == self.layer.is_some() || self.lengths.len() >= MAX_LAYERS {
            return None;
        }
        if descriptor.begins {
            if self.lengths.is_empty() {
                // The lowest layer comes first, and its packets tell of the picture.
                if descriptor.spatial != 0 {
                    return None;
                }
                self.independent = descriptor.independent;
                self.temporal = descriptor.temporal;
                self.sizes = None;
            }
            self.layer = Some(frame.len());
            self.highest = descriptor.spatial;
        }
        self.sizes = descriptor.sizes.or(self.sizes);
        frame.extend_from_slice(payload.get(descriptor.length..)?);
        if descriptor.ends {
            let begin = self.layer.take()?;
            self.lengths.push(frame.len() - begin);
        }
        Some(())
    }

    pub(super) fn finish(&mut self, frame: &mut Vec<u8>) -> Option<FrameDescription> {
        let whole = self.layer.is_none() && self.lengths.iter().all(|length| *length > 0);
        let sizes = self.sizes.take();
        if !whole || self.lengths.is_empty() {
            self.reset();
            return None;
        }
        let key = if self.independent { self.format(frame, sizes) } else { None };
        if self.lengths.len() > 1 {
            write_index(&self.lengths, frame)?;
        }
        self.lengths.clear();
        (!self.independent || key.is_some())
            .then_some(FrameDescription { key, temporal: self.temporal })
    }

    fn format(&self, frame: &[u8], sizes: Option<[(u16, u16); MAX_LAYERS]>) -> Option<VideoFormat> {
        let mut header = parse_frame_header(frame).ok()?;
        if header.frame_type != Vp9FrameType::Key {
            return None;
        }
        let Vp9FrameSize::Resolved { width, height } = header.frame_size else { return None };
        let own = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
        let listed = sizes.and_then(|it| it.get(usize::from(self.highest)).copied());
        let several = self.lengths.len() > 1;
        let listed = listed.filter(|size| several && size.0 > 0 && size.1 > 0);
        let (width, height) = listed.unwrap_or(own);
        // What differs between keyframes of one format.
        (header.show_frame, header.error_resilient_mode) = (true, false);
        let size = Vp9FrameSize::Resolved { width: width.into(), height: height.into() };
        (header.frame_size, header.render_size) = (size, None);
        VideoFormat { width, height, configuration: CodecConfiguration::Vp9(header) }.checked()
    }
}

/// Makes a superframe of frames (VP9 bitstream, annex B): decoders find their ends by an index.
fn write_index(lengths: &[usize], frame: &mut Vec<u8>) -> Option<()> {
    let longest = u32::try_from(*lengths.iter().max()?).ok()?;
    let width = longest.to_le_bytes().iter().rposition(|byte| *byte > 0)? + 1;
    let marker =
        0xc0 | u8::try_from(width - 1).ok()? << 3 | u8::try_from(lengths.len() - 1).ok()?;
    frame.push(marker);
    for length in lengths {
        frame.extend_from_slice(u32::try_from(*length).ok()?.to_le_bytes().get(..width)?);
    }
    frame.push(marker);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptor_of_a_keyframe_lists_sizes() {
        // I, L, B, V; a picture id of 15 bits; layer 0; TL0PICIDX; two layers with sizes; a list of one.
        let mut payload = vec![0xaa, 0x81, 0x02, 0x00, 0x07, 0x38];
        for (width, height) in [(320_u16, 180_u16), (640, 360)] {
            payload.extend(width.to_be_bytes());
            payload.extend(height.to_be_bytes());
        }
        payload.extend([1, 0x04, 1]);
        let read = descriptor(&payload).expect("a descriptor");
        assert!(read.begins && read.independent && !read.ends);
        assert_eq!(read.temporal, Some(TemporalLayer { id: 0, base: 7, sync: false }));
        assert_eq!(read.sizes.map(|it| it[1]), Some((640, 360)));
        assert_eq!(read.length, payload.len());
        assert!((0..payload.len()).all(|cut| descriptor(&payload[..cut]).is_none()));
    }

    #[test]
    fn layers_of_a_picture_become_a_superframe() {
        let (mut frames, mut frame) = (Vp9Frames::default(), Vec::new());
        // P, L, B, E; layers 0 and 1 with TL0PICIDX. The second is cut in two.
        frames.push(&[0x6c, 0x00, 7, 1, 2, 3], &mut frame).expect("the lower");
        frames.push(&[0x68, 0x02, 7, 4], &mut frame).expect("the upper");
        assert!(frames.push(&[0x68, 0x02, 7, 4], &mut Vec::new()).is_none(), "begins again");
        frames.push(&[&[0x64, 0x02, 7][..], &[5; 300]].concat(), &mut frame).expect("its rest");
        assert!(frames.finish(&mut frame).is_some_and(|it| it.key.is_none()));
        // Two frames with lengths of two bytes: 3 and 301.
        assert_eq!(frame[304..], [0xc9, 3, 0, 0x2d, 1, 0xc9]);
        frame.clear();
        frames.push(&[0x68, 0x00, 7, 1], &mut frame).expect("a part");
        assert!(frames.finish(&mut frame).is_none(), "its end is missing");
    }
}
