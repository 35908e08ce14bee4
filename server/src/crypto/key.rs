//! The venue's key: 32 random bytes in the data folder, from which every other key is derived.

use std::{fmt, io, path::Path};

use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;

/// The file that holds the key.
const FILE: &str = "secret.key";

/// The venue's key. It is never used by itself: each use derives from it with a context of its own, so
/// that what one makes means nothing to another.
#[derive(Clone)]
pub struct VenueKey([u8; 32]);

impl fmt::Debug for VenueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VenueKey(…)")
    }
}

impl VenueKey {
    /// Reads the key from the folder `data`; makes it when it isn't there, readable by its owner alone.
    ///
    /// # Errors
    /// [`io::Error`] when the file can't be read or made, or doesn't hold 32 bytes.
    pub fn open(data: &Path) -> io::Result<Self> {
        let path = data.join(FILE);
        match std::fs::read(&path) {
            Ok(bytes) => bytes.try_into().map(Self).map_err(|_| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{} doesn't hold 32 bytes", path.display()),
                )
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path).map(Self),
            Err(error) => Err(error),
        }
    }

    /// A key of known bytes.
    #[cfg(test)]
    pub fn of(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// HMAC-SHA-256 with this key, of which `context` is the beginning.
    #[allow(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn mac(&self, context: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length is right");
        mac.update(context);
        mac
    }

    /// The key for `context` alone.
    pub fn derive(&self, context: &[u8]) -> [u8; 32] {
        self.mac(context).finalize().into_bytes().into()
    }
}

/// Makes a key and moves it into place whole, so that a crash leaves no half of one.
fn make(path: &Path) -> io::Result<[u8; 32]> {
    use std::io::Write as _;
    let mut key = [0; 32];
    rand::rng().fill_bytes(&mut key);
    let part = path.with_extension("part");
    let _ = std::fs::remove_file(&part);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&part)?;
    file.write_all(&key)?;
    file.sync_all()?;
    std::fs::rename(&part, path)?;
    Ok(key)
}
