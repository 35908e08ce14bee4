//! Recordings of shows: made while they are live, kept in storage, published by their artist.
//!
//! A show that is live is read by a [`recorder`] on a thread of its own, which writes files into the data
//! folder. Closed, they are moved into storage ([`storing`]), which makes whole before what was left open when
//! the program ended. Of those that are published the sound is made into one file ([`mp3`]), which podcast programs
//! take ([`feed`]).

mod access;
mod bookmarks;
mod closing;
mod cut;
mod disk;
mod drafts;
mod feed;
mod files;
mod loud_moments;
mod mp3;
pub mod personal_data;
pub mod port;
mod recorder;
mod running;
mod sending;
mod show_input;
mod store;
mod storing;
mod thread_priority;
mod uploads;
mod whole;
mod zip;

use std::{path::PathBuf, sync::Arc};

use axum::Router;
use bandstand_domain::{Millis, ShowId, recordings::RecordingFileId};

pub use drafts::expire;
pub use mp3::{Mp3Handler, request_missing};
pub use running::Recorders;
pub use storing::Storing;

use crate::{
    accounts::store::lock, config::Config, crowd, database::DatabaseError, services::Services,
    shows, storage,
};

/// Files of recordings, and podcasts.
pub fn routes(config: &Config) -> Router<Arc<Services>> {
    files::routes(config).merge(feed::routes())
}

/// Folder of the files that aren't in storage yet.
fn folder(config: &Config) -> PathBuf {
    config.data.join("recordings")
}

/// Path of a file that isn't in storage yet.
fn local_path(config: &Config, id: RecordingFileId) -> PathBuf {
    folder(config).join(id.to_string())
}

/// Name of a file in storage.
fn stored_name(id: RecordingFileId) -> String {
    format!("recordings/{}", id.0.simple())
}

/// Deletes the recording of `show` with its files. One that is being written goes with its recorder. With `warned`,
/// nothing is deleted unless it is a draft whose artist was warned before that, or of a deleted show; returns whether
/// it was.
async fn discard(
    services: &Arc<Services>,
    show: ShowId,
    warned: Option<Millis>,
) -> Result<bool, DatabaseError> {
    let files = store::files_of(&services.database, show).await?;
    let facts = shows::facts(&services.database, show).await?;
    let mut names: Vec<_> = files.iter().map(|it| stored_name(it.file.id)).collect();
    let mut write = services.database.begin().await?;
    // First, as all do that change a recording: else two of them could wait for each other.
    if let Some(facts) = &facts {
        lock(&mut write, &facts.artist_account).await?;
    }
    if let Some(warned) = warned
        && !store::is_doomed(&mut write, show, warned).await?
    {
        return Ok(false);
    }
    for name in &names {
        storage::discard(&mut write, name).await?;
    }
    names.extend(mp3::forget(&mut write, show).await?);
    store::delete(&mut write, show).await?;
    crowd::forget_moments(&mut write, show).await?;
    write.commit().await?;
    services.files.remove(&names).await;
    for file in files {
        disk::remove(&local_path(&services.config, file.file.id));
    }
    Ok(true)
}
