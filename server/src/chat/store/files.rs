//! Files that messages carry: their identities stand with the message, what is known of them with the files.

use bandstand_domain::{
    Millis, PersonId,
    chat::{CarriedFile, ChatMessage, ChatPlace, MessageId},
    uploads::RoomFileId,
};
use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{
    database::{DatabaseError, Write},
    uploads,
};

/// Files as a column has them.
pub fn written(files: &[RoomFileId]) -> String {
    files.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Files of a row, of which nothing more is known.
pub fn read(row: &AnyRow) -> Result<Vec<CarriedFile>, DatabaseError> {
    let files: String = row.try_get("files")?;
    let ids = files.split_whitespace().filter_map(|it| it.parse().ok());
    Ok(ids.map(|id| CarriedFile { id, file: None }).collect())
}

/// Has a message of `author`'s carry `files`; false where one can't be: the transaction must then be dropped.
pub async fn tie(
    write: &mut Write,
    place: ChatPlace,
    (message, author): (MessageId, &PersonId),
    files: &[RoomFileId],
) -> Result<bool, DatabaseError> {
    match place {
        ChatPlace::Room(room) => uploads::tie(write, room, author, files, message).await,
        ChatPlace::Show(_) => Ok(files.is_empty()),
    }
}

/// Has a message of `author`'s that is posted carry `files`, which go into the list of the room; none where one can't
/// be: the transaction must then be dropped.
pub async fn carry(
    write: &mut Write,
    place: ChatPlace,
    (message, author): (MessageId, &PersonId),
    files: &[RoomFileId],
    now: Millis,
) -> Result<Option<Vec<CarriedFile>>, DatabaseError> {
    if !tie(write, place, (message, author), files).await? {
        return Ok(None);
    }
    let mut carried: Vec<_> = files.iter().map(|id| CarriedFile { id: *id, file: None }).collect();
    if let ChatPlace::Room(room) = place
        && !files.is_empty()
    {
        uploads::list(write, room, message, now).await?;
        uploads::fill_in(write, room, message, &mut carried).await?;
    }
    Ok(Some(carried))
}

/// Adds to `messages` of `place` what is known of their files.
pub async fn fill_in(
    connection: &mut AnyConnection,
    place: ChatPlace,
    messages: &mut [ChatMessage],
) -> Result<(), DatabaseError> {
    let ChatPlace::Room(room) = place else { return Ok(()) };
    for message in messages {
        uploads::fill_in(connection, room, message.id, &mut message.files).await?;
    }
    Ok(())
}
