//! Metadata that says but how a picture is to be turned.

/// A TIFF structure (TIFF 6.0, section 2) with the orientation of a picture, from 1 to 8, and nothing else; none
/// for one that stands as it is.
pub(super) fn orientation(value: u8) -> Option<Vec<u8>> {
    if !(2..=8).contains(&value) {
        return None;
    }
    // Big-endian; one directory at 8 with one entry: tag 0x0112, type 3 (short), one value. No further directory.
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    tiff.extend([0, value, 0, 0, 0, 0, 0, 0]);
    Some(tiff)
}
