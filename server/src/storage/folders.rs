//! Folders on this machine that only the venue's own user may look into.

use std::{fs, io, path::Path};

/// Returns whether other users of this machine than the venue's can look into a folder.
pub fn is_open_to_others(folder: &Path) -> bool {
    #[cfg(unix)]
    return fs::metadata(folder)
        .is_ok_and(|it| std::os::unix::fs::PermissionsExt::mode(&it.permissions()) & 0o077 != 0);
    #[cfg(not(unix))]
    return false;
}

/// Makes a folder that only the venue's own user may look into; one that exists stays as it is.
pub fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
