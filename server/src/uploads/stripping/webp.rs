//! WebP (RFC 9649).

use super::{WrongStructure, exif};

/// Chunks by which pixels, colours and frames are shown.
const KEPT: [&[u8; 4]; 7] = [b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
/// Bits of `VP8X` that tell of Exif and of XMP.
const EXIF: u8 = 0x08;
const XMP: u8 = 0x04;

/// The file without metadata.
///
/// # Errors
/// [`WrongStructure`].
pub fn strip_webp(file: &[u8], orientation: u8) -> Result<Vec<u8>, WrongStructure> {
    let size = file.get(4..8).ok_or(WrongStructure)?;
    let size = u32::from_le_bytes(size.try_into().map_err(|_| WrongStructure)?) as usize;
    let file = file.get(8..size.checked_add(8).ok_or(WrongStructure)?).ok_or(WrongStructure)?;
    if !file.starts_with(b"WEBP") {
        return Err(WrongStructure);
    }
    let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
    let mut extended = None;
    let mut at = 4;
    while at < file.len() {
        let head = file.get(at..at + 8).ok_or(WrongStructure)?;
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let end = at.checked_add(length).and_then(|it| it.checked_add(8)).ok_or(WrongStructure)?;
        let chunk = file.get(at..end).ok_or(WrongStructure)?;
        if KEPT.iter().any(|it| head.starts_with(*it)) {
            if head.starts_with(b"VP8X") && length > 0 {
                extended = Some(out.len() + 8);
            }
            out.extend(chunk);
            if length % 2 == 1 {
                out.push(0);
            }
        }
        at = end + length % 2;
    }
    if let Some(flags) = extended {
        out[flags] &= !(EXIF | XMP);
        if let Some(tiff) = exif::orientation(orientation) {
            out[flags] |= EXIF;
            out.extend(b"EXIF");
            out.extend(u32::try_from(tiff.len()).unwrap_or(0).to_le_bytes());
            out.extend(tiff);
        }
    }
    let size = u32::try_from(out.len() - 8).map_err(|_| WrongStructure)?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    Ok(out)
}
