//! What the VP9 payload descriptor says of a packet (RFC 9628 §4.2).

/// Most spatial layers there can be.
const MAX_LAYERS: usize = 8;

/// One packet's place in its picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// Its picture needs others before it.
    pub(crate) inter: bool,
    /// The first packet of its layer's frame.
    pub(crate) begins: bool,
    /// The last packet of its layer's frame.
    pub(crate) ends: bool,
    /// Which spatial layer it belongs to, the smallest picture is 0.
    pub(crate) layer: u8,
    /// Which layers there are, where it says so: publishers do with each keyframe.
    pub(crate) structure: Option<Structure>,
}

/// The spatial layers of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Structure {
    /// How many there are, at least 1.
    pub(crate) count: u8,
    /// Of each, in pixels; 0 where it isn't told.
    heights: [u16; MAX_LAYERS],
}

impl Structure {
    /// The height of a layer's pictures in pixels, where it is told.
    pub(crate) fn height(&self, layer: u8) -> Option<u16> {
        self.heights.get(usize::from(layer)).copied().filter(|height| *height > 0)
    }
}

impl Descriptor {
    /// Of a payload; none if it ends within its descriptor.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let mut bytes = payload.iter().copied();
        // I|P|L|F|B|E|V|Z.
        let flags = bytes.next()?;
        let has = |bit: u8| flags & bit != 0;
        if has(0x80) && bytes.next()? & 0x80 != 0 {
            bytes.next()?;
        }
        let mut layer = 0;
        if has(0x20) {
            // TID|U|SID|D.
            layer = bytes.next()? >> 1 & 7;
            if !has(0x10) {
                // TL0PICIDX.
                bytes.next()?;
            }
        }
        if has(0x10) && has(0x40) {
            // Up to three pictures it needs; the last one's lowest bit says that it is the last.
            while bytes.next()? & 1 != 0 {}
        }
        let structure = if has(0x02) { Some(Structure::read(&mut bytes)?) } else { None };
        Some(Descriptor { inter: has(0x40), begins: has(0x08), ends: has(0x04), layer, structure })
    }

    /// Whether a picture that needs none before it begins with this packet. Higher layers of such a
    /// picture need no other picture either, but the lowest layer of this one.
    pub(crate) fn begins_keyframe(&self) -> bool {
        self.begins_picture() && !self.inter
    }

    /// Whether a picture begins with this packet.
    pub(crate) fn begins_picture(&self) -> bool {
        self.begins && self.layer == 0
    }
}

impl Structure {
    fn read(bytes: &mut impl Iterator<Item = u8>) -> Option<Self> {
        // N_S|Y|G: the number of layers less one, whether their sizes follow, whether the order of
        // pictures does, which comes last and doesn't matter here.
        let flags = bytes.next()?;
        let mut structure = Structure { count: (flags >> 5) + 1, heights: [0; MAX_LAYERS] };
        if flags & 0x10 != 0 {
            for height in structure.heights.iter_mut().take(structure.count.into()) {
                let [_, _, high, low] =
                    [bytes.next()?, bytes.next()?, bytes.next()?, bytes.next()?];
                *height = u16::from_be_bytes([high, low]);
            }
        }
        Some(structure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyframe_says_which_layers_there_are() {
        // I, L, B, V; a picture id of 15 bits; layer 0; TL0PICIDX; three layers with sizes.
        let mut payload = vec![0xaa, 0x81, 0x02, 0x00, 0x07, 0x50];
        for (width, height) in [(320_u16, 180_u16), (640, 360), (1280, 720)] {
            payload.extend(width.to_be_bytes());
            payload.extend(height.to_be_bytes());
        }
        let read = Descriptor::read(&payload).expect("a descriptor");
        assert!(read.begins_keyframe() && read.begins_picture() && !read.ends);
        let structure = read.structure.expect("layers");
        let heights: Vec<_> = (0..4).map(|layer| structure.height(layer)).collect();
        assert_eq!(structure.count, 3);
        assert_eq!(heights, [Some(180), Some(360), Some(720), None]);
        for cut in 0..payload.len() {
            assert_eq!(Descriptor::read(&payload[..cut]), None, "{cut} bytes");
        }
    }

    #[test]
    fn a_packet_says_where_in_its_picture_it_is() {
        // I, P, L, F, E; 7 bits of id; layer 2 of a picture that needs two others.
        let read = Descriptor::read(&[0xf4, 0x05, 0x05, 0x03, 0x06]).expect("a descriptor");
        assert_eq!((read.layer, read.begins, read.ends, read.inter), (2, false, true, true));
        assert_eq!(read.structure, None);
        // The middle layer of a key picture.
        let read = Descriptor::read(&[0xa8, 0x05, 0x03, 0x00]).expect("a descriptor");
        assert!(!read.begins_keyframe() && !read.begins_picture());
        // The least there is: the beginning of a key picture without layers.
        assert!(Descriptor::read(&[0x08]).is_some_and(|read| read.begins_keyframe()));
    }
}
