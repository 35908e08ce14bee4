//! Files without what they say of places, people and devices: their picture and sound stay as they are, to the bit.

mod exif;
mod iso;
mod jpeg;
mod matroska;
mod png;
mod webp;

pub use iso::strip_iso;
pub use jpeg::strip_jpeg;
pub use matroska::strip_matroska;
pub use png::strip_png;
pub use webp::strip_webp;

/// File whose structure is not that of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file is not built as its type says")]
pub struct WrongStructure;

/// The number of four bytes, the greatest first, at a place.
fn long(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(file.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
