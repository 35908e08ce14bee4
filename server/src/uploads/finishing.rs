//! The way of a file that came in whole, into storage and into its room.

use std::{convert::Infallible, error::Error};

use axum::body::Bytes;
use bandstand_domain::{
    Refusal,
    channel::{Cursor, Topic},
    uploads::{RoomFile, UploadError, UploadEvent, UploadReason},
};
use futures::stream;
use tokio::task::spawn_blocking;

use super::{
    carrying::unlisted,
    incoming::{self, IncomingFiles},
    large_name, owner,
    preparing::{PrepareError, PreparedFile, prepare},
    reserved_name, small_name,
    store::{self, RoomFileRow, UploadRow},
    stored_name,
    tus::may_share,
};
use crate::{
    channel::event_log,
    clock,
    database::{DatabaseError, Write},
    rooms::{self, RoomEntry},
    services::Services,
    storage::{self, NewFile, Quota, StorageError, WrittenFile},
};

/// Media type of smaller versions.
pub const VERSION_TYPE: &str = "image/jpeg";

/// Makes a file of the room out of an upload that is whole. One that is refused is gone; one that only failed can
/// be tried again.
///
/// # Errors
/// [`UploadReason`] of its content, of quotas and of what became of the room; `Forbidden` and `Gone` for who may share
/// nothing there any more, `Broken`.
pub async fn finish(
    services: &Services,
    incoming: &IncomingFiles,
    entry: &RoomEntry,
    upload: &UploadRow,
) -> Result<(), UploadError> {
    let finished = attempt(services, incoming, entry, upload).await;
    match &finished {
        Ok(()) => incoming::remove(&services.config, upload.id).await,
        Err(Refusal::Because(_) | Refusal::Forbidden | Refusal::Gone) => {
            discard(services, upload).await?;
        }
        Err(_) => {}
    }
    finished
}

/// Discards an upload, and gives its bytes back.
///
/// # Errors
/// Fails when the database does.
pub async fn discard(services: &Services, upload: &UploadRow) -> Result<(), DatabaseError> {
    let reserved = reserved_name(upload.id);
    let mut write = services.database.begin().await?;
    store::delete_upload(&mut write, upload.id).await?;
    storage::discard(&mut write, &reserved).await?;
    write.commit_unrevised().await?;
    services.files.remove(&[reserved]).await;
    incoming::remove(&services.config, upload.id).await;
    Ok(())
}

async fn attempt(
    services: &Services,
    incoming: &IncomingFiles,
    entry: &RoomEntry,
    upload: &UploadRow,
) -> Result<(), UploadError> {
    let Ok(_turn) = incoming.turn.acquire().await else { return Err(Refusal::Broken) };
    let from = incoming::path(&services.config, upload.id);
    let to = incoming::prepared_path(&services.config, upload.id);
    let prepared = spawn_blocking(move || prepare(&from, &to)).await.map_err(broken)?;
    let prepared = prepared.map_err(|error| match error {
        PrepareError::Refused(reason) => Refusal::Because(reason),
        PrepareError::Disk(error) => broken(error),
    })?;
    let (size, kind, media) = (prepared.size, prepared.kind, prepared.media);
    let written = write(services, entry, upload, prepared).await?;
    let stored = written.iter().map(|it| it.bytes).sum();
    let bytes = written.first().map_or(0, |it| it.bytes);
    let (topic, now) = (Topic::Room(upload.room), clock::now());
    let mut write = services.database.begin().await?;
    // The topic first, as all do who delete rows of uploads and files in rooms that there are. What a message is to
    // carry is told with that.
    let cursor = match upload.is_unlisted {
        true => {
            event_log::lock(&mut write, topic).await?;
            Cursor(unlisted(upload.id))
        }
        false => event_log::reserve(&mut write, topic).await?,
    };
    if !store::delete_upload(&mut write, upload.id).await? {
        drop(write);
        return Err(Refusal::Gone);
    }
    if let Err(refusal) = may_still_share(&mut write, entry).await {
        drop(write);
        for file in &written {
            services.files.delete(&file.name).await.map_err(lost)?;
        }
        return Err(refusal);
    }
    let file = RoomFile {
        id: upload.id,
        position: cursor.0,
        person: upload.person.clone(),
        author: entry.viewer.name.clone(),
        at: now,
        name: upload.name.clone(),
        kind,
        bytes,
        size,
        message: None,
    };
    let row = RoomFileRow {
        room: upload.room,
        account: upload.account.clone(),
        media: media.to_owned(),
        stored,
        came: upload.bytes,
        file: file.clone(),
    };
    store::insert_file(&mut write, &row).await?;
    if !upload.is_unlisted {
        let event = UploadEvent::FileShared { file };
        event_log::insert(&mut write, topic, cursor, &event.into(), now).await?;
    }
    for file in &written {
        storage::keep(&mut write, file).await.map_err(lost)?;
    }
    let reserved = reserved_name(upload.id);
    storage::discard(&mut write, &reserved).await?;
    write.commit_unrevised().await?;
    services.announce([topic]).await;
    services.files.remove(&[reserved]).await;
    Ok(())
}

/// Lets the person share who was let in before their file was looked at: the room, or their place in it, may be gone
/// meanwhile. Who decides that waits for the room's topic, which is locked.
async fn may_still_share(write: &mut Write, entry: &RoomEntry) -> Result<(), UploadError> {
    let facts = rooms::facts(&mut **write, entry.facts.id).await?;
    let facts = facts.filter(|it| !it.deleted).ok_or(Refusal::Gone)?;
    let role = rooms::role(&mut **write, facts.id, &entry.viewer.person).await?;
    let role = role.ok_or(Refusal::Forbidden)?;
    may_share(&RoomEntry { viewer: entry.viewer.clone(), role, facts })
}

/// Writes all that is kept of a file into storage. Its bytes come out of what is reserved for it.
async fn write(
    services: &Services,
    entry: &RoomEntry,
    upload: &UploadRow,
    prepared: PreparedFile,
) -> Result<Vec<WrittenFile>, UploadError> {
    let owner = owner(upload.account.as_ref(), &entry.viewer, upload.room);
    let new_file = |name: String, media: &str| NewFile {
        reservation: Some(reserved_name(upload.id)),
        ..NewFile::new(name, media, owner.clone())
    };
    let path = match prepared.is_changed {
        true => incoming::prepared_path(&services.config, upload.id),
        false => incoming::path(&services.config, upload.id),
    };
    let file = new_file(stored_name(upload.id), prepared.media);
    let mut written = vec![services.files.take_in(file, &path).await.map_err(lost)?];
    let versions = prepared.versions.into_iter().flatten();
    for (name, content) in [small_name(upload.id), large_name(upload.id)].into_iter().zip(versions)
    {
        // What an attempt before has left.
        services.files.delete(&name).await.map_err(lost)?;
        let announced = Some(content.len() as u64);
        let file = NewFile { announced, ..new_file(name, VERSION_TYPE) };
        let content = stream::iter([Ok::<_, Infallible>(Bytes::from(content))]);
        match services.files.write(file, content).await {
            Ok(version) => written.push(version),
            Err(error) => {
                for file in &written {
                    services.files.delete(&file.name).await.map_err(lost)?;
                }
                return Err(lost(error));
            }
        }
    }
    Ok(written)
}

/// The refusal of a file that can't be kept.
pub fn lost(error: StorageError) -> UploadError {
    match error {
        StorageError::QuotaFull { quota, .. } => Refusal::Because(match quota {
            Quota::Owner | Quota::Share => UploadReason::PersonFull,
            Quota::Place => UploadReason::RoomFull,
            Quota::Venue => UploadReason::VenueFull,
        }),
        StorageError::Database(error) => error.into(),
        error => broken(error),
    }
}

fn broken(error: impl Error) -> UploadError {
    tracing::error!(%error, "a file of a room could not be kept");
    Refusal::Broken
}
