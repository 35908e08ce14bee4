//! Files that people bring. They lie in the data folder, behind the interface that object stores have
//! too.

use std::{path::Path, sync::Arc};

use bandstand_domain::Millis;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path as Name};

/// Why a file can't be kept or read. Callers log it at the boundary.
pub type FileError = object_store::Error;

/// The venue's files, by name. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct Files(Arc<dyn ObjectStore>);

impl Files {
    /// The files in `folder`, which is made when it isn't there.
    ///
    /// # Errors
    /// When the folder can't be used.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        crate::storage::folders::make_private(folder)?;
        let local = LocalFileSystem::new_with_prefix(folder).map_err(std::io::Error::other)?;
        Ok(Self(Arc::new(local)))
    }

    /// Keeps a file. It is there as a whole or not at all.
    ///
    /// # Errors
    /// When it can't be written.
    pub async fn keep(&self, name: &str, content: Vec<u8>) -> Result<(), FileError> {
        self.0.put(&Name::from(name), content.into()).await.map(drop)
    }

    /// Reads a whole file; `None` when there is none.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn read(&self, name: &str) -> Result<Option<Bytes>, FileError> {
        match self.0.get(&Name::from(name)).await {
            Ok(found) => found.bytes().await.map(Some),
            Err(FileError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The names of all files in `folder` that were kept between two instants.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub async fn kept_between(
        &self,
        folder: &str,
        from: Millis,
        until: Millis,
    ) -> Result<Vec<String>, FileError> {
        let files: Vec<_> = self.0.list(Some(&Name::from(folder))).try_collect().await?;
        let kept = |at: i64| (from.0..until.0).contains(&at);
        let files = files.into_iter().filter(|file| kept(file.last_modified.timestamp_millis()));
        Ok(files.map(|file| file.location.to_string()).collect())
    }

    /// Deletes a file; one that isn't there is no error.
    ///
    /// # Errors
    /// When it can't be deleted.
    pub async fn delete(&self, name: &str) -> Result<(), FileError> {
        match self.0.delete(&Name::from(name)).await {
            Ok(()) | Err(FileError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
