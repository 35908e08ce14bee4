//! Ways of files from the data folder into storage, and what is left there when the program ends amid.

use std::{fs, sync::Arc};

use tokio::sync::Mutex;

use super::{
    disk, folder, local_path, recorder,
    store::{self, LocalFile},
    stored_name,
};
use crate::{
    database::DatabaseError,
    services::Services,
    storage::{self, FileOwner, NewFile, StorageError},
};

/// Mover of files that are whole into storage.
#[derive(Debug)]
pub struct Storing {
    services: Arc<Services>,
    turn: Mutex<()>,
}

impl Storing {
    /// Nothing to be moved yet.
    pub fn new(services: Arc<Services>) -> Self {
        Storing { services, turn: Mutex::default() }
    }

    /// Makes files whole that were being written when the program ended before, and stores them. To be called
    /// before anything is recorded; the work is done beside.
    ///
    /// # Errors
    /// Returns an error when the database fails.
    pub async fn repair(self: &Arc<Self>) -> Result<(), DatabaseError> {
        let mut files = store::local_files(&self.services.database).await?;
        files.retain(|it| !it.is_closed);
        let this = self.clone();
        self.services.tasks.spawn(async move {
            for file in files {
                tracing::info!(show = %file.show, "the file of a recording was left open");
                if let Err(error) = recorder::close_cut(&this.services, file.id).await {
                    tracing::error!(%error, "the file of a recording can't be noted");
                }
            }
            if let Err(error) = this.store_all().await {
                tracing::error!(%error, "recordings can't be stored yet");
            }
        });
        Ok(())
    }

    /// Moves all files that are whole into storage. What fails is tried again the next time.
    ///
    /// # Errors
    /// Returns an error when the database fails.
    pub async fn store_all(&self) -> Result<(), DatabaseError> {
        let _turn = self.turn.lock().await;
        for file in store::local_files(&self.services.database).await? {
            if file.is_closed
                && let Err(error) = self.store_one(&file).await
            {
                tracing::warn!(show = %file.show, %error, "the file of a recording can't be stored yet");
            }
        }
        Ok(())
    }

    async fn store_one(&self, local: &LocalFile) -> Result<(), StorageError> {
        let Services { files, database, config, .. } = &*self.services;
        let media_type = local.media_type.split(';').next().unwrap_or_default();
        let owner = FileOwner::recordings(&local.artist);
        let file = NewFile {
            // It was bounded while it was written.
            bounded: false,
            ..NewFile::new(stored_name(local.id), media_type, owner)
        };
        let path = local_path(config, local.id);
        // Another process of the venue may be at it.
        let Some(_lock) =
            disk::open_unused(&path).map_err(|it| StorageError::Incoming(it.into()))?
        else {
            return Ok(());
        };
        let written = files.take_in(file, &path).await?;
        let mut write = database.begin().await?;
        storage::keep(&mut write, &written).await?;
        // Else its recording was deleted meanwhile, and the file is swept.
        if store::mark_stored(&mut write, local.id).await? {
            write.commit().await?;
        }
        disk::remove(&path);
        Ok(())
    }

    /// Removes files of the data folder that belong to nobody.
    ///
    /// # Errors
    /// Returns an error when the database fails.
    pub async fn sweep(&self) -> Result<(), DatabaseError> {
        let Ok(entries) = fs::read_dir(folder(&self.services.config)) else { return Ok(()) };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if let Some(name) = name.to_str()
                && !store::is_known(&self.services.database, name).await?
            {
                disk::remove(&entry.path());
            }
        }
        Ok(())
    }
}
