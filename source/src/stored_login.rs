//! The login that is kept on this machine: which venue, and the token there. In a file that its owner alone can
//! read, or in the environment for timers; never on the command line, which everybody on the machine can read.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// Environment variable with the token.
const TOKEN: &str = "BANDSTAND_TOKEN";
/// Environment variable with the venue's address.
const VENUE: &str = "BANDSTAND_VENUE";

/// A venue, and the token there.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredLogin {
    /// The venue's address, without a slash at its end.
    pub venue: String,
    /// The API token.
    pub token: String,
}

impl StoredLogin {
    /// The login of the environment, or else of the file.
    pub fn load() -> Result<Self, String> {
        match Self::of_environment()? {
            Some(login) => Ok(login),
            None => {
                let kept = Self::kept()?;
                kept.ok_or_else(|| "You are not logged in. Begin with: login ADDRESS".into())
            }
        }
    }

    /// The login of the environment, when there is one.
    pub fn of_environment() -> Result<Option<Self>, String> {
        let Ok(token) = env::var(TOKEN) else { return Ok(None) };
        let venue = env::var(VENUE).map_err(|_| format!("{VENUE} is missing beside {TOKEN}."))?;
        Ok(Some(Self { venue: venue.trim_end_matches('/').to_owned(), token }))
    }

    /// The login of the file, when there is one.
    pub fn kept() -> Result<Option<Self>, String> {
        let path = path()?;
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| format!("{} can't be read: {error}", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{} can't be read: {error}", path.display())),
        }
    }

    /// Keeps it in the file; returns where that is.
    pub fn save(&self) -> Result<PathBuf, String> {
        let path = path()?;
        let saved = serde_json::to_vec(self).map_err(io::Error::other);
        saved
            .and_then(|bytes| write_private(&path, &bytes))
            .map_err(|error| format!("{} can't be written: {error}", path.display()))?;
        Ok(path)
    }

    /// Forgets the login of the file.
    pub fn forget() -> Result<(), String> {
        let path = path()?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(format!("{} can't be removed: {error}", path.display()))
            }
            _ => Ok(()),
        }
    }
}

/// The file, in the folder in which this system keeps what programs remember.
fn path() -> Result<PathBuf, String> {
    let folder = match env::var_os("XDG_CONFIG_HOME").or_else(|| env::var_os("APPDATA")) {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => {
            let home = env::var_os("HOME").ok_or("HOME is not set.")?;
            PathBuf::from(home).join(".config")
        }
    };
    Ok(folder.join("bandstand").join("source.json"))
}

/// Writes a file that its owner alone can read, as a whole or not at all.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use io::Write;
    let folder = path.parent().ok_or_else(|| io::Error::other("no folder"))?;
    fs::create_dir_all(folder)?;
    let new = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Left by a try that was cut short, with whatever rights.
    let _ = fs::remove_file(&new);
    let mut file = options.open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn token_is_for_its_owner_alone_whatever_was_there() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bandstand/source.json");
        for text in ["one", "two"] {
            write_private(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            fs::write(path.with_extension("new"), "cut short").unwrap();
        }
    }
}
