//! The venue's files by name.

use std::{ops::Range, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, path::Path as Name};
use sha2::{Digest, Sha256};
use tokio_util::task::TaskTracker;

use super::{
    StorageError, StorageStartError,
    backend::Backend,
    byte_range::ByteRange,
    store::{self, FileOwner, Quotas, StoredFile},
    upload::{self, Incoming, NewFile, WrittenFile},
};
use crate::{
    config::Config,
    database::{Database, DatabaseError},
    entity_tags,
};

/// Grace period for uploads under way when the venue closes.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// The venue's files. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct Files(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub database: Database,
    pub backend: Backend,
    pub quotas: Quotas,
    uploads: TaskTracker,
}

impl Inner {
    pub fn bytes(&self) -> &dyn ObjectStore {
        &*self.backend.store
    }
}

/// A file, or a part of it, to be sent on.
pub struct FileReader {
    /// The file.
    pub file: StoredFile,
    /// Range of its bytes.
    pub range: Range<u64>,
    /// Those bytes in pieces. They are read as they are taken, a piece ahead at most.
    pub stream: BoxStream<'static, Result<Bytes, StorageError>>,
}

impl Files {
    /// The files where `config` says: in S3, else in `files` of the data folder.
    ///
    /// # Errors
    /// Returns an error when they can't be kept there.
    pub async fn open(config: &Config, database: &Database) -> Result<Self, StorageStartError> {
        let backend = match &config.s3 {
            Some(s3) => Backend::s3(s3).await?,
            None => Backend::folder(&config.data.join("files"))?,
        };
        Ok(Self(Arc::new(Inner {
            database: database.clone(),
            backend,
            quotas: Quotas {
                account: config.max_account_bytes,
                recordings: config.recordings.max_bytes,
                place: config.uploads.max_room_bytes,
                share: config.uploads.max_person_bytes,
                venue: config.max_storage_bytes,
            },
            uploads: TaskTracker::new(),
        })))
    }

    /// Keeps a file, as a whole or not at all. [`PART_BYTES`](super::PART_BYTES) are in memory twice at
    /// most, however large it is.
    ///
    /// # Errors
    /// [`StorageError`], with nothing left of the file.
    pub async fn put<E>(
        &self,
        file: NewFile,
        content: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Result<StoredFile, StorageError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let written = self.write(file, content).await?;
        let mut write = self.0.database.begin().await?;
        store::keep(&mut write, &written).await?;
        write.commit().await?;
        store::find(&self.0.database, &written.name).await?.ok_or(StorageError::Discarded)
    }

    /// Writes a file that [`keep`](super::keep) makes last. It is swept when nobody does.
    ///
    /// The file is cleared away when its stream fails, also when the caller is dropped meanwhile.
    ///
    /// # Errors
    /// [`StorageError`], with nothing left of the file.
    pub async fn write<E>(
        &self,
        file: NewFile,
        content: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Result<WrittenFile, StorageError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let content: Incoming =
            content.map_err(|error| StorageError::Incoming(error.into())).boxed();
        let writing = upload::write(self.clone(), file, content);
        let written = self.0.uploads.spawn(writing).await;
        written.unwrap_or_else(|error| Err(StorageError::Incoming(error.into())))
    }

    /// A file that is kept; none when there is no such.
    pub async fn find(&self, name: &str) -> Result<Option<StoredFile>, DatabaseError> {
        store::find(&self.0.database, name).await
    }

    /// Reads a file or a range of it; none when there is no such file.
    ///
    /// # Errors
    /// [`StorageError::RangeNotSatisfiable`], `Backend`, `Database`.
    pub async fn read(
        &self,
        name: &str,
        range: Option<ByteRange>,
    ) -> Result<Option<FileReader>, StorageError> {
        let Some(file) = self.find(name).await? else { return Ok(None) };
        let range = match range {
            Some(range) => range
                .within(file.bytes)
                .ok_or(StorageError::RangeNotSatisfiable { bytes: file.bytes })?,
            None => 0..file.bytes,
        };
        self.open_range(file, range).await
    }

    pub(super) async fn open_range(
        &self,
        file: StoredFile,
        range: Range<u64>,
    ) -> Result<Option<FileReader>, StorageError> {
        if range.is_empty() {
            return Ok(Some(FileReader { file, range, stream: stream::empty().boxed() }));
        }
        let part = range != (0..file.bytes);
        let options = GetOptions {
            range: part.then(|| GetRange::Bounded(range.clone())),
            ..GetOptions::default()
        };
        let stream = match self.0.bytes().get_opts(&Name::parse(&file.name)?, options).await {
            Ok(found) => found.into_stream().map_err(StorageError::from).boxed(),
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(Some(FileReader { file, range, stream }))
    }

    /// Deletes a file at once; one that isn't there is no error.
    ///
    /// # Errors
    /// Returns an error when its row can't be changed, or its bytes can't be deleted, which the sweep does
    /// then.
    pub async fn delete(&self, name: &str) -> Result<(), StorageError> {
        let mut write = self.0.database.begin().await?;
        store::discard(&mut write, name).await?;
        write.commit().await?;
        self.remove_one(name).await
    }

    /// Deletes the bytes of files that were discarded, once that is committed. What can't be deleted now
    /// is left to the sweep.
    pub async fn remove(&self, names: &[String]) {
        for name in names {
            if let Err(error) = self.remove_one(name).await {
                tracing::warn!(%error, "a discarded file could not be deleted yet");
            }
        }
    }

    pub(super) async fn remove_one(&self, name: &str) -> Result<(), StorageError> {
        match self.0.bytes().delete(&Name::parse(name)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(store::forget(&self.0.database, name).await?)
    }

    /// The files of `owner` that are kept, oldest first.
    pub async fn list_by_owner(&self, owner: &FileOwner) -> Result<Vec<StoredFile>, DatabaseError> {
        store::by_owner(&self.0.database, owner).await
    }

    /// Deletes all files of `owner`.
    pub async fn erase(&self, owner: &FileOwner) -> Result<(), DatabaseError> {
        let mut write = self.0.database.begin().await?;
        let names = store::discard_owned(&mut write, owner).await?;
        write.commit().await?;
        self.remove(&names).await;
        Ok(())
    }

    /// Bytes and files kept, by feature.
    pub async fn kept(&self) -> Result<Vec<(String, i64, i64)>, DatabaseError> {
        store::kept(&self.0.database).await
    }

    /// Gives a row to a file that lies there without one, whatever the quotas say; answers whether it is
    /// there.
    ///
    /// # Errors
    /// Returns an error when the file can't be read, or its row can't be written.
    pub async fn adopt(
        &self,
        name: &str,
        content_type: &str,
        owner: &FileOwner,
    ) -> Result<bool, StorageError> {
        let mut content = match self.0.bytes().get(&Name::parse(name)?).await {
            Ok(found) => found.into_stream(),
            Err(object_store::Error::NotFound { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let (mut digest, mut bytes) = (Sha256::new(), 0);
        while let Some(piece) = content.try_next().await? {
            digest.update(&piece);
            bytes += piece.len() as u64;
        }
        let file = NewFile::new(name, content_type, owner.clone());
        store::adopt(&self.0.database, &file, bytes, &entity_tags::strong(digest.finalize()))
            .await?;
        Ok(true)
    }

    /// Bytes that `owner` may still keep; none without a quota.
    pub async fn room(&self, owner: &FileOwner) -> Result<Option<u64>, DatabaseError> {
        store::room(&self.0.database, owner, &self.0.quotas).await
    }

    /// Waits a moment for files that are coming in, which end when their connections do.
    pub async fn close(&self) {
        self.0.uploads.close();
        let _ = tokio::time::timeout(SHUTDOWN_GRACE, self.0.uploads.wait()).await;
    }
}
