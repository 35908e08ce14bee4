//! VP9 payload descriptor (RFC 9628 §4.2).

use crate::codec::svc::{LayerInfo, LayerStructure};

/// Reads a packet's place in its frame; [`None`] if the payload ends within its descriptor.
pub(crate) fn read(payload: &[u8]) -> Option<LayerInfo> {
    let mut bytes = payload.iter().copied();
    // I|P|L|F|B|E|V|Z.
    let flags = bytes.next()?;
    let has = |bit: u8| flags & bit != 0;
    if has(0x80) && bytes.next()? & 0x80 != 0 {
        bytes.next()?;
    }
    let (mut layer, mut temporal) = (0, 0);
    if has(0x20) {
        // TID|U|SID|D.
        let place = bytes.next()?;
        (temporal, layer) = (place >> 5, place >> 1 & 7);
        if !has(0x10) {
            // TL0PICIDX.
            bytes.next()?;
        }
    }
    let needs_others = has(0x40);
    if has(0x10) && needs_others {
        // Up to three pictures it needs; the last one's lowest bit says that it is the last.
        while bytes.next()? & 1 != 0 {}
    }
    let structure = if has(0x02) { Some(read_structure(&mut bytes)?) } else { None };
    let begins = has(0x08) && layer == 0;
    let keyframe = begins && !needs_others;
    Some(LayerInfo { layer, temporal, begins, ends: has(0x04), keyframe, structure })
}

fn read_structure(bytes: &mut impl Iterator<Item = u8>) -> Option<LayerStructure> {
    // N_S|Y|G: the number of layers less one, whether their sizes follow, whether the order of
    // pictures does, which comes last and doesn't matter here.
    let flags = bytes.next()?;
    let mut structure = LayerStructure::new((flags >> 5) + 1);
    if flags & 0x10 != 0 {
        for layer in 0..structure.count {
            let [_, _, high, low] = [bytes.next()?, bytes.next()?, bytes.next()?, bytes.next()?];
            structure.set_height(layer, u16::from_be_bytes([high, low]));
        }
    }
    Some(structure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vp9_keyframe_lists_layers() {
        // I, L, B, V; a picture id of 15 bits; layer 0; TL0PICIDX; three layers with sizes.
        let mut payload = vec![0xaa, 0x81, 0x02, 0x00, 0x07, 0x50];
        for (width, height) in [(320_u16, 180_u16), (640, 360), (1280, 720)] {
            payload.extend(width.to_be_bytes());
            payload.extend(height.to_be_bytes());
        }
        let part = read(&payload).expect("a descriptor");
        assert!(part.keyframe && part.begins && !part.ends);
        let structure = part.structure.expect("layers");
        let heights: Vec<_> = (0..4).map(|layer| structure.height(layer)).collect();
        assert_eq!(structure.count, 3);
        assert_eq!(heights, [Some(180), Some(360), Some(720), None]);
        for cut in 0..payload.len() {
            assert_eq!(read(&payload[..cut]), None, "{cut} bytes");
        }
    }

    #[test]
    fn vp9_descriptor_places_packet_in_frame() {
        // I, P, L, F, E; 7 bits of id; layer 2 of a picture that needs two others.
        let part = read(&[0xf4, 0x05, 0x45, 0x03, 0x06]).expect("a descriptor");
        assert_eq!((part.layer, part.begins, part.ends, part.keyframe), (2, false, true, false));
        assert_eq!(part.temporal, 2);
        assert_eq!(part.structure, None);
        // The middle layer of a key picture.
        let part = read(&[0xa8, 0x05, 0x03, 0x00]).expect("a descriptor");
        assert!(!part.keyframe && !part.begins);
        // The least there is: the beginning of a key picture without layers.
        assert!(read(&[0x08]).is_some_and(|part| part.keyframe));
    }
}
