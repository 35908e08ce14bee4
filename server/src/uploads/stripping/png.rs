//! PNG (ISO 15948).

use super::{WrongStructure, exif, long};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Chunks by which pixels, colours and frames are shown.
const KEPT: [&[u8; 4]; 16] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP",
    b"sBIT", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// The file without metadata.
///
/// # Errors
/// [`WrongStructure`].
pub fn strip_png(file: &[u8], orientation: u8) -> Result<Vec<u8>, WrongStructure> {
    if !file.starts_with(SIGNATURE) {
        return Err(WrongStructure);
    }
    let mut out = Vec::with_capacity(file.len());
    out.extend(SIGNATURE);
    let mut at = SIGNATURE.len();
    loop {
        let length = long(file, at).ok_or(WrongStructure)? as usize;
        let end = at.checked_add(length).and_then(|it| it.checked_add(12)).ok_or(WrongStructure)?;
        let chunk = file.get(at..end).ok_or(WrongStructure)?;
        let name = &chunk[4..8];
        if KEPT.iter().any(|it| name == *it) {
            out.extend(chunk);
        }
        if name == b"IHDR"
            && let Some(tiff) = exif::orientation(orientation)
        {
            append(&mut out, b"eXIf", &tiff);
        }
        if name == b"IEND" {
            return Ok(out);
        }
        at = end;
    }
}

fn append(out: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) {
    out.extend(u32::try_from(content.len()).unwrap_or(0).to_be_bytes());
    let checked = out.len();
    out.extend(name);
    out.extend(content);
    let mut crc = flate2::Crc::new();
    crc.update(&out[checked..]);
    out.extend(crc.sum().to_be_bytes());
}
