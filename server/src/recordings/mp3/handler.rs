//! The job by which an MP3 is made.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bandstand_domain::{
    ShowId,
    recordings::{RecordedMp3, RecordingFileId},
};
use bandstand_radio::{Mp3File, SoundLibraries, TranscodeError};
use thiserror::Error;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        store::{self, Mp3Failure},
        stored_name,
    },
    MEDIA_TYPE, MakeMp3,
    encoding::{Encoding, EncodingError},
    plan::Mp3Plan,
};
use crate::{
    accounts::store::lock,
    background::jobs::{Attempt, Job, JobHandler, JobOutcome},
    database::DatabaseError,
    services::Services,
    storage::{self, FileOwner, NewFile, StorageError, WrittenFile},
};

/// Time between two looks whether the file is wanted still.
const LOOK: Duration = Duration::from_secs(2);

/// Makes MP3 of recordings.
#[derive(Debug)]
pub struct Mp3Handler {
    /// Services that the handler uses.
    pub services: Arc<Services>,
    /// Decoders and the encoder.
    pub libraries: SoundLibraries,
}

/// Reason why an attempt has made none.
#[derive(Debug, Error)]
enum Mp3Error {
    /// Another one is wanted, or none.
    #[error("it isn't wanted any more")]
    Unwanted,
    /// The recording isn't published any more.
    #[error("the recording isn't published")]
    Unpublished,
    /// Nothing can be made of the recording.
    #[error("no MP3 is made of it: {0:?}")]
    Not(Mp3Failure),
    /// It may work later.
    #[error(transparent)]
    Storage(StorageError),
    #[error(transparent)]
    Codec(TranscodeError),
}

impl From<DatabaseError> for Mp3Error {
    fn from(error: DatabaseError) -> Self {
        Self::Storage(error.into())
    }
}

impl From<StorageError> for Mp3Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::QuotaFull { .. } => Self::Not(Mp3Failure::Room),
            StorageError::Incoming(error) => match error.downcast::<EncodingError>() {
                Ok(error) => match *error {
                    EncodingError::Stopped => Self::Unwanted,
                    EncodingError::Codec(error) => Self::Codec(error),
                    EncodingError::Read(error) => {
                        Self::Storage(StorageError::Incoming(error.into()))
                    }
                },
                Err(error) => Self::Storage(StorageError::Incoming(error)),
            },
            error => Self::Storage(error),
        }
    }
}

#[async_trait]
impl JobHandler for Mp3Handler {
    async fn attempt(&self, attempt: Attempt) -> JobOutcome {
        let is_last = attempt.is_last();
        let Ok(MakeMp3 { show, id }) = serde_json::from_value(attempt.payload) else {
            return JobOutcome::unknown();
        };
        let made = self.make(show, id).await;
        let closing = self.services.tasks.closing();
        let outcome = match made {
            Ok(()) => return JobOutcome::Done,
            Err(_) if closing.is_cancelled() => return JobOutcome::Interrupted,
            Err(Mp3Error::Unwanted) => return JobOutcome::Done,
            Err(Mp3Error::Unpublished) => return self.forget(show, id).await,
            Err(Mp3Error::Not(why)) => {
                tracing::info!(%show, ?why, "no MP3 is made of a recording");
                return self.note(show, id, why).await;
            }
            Err(Mp3Error::Codec(error @ TranscodeError::Library { .. })) => {
                tracing::info!(%show, %error, "no MP3 is made of a recording until there is an encoder");
                return self.forget(show, id).await;
            }
            Err(error @ Mp3Error::Codec(_)) => JobOutcome::Never(error.to_string()),
            Err(error @ Mp3Error::Storage(_)) => JobOutcome::Later(error.to_string()),
        };
        if is_last || matches!(outcome, JobOutcome::Never(_)) {
            // Whatever becomes of the note, the job is over.
            let _ = self.note(show, id, Mp3Failure::Failed).await;
        }
        outcome
    }
}

impl Mp3Handler {
    /// By which name its jobs are kept.
    pub const JOB: &'static str = MakeMp3::NAME;

    /// Notes why none is made; that is all there is to do.
    async fn note(&self, show: ShowId, id: RecordingFileId, why: Mp3Failure) -> JobOutcome {
        match store::fail_mp3(&self.services.database, (show, id), why).await {
            Ok(()) => JobOutcome::Done,
            Err(error) => JobOutcome::Later(error.to_string()),
        }
    }

    /// Forgets that one is wanted: it is asked for once the venue can make some.
    async fn forget(&self, show: ShowId, id: RecordingFileId) -> JobOutcome {
        let forgotten = async {
            let mut write = self.services.database.begin().await?;
            if store::is_wanted_mp3(&mut write, show, id).await? {
                let names = super::forget(&mut write, show).await?;
                write.commit().await?;
                self.services.files.remove(&names).await;
            }
            Ok::<_, DatabaseError>(())
        };
        match forgotten.await {
            Ok(()) => JobOutcome::Done,
            Err(error) => JobOutcome::Later(error.to_string()),
        }
    }

    async fn make(&self, show: ShowId, id: RecordingFileId) -> Result<(), Mp3Error> {
        if !self.is_wanted(show, id).await? {
            return Err(Mp3Error::Unwanted);
        }
        let plan = Mp3Plan::of(&self.services, show).await?.ok_or(Mp3Error::Unpublished)?;
        if plan.parts.is_empty() {
            return Err(Mp3Error::Not(Mp3Failure::Silent));
        }
        let (artist, length) = (plan.artist.clone(), plan.length);
        let name = stored_name(id);
        // An attempt that was interrupted may have left something.
        self.services.files.delete(&name).await?;
        let file = NewFile {
            announced: Some(Mp3File::bytes(length) + plan.tag.len() as u64),
            ..NewFile::new(name, MEDIA_TYPE, FileOwner::recordings(&artist))
        };
        let written = self.write(show, id, file, plan).await?;
        let duration = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        let made = RecordedMp3 { id, duration, bytes: written.bytes };
        let mut write = self.services.database.begin().await?;
        lock(&mut write, &artist).await?;
        storage::keep(&mut write, &written).await?;
        if !store::is_wanted_mp3(&mut write, show, id).await? {
            drop(write);
            // Another attempt, whose time was up, may have made it meanwhile.
            if store::show_of_mp3(&self.services.database, id).await?.is_none() {
                self.services.files.delete(&written.name).await?;
            }
            return Err(Mp3Error::Unwanted);
        }
        let before = store::keep_mp3(&mut write, show, &made).await?.map(stored_name);
        if let Some(before) = &before {
            storage::discard(&mut write, before).await?;
        }
        write.commit().await?;
        self.services.files.remove(before.as_slice()).await;
        tracing::info!(%show, bytes = made.bytes, "an MP3 was made of a recording");
        Ok(())
    }

    /// Encodes and writes, until it isn't wanted any more.
    async fn write(
        &self,
        show: ShowId,
        id: RecordingFileId,
        file: NewFile,
        plan: Mp3Plan,
    ) -> Result<WrittenFile, Mp3Error> {
        let stop: CancellationToken = self.services.tasks.closing().child_token();
        // Also where nobody waits for it any more.
        let _guard = stop.clone().drop_guard();
        let (libraries, files) = (self.libraries.clone(), self.services.files.clone());
        let encoding = Encoding { libraries, files, plan, stop: stop.clone() };
        let mut writing = std::pin::pin!(self.services.files.write(file, encoding.start()));
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                written = &mut writing => return Ok(written?),
                _ = looks.tick() => {
                    if matches!(self.is_wanted(show, id).await, Ok(false)) {
                        stop.cancel();
                    }
                }
            }
        }
    }

    async fn is_wanted(&self, show: ShowId, id: RecordingFileId) -> Result<bool, DatabaseError> {
        let row = store::mp3(&self.services.database, show).await?;
        Ok(row.is_some_and(|it| it.wanted == Some(id)))
    }
}
