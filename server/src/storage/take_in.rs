//! Files of this machine that storage takes in.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;
use tokio_util::io::ReaderStream;

use super::{
    StorageError,
    files::Files,
    folders::make_private,
    store,
    upload::{NewFile, WrittenFile},
};
use crate::entity_tags;

/// Bytes that are read at once.
const READ_BYTES: usize = 256 * 1024;

impl Files {
    /// Takes in a file of this machine that is whole, and that [`keep`](super::keep) makes last. It stays where
    /// it is, too, until its caller removes it; where files lie in a folder on the same disk, that takes no room.
    /// What an attempt before has left under its name is removed.
    ///
    /// # Errors
    /// [`StorageError`], with nothing left of the file in storage.
    pub async fn take_in(&self, file: NewFile, path: &Path) -> Result<WrittenFile, StorageError> {
        self.delete(&file.name).await?;
        if let Some(folder) = self.0.backend.folder.clone()
            && let Some(written) = self.link(&file, path, &folder).await?
        {
            return Ok(written);
        }
        let content = tokio::fs::File::open(path).await.map_err(incoming)?;
        self.write(file, ReaderStream::with_capacity(content, READ_BYTES)).await
    }

    /// Links a file into the folder of storage; none where that isn't possible, as between two disks. Its row is
    /// there first, so that it is nobody's in no moment.
    async fn link(
        &self,
        file: &NewFile,
        path: &Path,
        folder: &Path,
    ) -> Result<Option<WrittenFile>, StorageError> {
        let database = &self.0.database;
        let announced = tokio::fs::metadata(path).await.map_err(incoming)?.len();
        let quotas = file.quotas(self.0.quotas);
        store::begin(database, file, announced, &quotas).await?;
        let linked = link(path.to_owned(), folder.join(&file.name)).await;
        let Some((bytes, etag)) = linked.as_ref().ok().and_then(Option::as_ref) else {
            self.delete(&file.name).await?;
            return linked.map(|_| None).map_err(incoming);
        };
        let excess = announced.saturating_sub(*bytes);
        store::finish(database, &file.name, &file.owner, (*bytes, excess), etag).await?;
        let NewFile { name, owner, .. } = file.clone();
        Ok(Some(WrittenFile { name, bytes: *bytes, owner }))
    }
}

fn incoming(error: io::Error) -> StorageError {
    StorageError::Incoming(error.into())
}

/// Links a file to another place, and returns its length and entity tag; none where that isn't possible, as
/// between two disks.
async fn link(from: PathBuf, to: PathBuf) -> io::Result<Option<(u64, String)>> {
    let linked = spawn_blocking(move || {
        let mut content = File::open(&from)?;
        if let Some(folder) = to.parent() {
            make_private(folder)?;
        }
        if fs::hard_link(&from, &to).is_err() {
            return Ok(None);
        }
        let (mut digest, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; READ_BYTES]);
        loop {
            let read = content.read(&mut piece)?;
            if read == 0 {
                break;
            }
            digest.update(&piece[..read]);
            bytes += read as u64;
        }
        if let Some(folder) = to.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(Some((bytes, entity_tags::strong(digest.finalize()))))
    });
    linked.await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
}
