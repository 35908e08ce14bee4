//! Files that messages carry: tied to them, shown with them, removed with them.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use bandstand_domain::{
    Millis, PersonId, RoomId,
    channel::Topic,
    chat::{CarriedFile, MessageId},
    uploads::{RoomFile, RoomFileId, UploadEvent},
};
use sqlx::AnyConnection;

use super::{names, removing::tell_removed, store};
use crate::{
    channel::event_log,
    database::{DatabaseError, Write},
    storage,
};

/// Place of a file that isn't in the list of its room yet: below 0, and its own.
pub(super) fn unlisted(id: RoomFileId) -> i64 {
    -i64::try_from(id.0.as_u128() & 0x3fff_ffff_ffff_ffff).unwrap_or_default() - 1
}

/// Whoever keeps the messages that carry files.
#[async_trait]
pub trait FileCarrier: fmt::Debug + Send + Sync {
    /// Forgets, in the transaction that removes it, what was told of a file with the message that carries it.
    ///
    /// # Errors
    /// Returns an error when the database fails.
    async fn lost(
        &self,
        write: &mut Write,
        room: RoomId,
        message: MessageId,
    ) -> Result<(), DatabaseError>;
}

/// Has `message` carry files of its author's in `room`, whose topic is locked; false if one isn't there, isn't theirs,
/// or another message carries it: the transaction must then be dropped.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn tie(
    write: &mut Write,
    room: RoomId,
    author: &PersonId,
    files: &[RoomFileId],
    message: MessageId,
) -> Result<bool, DatabaseError> {
    for file in files {
        if !store::tie(write, (room, author), *file, message).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Puts those files that `message` carries, and that aren't there yet, into the list of `room`, with the events that
/// tell of them.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn list(
    write: &mut Write,
    room: RoomId,
    message: MessageId,
    now: Millis,
) -> Result<(), DatabaseError> {
    let mut files = store::carried(write, room, message).await?;
    files.sort_by_key(|it| (it.at, it.id));
    for mut file in files.into_iter().filter(|it| it.position < 0) {
        let cursor = event_log::reserve(write, Topic::Room(room)).await?;
        file.position = cursor.0;
        store::place(write, file.id, cursor.0).await?;
        let event = UploadEvent::FileShared { file }.into();
        event_log::insert(write, Topic::Room(room), cursor, &event, now).await?;
    }
    Ok(())
}

/// Fills in those of `files` that are still there, which `message` carries.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn fill_in(
    connection: &mut AnyConnection,
    room: RoomId,
    message: MessageId,
    files: &mut [CarriedFile],
) -> Result<(), DatabaseError> {
    if files.is_empty() {
        return Ok(());
    }
    let there = store::carried(connection, room, message).await?;
    let mut there: HashMap<_, _> = there.into_iter().map(|it| (it.id, it)).collect();
    for file in files {
        // The message that has it knows that.
        file.file = there.remove(&file.id).map(|it| RoomFile { message: None, ..it });
    }
    Ok(())
}

/// Removes the files that `message` carries, in the transaction that takes the message away, in which the topic of
/// `room` is locked; answers the names of files to be removed after the commit
/// ([`Files::remove`](crate::storage::files::Files::remove)).
///
/// # Errors
/// Returns an error when the database fails.
pub async fn remove_carried(
    write: &mut Write,
    room: RoomId,
    message: MessageId,
) -> Result<Vec<String>, DatabaseError> {
    let mut gone = Vec::new();
    for (id, position) in store::delete_carried(write, room, message).await? {
        tell_removed(write, room, id, position).await?;
        gone.extend(names(id));
    }
    storage::discard_all(write, &gone).await?;
    Ok(gone)
}
