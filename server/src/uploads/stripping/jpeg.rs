//! JPEG (ITU-T T.81, annex B).

use super::{WrongStructure, exif};

const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const COMMENT: u8 = 0xfe;

/// The file without metadata: its pixels, its colours, and how it is to be turned (`orientation`, 1 to 8).
///
/// # Errors
/// [`WrongStructure`].
pub fn strip_jpeg(file: &[u8], orientation: u8) -> Result<Vec<u8>, WrongStructure> {
    let mut out = Vec::with_capacity(file.len());
    let mut at = 2;
    if !file.starts_with(&[0xff, 0xd8]) {
        return Err(WrongStructure);
    }
    out.extend([0xff, 0xd8]);
    // Where one stands in the data of a scan, all up to the next marker belongs to it.
    let mut told = exif::orientation(orientation);
    loop {
        let (marker, start) = marker_at(file, at)?;
        if marker == END {
            // What follows is no part of the picture: previews, videos, anything.
            out.extend([0xff, END]);
            return Ok(out);
        }
        let length = file.get(start..start + 2).ok_or(WrongStructure)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let end = start + length;
        let segment = file.get(start + 2..end).ok_or(WrongStructure)?;
        // JFIF wants to be first.
        if marker != 0xe0
            && let Some(tiff) = told.take()
        {
            let length = u16::try_from(tiff.len() + 8).map_err(|_| WrongStructure)?;
            out.extend([0xff, 0xe1]);
            out.extend(length.to_be_bytes());
            out.extend(b"Exif\0\0");
            out.extend(tiff);
        }
        if is_kept(marker, segment) {
            out.extend([0xff, marker]);
            out.extend(&file[start..end]);
        }
        at = end;
        if marker == SCAN {
            at = scan_end(file, end)?;
            out.extend(&file[end..at]);
        }
    }
}

/// A marker, which may have been filled up before, and where its segment begins.
fn marker_at(file: &[u8], mut at: usize) -> Result<(u8, usize), WrongStructure> {
    if file.get(at) != Some(&0xff) {
        return Err(WrongStructure);
    }
    while file.get(at) == Some(&0xff) {
        at += 1;
    }
    let marker = *file.get(at).ok_or(WrongStructure)?;
    Ok((marker, at + 1))
}

/// The end of a scan's data: the next marker that is none of its own.
fn scan_end(file: &[u8], mut at: usize) -> Result<usize, WrongStructure> {
    loop {
        match file.get(at..at + 2) {
            Some([0xff, 0x00 | 0xd0..=0xd7]) => at += 2,
            Some([0xff, 0xff]) | Some([0..=0xfe, _]) => at += 1,
            Some(_) => return Ok(at),
            None => return Err(WrongStructure),
        }
    }
}

/// Tells whether a segment is a part of the picture: no comment, and of the applications' ones but JFIF, profiles
/// of colours and Adobe's, by which colours are read.
fn is_kept(marker: u8, segment: &[u8]) -> bool {
    match marker {
        0xe0 => segment.starts_with(b"JFIF\0"),
        0xe2 => segment.starts_with(b"ICC_PROFILE\0"),
        0xee => segment.starts_with(b"Adobe"),
        0xe1..=0xef | COMMENT => false,
        _ => true,
    }
}
