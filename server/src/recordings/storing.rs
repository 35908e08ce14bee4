//! Ways of files from the data folder into storage, and what is left there when the program ends amid.

use std::{
    fs::{self, DirEntry},
    ops::Range,
    sync::Arc,
    time::Duration,
};

use bandstand_domain::Millis;
use tokio::sync::Mutex;

use super::{
    closing::{GoneFile, close_cut},
    disk, folder, local_path,
    store::{self, LocalFile},
    stored_name,
};
use crate::{
    clock,
    database::DatabaseError,
    services::Services,
    storage::{self, FileOwner, NewFile, StorageError},
};

/// Age in milliseconds up to which a file that is open is left alone.
const YOUNG: i64 = 3 * Millis::SECOND;
/// Age in milliseconds from which on a file that isn't there is given up: its disk doesn't come back.
const LOST: i64 = 24 * Millis::HOUR;
/// Ages between which a file without a row is swept: it may be coming, or belong to another database.
const SWEPT: Range<Duration> = Duration::from_secs(3_600)..Duration::from_secs(48 * 3_600);

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

    /// Makes files whole that were being written when their recorder ended without a word, which nobody writes any
    /// more, and moves all that are whole into storage. What fails is tried again the next time.
    ///
    /// # Errors
    /// Returns an error when the database fails.
    pub async fn store_all(&self) -> Result<(), DatabaseError> {
        let _turn = self.turn.lock().await;
        for file in store::local_files(&self.services.database).await? {
            if !file.is_closed {
                self.close(&file).await?;
            }
        }
        for file in store::local_files(&self.services.database).await? {
            if file.is_closed
                && let Err(error) = self.store_one(&file).await
            {
                tracing::warn!(show = %file.show, %error, "the file of a recording can't be stored yet");
            }
        }
        Ok(())
    }

    /// Closes a file that was left open. One that was begun a moment ago may not be there yet.
    async fn close(&self, file: &LocalFile) -> Result<(), DatabaseError> {
        let age = clock::now().since(file.began_at);
        if age < YOUNG {
            return Ok(());
        }
        let gone = if age > LOST { GoneFile::Forget } else { GoneFile::Keep };
        close_cut(&self.services, file.id, gone).await
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
        let id = local.id.to_string();
        if !store::is_local(database, &id).await.map_err(StorageError::from)? {
            return Ok(());
        }
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
                && is_ours(&entry)
                && !store::is_local(&self.services.database, name).await?
            {
                disk::remove(&entry.path());
            }
        }
        Ok(())
    }
}

/// Tells whether a file is of an age at which it may be swept.
fn is_ours(entry: &DirEntry) -> bool {
    let changed = entry.metadata().and_then(|it| it.modified());
    changed.is_ok_and(|it| it.elapsed().is_ok_and(|age| SWEPT.contains(&age)))
}
