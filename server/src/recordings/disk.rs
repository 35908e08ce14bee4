//! Files of recordings on the disk of the data folder.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Seek, SeekFrom, Write},
    path::Path,
};

use bandstand_domain::recordings::RecordingStop;
use bandstand_recording::{FilePatch, FileTail, RepairError, RepairedFile};

/// Makes a file that isn't there, for its owner alone. It is locked for as long as it is open, by which other
/// processes of the venue know that it is being written.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    file.lock()?;
    Ok(file)
}

/// Opens a file that nobody is writing; none where somebody is.
pub fn open_unused(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Writes bytes over those of a file, and makes it durable.
pub fn finish(file: &mut File, patches: &[FilePatch]) -> io::Result<()> {
    for FilePatch { offset, bytes } in patches {
        file.seek(SeekFrom::Start(*offset))?;
        file.write_all(bytes)?;
    }
    file.sync_all()
}

/// Makes a file whole that was cut off; none where somebody is writing it.
///
/// # Errors
/// As the disk; of kind `InvalidData` where nothing of it is of use.
pub fn repair(path: &Path) -> io::Result<Option<RepairedFile>> {
    let Some(mut file) = open_unused(path)? else { return Ok(None) };
    let repaired = bandstand_recording::repair(&mut file);
    let mut repaired = repaired.map_err(|error| match error {
        RepairError::Read(error) => error,
        error => io::Error::new(io::ErrorKind::InvalidData, error),
    })?;
    file.set_len(repaired.length)?;
    file.seek(SeekFrom::Start(repaired.length))?;
    if let Err(error) = file.write_all(&repaired.tail.bytes) {
        if stop_of(&error) != RecordingStop::Disk {
            return Err(error);
        }
        // On a full disk it has to do without what follows the last fragment, and plays so, too.
        repaired.tail = FileTail::default();
        file.set_len(repaired.length)?;
    }
    finish(&mut file, &repaired.tail.patches)?;
    Ok(Some(repaired))
}

/// Removes a file; one that isn't there is no error.
pub fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "a file of a recording could not be deleted");
        }
        _ => {}
    }
}

/// Free bytes on the disk of a folder, for this program.
#[cfg(unix)]
#[allow(clippy::useless_conversion, reason = "systems count blocks in 32 or in 64 bits")]
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let found = nix::sys::statvfs::statvfs(folder)?;
    Ok(u64::from(found.blocks_available()).saturating_mul(u64::from(found.fragment_size())))
}

/// As many as one likes: it isn't known.
#[cfg(not(unix))]
pub fn free_bytes(_: &Path) -> io::Result<u64> {
    Ok(u64::MAX)
}

/// Reason for which a recording stops when the disk answers so.
pub fn stop_of(error: &io::Error) -> RecordingStop {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => RecordingStop::Disk,
        _ => RecordingStop::Failed,
    }
}
