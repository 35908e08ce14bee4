//! EBML (RFC 8794): elements of WebM, written and read.

/// Elements of Matroska that WebM has (RFC 9559 §5.1), by their identifiers.
pub(crate) mod id {
    pub(crate) const EBML: u32 = 0x1a45_dfa3;
    pub(crate) const EBML_VERSION: u32 = 0x4286;
    pub(crate) const EBML_READ_VERSION: u32 = 0x42f7;
    pub(crate) const EBML_MAX_ID_LENGTH: u32 = 0x42f2;
    pub(crate) const EBML_MAX_SIZE_LENGTH: u32 = 0x42f3;
    pub(crate) const DOC_TYPE: u32 = 0x4282;
    pub(crate) const DOC_TYPE_VERSION: u32 = 0x4287;
    pub(crate) const DOC_TYPE_READ_VERSION: u32 = 0x4285;
    pub(crate) const VOID: u32 = 0xec;
    pub(crate) const SEGMENT: u32 = 0x1853_8067;
    pub(crate) const SEEK_HEAD: u32 = 0x114d_9b74;
    pub(crate) const SEEK: u32 = 0x4dbb;
    pub(crate) const SEEK_ID: u32 = 0x53ab;
    pub(crate) const SEEK_POSITION: u32 = 0x53ac;
    pub(crate) const INFO: u32 = 0x1549_a966;
    pub(crate) const TIMESTAMP_SCALE: u32 = 0x2a_d7b1;
    pub(crate) const DURATION: u32 = 0x4489;
    pub(crate) const MUXING_APP: u32 = 0x4d80;
    pub(crate) const WRITING_APP: u32 = 0x5741;
    pub(crate) const TRACKS: u32 = 0x1654_ae6b;
    pub(crate) const TRACK_ENTRY: u32 = 0xae;
    pub(crate) const TRACK_NUMBER: u32 = 0xd7;
    pub(crate) const TRACK_UID: u32 = 0x73c5;
    pub(crate) const TRACK_TYPE: u32 = 0x83;
    pub(crate) const FLAG_LACING: u32 = 0x9c;
    pub(crate) const CODEC_ID: u32 = 0x86;
    pub(crate) const CODEC_PRIVATE: u32 = 0x63a2;
    pub(crate) const CODEC_DELAY: u32 = 0x56aa;
    pub(crate) const SEEK_PRE_ROLL: u32 = 0x56bb;
    pub(crate) const VIDEO: u32 = 0xe0;
    pub(crate) const PIXEL_WIDTH: u32 = 0xb0;
    pub(crate) const PIXEL_HEIGHT: u32 = 0xba;
    pub(crate) const AUDIO: u32 = 0xe1;
    pub(crate) const SAMPLING_FREQUENCY: u32 = 0xb5;
    pub(crate) const CHANNELS: u32 = 0x9f;
    pub(crate) const CLUSTER: u32 = 0x1f43_b675;
    pub(crate) const TIMESTAMP: u32 = 0xe7;
    pub(crate) const SIMPLE_BLOCK: u32 = 0xa3;
    pub(crate) const BLOCK_GROUP: u32 = 0xa0;
    pub(crate) const BLOCK: u32 = 0xa1;
    pub(crate) const BLOCK_DURATION: u32 = 0x9b;
    pub(crate) const REFERENCE_BLOCK: u32 = 0xfb;
    pub(crate) const CUES: u32 = 0x1c53_bb6b;
    pub(crate) const CUE_POINT: u32 = 0xbb;
    pub(crate) const CUE_TIME: u32 = 0xb3;
    pub(crate) const CUE_TRACK_POSITIONS: u32 = 0xb7;
    pub(crate) const CUE_TRACK: u32 = 0xf7;
    pub(crate) const CUE_CLUSTER_POSITION: u32 = 0xf1;
}

/// Size of an element whose end isn't known, in eight bytes (RFC 8794 §6.2).
pub(crate) const UNKNOWN_SIZE: [u8; 8] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/// Writes an identifier, which has its length in its first bits.
pub(crate) fn write_id(id: u32, out: &mut Vec<u8>) {
    let bytes = id.to_be_bytes();
    let leading = id.leading_zeros() as usize / 8;
    out.extend_from_slice(bytes.get(leading..).unwrap_or_default());
}

/// Writes a size in as few bytes as it takes.
pub(crate) fn write_size(size: u64, out: &mut Vec<u8>) {
    // All ones are no size.
    let length = (1..8).find(|length| size < (1 << (7 * length)) - 1).unwrap_or(8);
    let bytes = (size | 1 << (7 * length)).to_be_bytes();
    out.extend_from_slice(bytes.get(8 - length..).unwrap_or_default());
}

/// Writes an element of bytes, or of text.
pub(crate) fn write_bytes(id: u32, bytes: &[u8], out: &mut Vec<u8>) {
    write_id(id, out);
    write_size(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Writes an element of an unsigned integer.
pub(crate) fn write_unsigned(id: u32, value: u64, out: &mut Vec<u8>) {
    let bytes = value.to_be_bytes();
    let leading = (value.leading_zeros() as usize / 8).min(7);
    write_bytes(id, bytes.get(leading..).unwrap_or_default(), out);
}

/// Writes an element of a float of eight bytes.
pub(crate) fn write_float(id: u32, value: f64, out: &mut Vec<u8>) {
    write_bytes(id, &value.to_be_bytes(), out);
}

/// Writes an element of elements.
pub(crate) fn write_parent(id: u32, out: &mut Vec<u8>, children: impl FnOnce(&mut Vec<u8>)) {
    let mut body = Vec::new();
    children(&mut body);
    write_bytes(id, &body, out);
}

/// Head of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ElementHead {
    pub(crate) id: u32,
    /// Bytes of its body; none where that isn't known.
    pub(crate) size: Option<u64>,
    /// Bytes of the head.
    pub(crate) length: usize,
}

/// Longest head of an element.
pub(crate) const MAX_HEAD: usize = 12;

/// Reads the head at the beginning of some bytes.
pub(crate) fn read_head(bytes: &[u8]) -> Option<ElementHead> {
    let id_length = bytes.first()?.leading_zeros() as usize + 1;
    if id_length > 4 {
        return None;
    }
    let id = bytes.get(..id_length)?.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    let rest = bytes.get(id_length..)?;
    let (size, size_length) = read_size(rest)?;
    Some(ElementHead { id, size, length: id_length + size_length })
}

/// Reads a size and its length.
pub(crate) fn read_size(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    let bits = bytes.get(..length)?.iter().fold(0, |size, byte| size << 8 | u64::from(*byte));
    if length > 8 {
        return None;
    }
    let most = (1_u64 << (7 * length)) - 1;
    let size = bits & most;
    Some(((size < most).then_some(size), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_come_back_in_as_few_bytes_as_they_take() {
        // Lengths by RFC 8794 §6.2: 127 and 16,383 are unknown in one byte and in two.
        let lengths = [
            (0, 1),
            (126, 1),
            (127, 2),
            (16_382, 2),
            (16_383, 3),
            (1 << 42, 7),
            ((1 << 49) - 1, 8),
        ];
        for (size, length) in lengths {
            let mut out = Vec::new();
            write_size(size, &mut out);
            assert_eq!(read_size(&out), Some((Some(size), length)), "{size}");
        }
        assert_eq!(read_size(&UNKNOWN_SIZE), Some((None, 8)));
        assert_eq!(read_size(&[0, 1, 1]), None);
    }
}
