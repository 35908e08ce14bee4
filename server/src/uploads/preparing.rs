//! Files that came in whole: what they are, and what is kept of them.

use std::{fs, io, path::Path};

use bandstand_domain::{
    people::PeopleReason,
    uploads::{FileKind, LARGE_SIDE, SMALL_SIDE, UploadReason},
};

use super::{
    sniff::{SniffedType, sniff},
    stripping::{strip_iso, strip_jpeg, strip_matroska, strip_png, strip_webp},
};
use crate::pictures::{Sides, photo};

/// Type of what no browser opens.
pub const DOWNLOAD: &str = "application/octet-stream";
const SIDES: Sides = Sides { large: LARGE_SIDE, small: SMALL_SIDE };

/// File as it is kept.
#[derive(Debug)]
pub struct PreparedFile {
    /// Its kind.
    pub kind: FileKind,
    /// Type as which it is sent.
    pub media: &'static str,
    /// True if it is another one than that which came in, at the other path.
    pub is_changed: bool,
    /// Smaller versions of a picture: the small one and the large one.
    pub versions: Option<[Vec<u8>; 2]>,
    /// Width and height of a picture.
    pub size: Option<(u32, u32)>,
}

/// Reason for which a file isn't kept.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The file is refused.
    #[error("{0}")]
    Refused(UploadReason),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl From<UploadReason> for PrepareError {
    fn from(reason: UploadReason) -> Self {
        Self::Refused(reason)
    }
}

/// Looks at the file at `from`. What it loses its place data by is written to `to`.
///
/// # Errors
/// [`PrepareError`].
pub fn prepare(from: &Path, to: &Path) -> Result<PreparedFile, PrepareError> {
    let mut file = fs::read(from)?;
    let sniffed = sniff(&file);
    match sniffed {
        SniffedType::Jpeg | SniffedType::Png | SniffedType::WebP => {
            let photo = photo(&file, SIDES).map_err(|why| match why {
                PeopleReason::PictureTooWide => UploadReason::PictureTooWide,
                _ => UploadReason::BrokenPicture,
            })?;
            let (stripped, media) = match sniffed {
                SniffedType::Jpeg => (strip_jpeg(&file, photo.orientation), "image/jpeg"),
                SniffedType::Png => (strip_png(&file, photo.orientation), "image/png"),
                _ => (strip_webp(&file, photo.orientation), "image/webp"),
            };
            let stripped = stripped.map_err(|_| UploadReason::BrokenPicture)?;
            write(to, &stripped)?;
            Ok(PreparedFile {
                kind: FileKind::Picture,
                media,
                is_changed: true,
                versions: Some([photo.small, photo.large]),
                size: Some(photo.size),
            })
        }
        SniffedType::ForeignPicture => Err(UploadReason::PictureKind.into()),
        // They can tell a place, and nothing here takes it out.
        SniffedType::OggVideo | SniffedType::Avi | SniffedType::TransportStream => {
            Err(UploadReason::UnclearVideo.into())
        }
        SniffedType::Mp4Video | SniffedType::Mp4Audio | SniffedType::WebM => {
            let stripped = match sniffed {
                SniffedType::WebM => strip_matroska(&mut file),
                _ => strip_iso(&mut file),
            };
            stripped.map_err(|_| UploadReason::UnclearVideo)?;
            write(to, &file)?;
            Ok(PreparedFile { is_changed: true, ..plain(sniffed) })
        }
        sniffed => Ok(plain(sniffed)),
    }
}

/// A file that is kept as it came.
fn plain(sniffed: SniffedType) -> PreparedFile {
    let media = sniffed.played_as();
    let kind = match media {
        Some(media) if media.starts_with("audio/") => FileKind::Audio,
        Some(_) => FileKind::Video,
        None => FileKind::Other,
    };
    let media = media.unwrap_or(DOWNLOAD);
    PreparedFile { kind, media, is_changed: false, versions: None, size: None }
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    io::Write::write_all(&mut file, content)?;
    file.sync_all()
}
