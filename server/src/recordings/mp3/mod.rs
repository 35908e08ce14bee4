//! MP3 of published recordings: made of their files by a job, one after the other, and made anew when something else
//! is played of them.

mod encoding;
mod handler;
mod plan;
mod stored_reader;

use bandstand_domain::{ShowId, recordings::RecordingFileId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use handler::Mp3Handler;

use super::{store, stored_name};
use crate::{
    accounts::store::lock,
    background::jobs::{self, Job},
    database::{DatabaseError, Write},
    services::Services,
    shows, storage,
};

/// Media type of the files.
pub(super) const MEDIA_TYPE: &str = "audio/mpeg";

/// Job of making the MP3 of a recording. Where another file is wanted by then, there is nothing to do.
#[derive(Debug, Serialize, Deserialize)]
struct MakeMp3 {
    /// The show.
    show: ShowId,
    /// Identity of the file.
    id: RecordingFileId,
}

impl Job for MakeMp3 {
    const NAME: &'static str = "mp3";
    const IS_LONG: bool = true;
}

/// Asks for the MP3 of the recording of `show`, in the transaction of the change that asks for it. The file that there
/// is stays until then.
pub(super) async fn request(write: &mut Write, show: ShowId) -> Result<(), DatabaseError> {
    let id = RecordingFileId(Uuid::new_v4());
    store::want_mp3(write, show, id).await?;
    jobs::add(write, &MakeMp3 { show, id }).await
}

/// Forgets the MP3 of the recording of `show`, and has none made; returns the names of its files, which are to be
/// removed once that is committed.
pub(super) async fn forget(write: &mut Write, show: ShowId) -> Result<Vec<String>, DatabaseError> {
    let ids = store::forget_mp3(write, show).await?;
    let names: Vec<_> = ids.into_iter().map(stored_name).collect();
    for name in &names {
        storage::discard(write, name).await?;
    }
    Ok(names)
}

/// Asks for the MP3 of each published recording that has none: of those that were published before there was any, or
/// when the venue could make none, or when there was no room.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn request_missing(services: &Services) -> Result<(), DatabaseError> {
    for show in store::without_mp3(&services.database).await? {
        let Some(facts) = shows::facts(&services.database, show).await? else { continue };
        let mut write = services.database.begin().await?;
        lock(&mut write, &facts.artist_account).await?;
        // It may have been taken back meanwhile; the job finds that.
        request(&mut write, show).await?;
        write.commit().await?;
        services.jobs.wake();
    }
    Ok(())
}
