//! Ways of files from the data folder into storage, and what is left there when the program ends amid.

use std::{
    fs::{self, DirEntry},
    ops::Range,
    sync::{Arc, PoisonError, Weak},
    time::{Duration, Instant},
};

use bandstand_domain::Millis;
use tokio::sync::{Mutex, Semaphore};

use super::{
    closing::{GoneFile, close_cut},
    disk, folder, local_path,
    store::{self, LocalFile},
    stored_name,
    uploads::Uploads,
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

/// Files on their way at the same time. Each has to send a part within the timeout of an S3 server, also by a slow
/// line; a second one is there so that one that hangs holds up no others.
const MAX_UPLOADS: usize = 2;

/// Mover of files that are whole into storage.
#[derive(Debug)]
pub struct Storing {
    this: Weak<Self>,
    services: Arc<Services>,
    turn: Mutex<()>,
    uploads: std::sync::Mutex<Uploads>,
    slots: Arc<Semaphore>,
}

impl Storing {
    /// Nothing to be moved yet.
    pub fn new(services: Arc<Services>) -> Arc<Self> {
        Arc::new_cyclic(|this| Storing {
            this: this.clone(),
            services,
            turn: Mutex::default(),
            uploads: std::sync::Mutex::default(),
            slots: Arc::new(Semaphore::new(MAX_UPLOADS)),
        })
    }

    /// Makes files whole that were being written when their recorder ended without a word, which nobody writes any
    /// more, and begins to move all that are whole into storage, some at a time. What fails is tried again, after
    /// longer and longer waits.
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
        while let Ok(slot) = self.slots.clone().try_acquire_owned() {
            let Some(first) = self.begin_next().await? else { break };
            let Some(this) = self.this.upgrade() else { break };
            self.services.tasks.spawn(async move {
                this.store_from(first).await;
                drop(slot);
            });
        }
        Ok(())
    }

    /// Moves one file after the other into storage, until none is due.
    async fn store_from(&self, first: LocalFile) {
        let mut next = Some(first);
        while let Some(file) = next {
            let stored = self.store_one(&file).await;
            let wait = self.uploads().end(file.id, matches!(stored, Ok(true)), Instant::now());
            if let Err(error) = stored {
                tracing::warn!(
                    show = %file.show, %error, wait,
                    "the file of a recording can't be stored yet, and is tried again"
                );
            }
            next = self.begin_next().await.unwrap_or_else(|error| {
                tracing::error!(%error, "recordings can't be stored yet");
                None
            });
        }
    }

    /// The next file that is to be moved, which is on its way from now on.
    async fn begin_next(&self) -> Result<Option<LocalFile>, DatabaseError> {
        let mut whole = store::local_files(&self.services.database).await?;
        whole.retain(|it| it.is_closed);
        Ok(self.uploads().begin(whole, Instant::now()))
    }

    fn uploads(&self) -> std::sync::MutexGuard<'_, Uploads> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Moves a file into storage; false if somebody else has it.
    async fn store_one(&self, local: &LocalFile) -> Result<bool, StorageError> {
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
            return Ok(false);
        };
        let id = local.id.to_string();
        if !store::is_local(database, &id).await.map_err(StorageError::from)? {
            return Ok(true);
        }
        let written = files.take_in(file, &path).await?;
        let mut write = database.begin().await?;
        storage::keep(&mut write, &written).await?;
        // Else its recording was deleted meanwhile, and the file is swept.
        if store::mark_stored(&mut write, local.id).await? {
            write.commit().await?;
        }
        disk::remove(&path);
        Ok(true)
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
