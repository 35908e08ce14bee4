//! VP8 payload descriptor (RFC 7741 §4.2): PictureID and TL0PICIDX, rewritten across layers.
//!
//! Each simulcast layer counts its pictures by itself. A receiver that is given another layer must
//! see one count that goes on, or it takes new pictures for old ones.

/// Picture counts of one packet, and where they stand in its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vp8Picture {
    /// PictureID, 15 bits.
    pub(crate) id: u16,
    /// TL0PICIDX; 0 if there is none.
    pub(crate) base: u8,
    base_at: Option<u8>,
}

/// Offset from a layer's picture counts to those of the stream that carries it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vp8Offset {
    id: u16,
    base: u8,
}

/// Offset of a PictureID in the payload.
const ID_AT: usize = 2;

impl Vp8Picture {
    /// Reads the counts; [`None`] without a PictureID of 15 bits, which all browsers send.
    pub(crate) fn of_vp8(payload: &[u8]) -> Option<Self> {
        let (&first, &extension) = (payload.first()?, payload.get(1)?);
        let (extended, has_id, has_base) = (first & 0x80, extension & 0x80, extension & 0x40);
        let [high, low] = *payload.get(ID_AT..)?.first_chunk::<2>()?;
        if extended == 0 || has_id == 0 || high & 0x80 == 0 {
            return None;
        }
        let base_at = (has_base != 0).then_some(ID_AT + 2);
        Some(Vp8Picture {
            id: u16::from_be_bytes([high & 0x7f, low]),
            base: base_at.and_then(|at| payload.get(at).copied()).unwrap_or_default(),
            base_at: base_at.map(|at| at as u8),
        })
    }

    /// The counts plus `shift`.
    pub(crate) fn shifted(self, shift: Vp8Offset) -> Self {
        let id = self.id.wrapping_add(shift.id) & 0x7fff;
        Vp8Picture { id, base: self.base.wrapping_add(shift.base), ..self }
    }

    /// Writes the counts into a copy of the payload they were read from.
    pub(crate) fn write(self, payload: &mut [u8]) {
        let [high, low] = self.id.to_be_bytes();
        if let Some(id) = payload.get_mut(ID_AT..).and_then(|p| p.first_chunk_mut::<2>()) {
            *id = [high | 0x80, low];
        }
        if let Some(base) = self.base_at.and_then(|at| payload.get_mut(usize::from(at))) {
            *base = self.base;
        }
    }
}

impl Vp8Offset {
    /// The offset by which `next` follows `last`.
    pub(crate) fn after(last: Vp8Picture, next: Vp8Picture) -> Self {
        Vp8Offset {
            id: last.id.wrapping_add(1).wrapping_sub(next.id) & 0x7fff,
            base: last.base.wrapping_add(1).wrapping_sub(next.base),
        }
    }
}

/// Height in pixels of the keyframe that begins with a payload (RFC 6386 §9.1).
pub(crate) fn vp8_height(payload: &[u8]) -> Option<u16> {
    let first = *payload.first()?;
    let mut at = 1;
    if first & 0x80 != 0 {
        let extension = *payload.get(1)?;
        at = ID_AT;
        if extension & 0x80 != 0 {
            at += if payload.get(ID_AT)? & 0x80 != 0 { 2 } else { 1 };
        }
        at += usize::from(extension & 0x40 != 0) + usize::from(extension & 0x30 != 0);
    }
    let header = payload.get(at..)?.first_chunk::<10>()?;
    let [tag, _, _, 0x9d, 0x01, 0x2a, _, _, low, high] = *header else {
        return None;
    };
    // 14 bits; the others are a hint for scaling.
    (tag & 1 == 0).then_some(u16::from_le_bytes([low, high]) & 0x3fff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vp8_picture_counts_are_read_and_written_in_place() {
        let payload = [0x90, 0xe0, 0xff, 0xfe, 200, 0x40, 0x00, 1, 2];
        let picture = Vp8Picture::of_vp8(&payload).expect("counts");
        assert_eq!((picture.id, picture.base), (0x7ffe, 200));
        let last = Vp8Picture { id: 0x7fff, base: 255, base_at: None };
        let shift = Vp8Offset::after(last, picture);
        let mut copy = payload;
        picture.shifted(shift).write(&mut copy);
        assert_eq!(copy, [0x90, 0xe0, 0x80, 0x00, 0, 0x40, 0x00, 1, 2]);
        // Nothing else than the counts.
        picture.shifted(Vp8Offset::default()).write(&mut copy);
        assert_eq!(copy, payload);
    }

    #[test]
    fn vp8_keyframe_has_height() {
        let frame = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x42];
        let with = |descriptor: &[u8]| vp8_height(&[descriptor, &frame].concat());
        assert_eq!(with(&[0x10]), Some(0x2d0));
        assert_eq!(with(&[0x90, 0xe0, 0xff, 0xfe, 200, 0x40]), Some(0x2d0));
        assert_eq!(with(&[0x90, 0x80, 0x05]), Some(0x2d0));
        assert_eq!(with(&[0x90, 0x80]), None);
        assert_eq!(vp8_height(&[0x10, 0x11, 0, 0, 0x9d, 0x01, 0x2a, 0, 5, 0xd0, 2]), None);
    }

    #[test]
    fn vp8_payload_without_picture_id_has_no_counts() {
        let payloads: [&[u8]; 6] = [
            &[],
            &[0x90],
            &[0x10, 0, 0, 0],
            &[0x90, 0x20, 0x80, 1],
            &[0x90, 0x80, 0x7f, 1],
            &[0x90, 0x80, 0x80],
        ];
        assert!(payloads.iter().all(|p| Vp8Picture::of_vp8(p).is_none()));
    }
}
