//! Files that messages carry, in the database.

use bandstand_domain::{
    Millis, PersonId, RoomId,
    chat::MessageId,
    uploads::{RoomFile, RoomFileId},
};
use sqlx::{AnyConnection, Row};

use super::{file_of, files};
use crate::database::{Database, DatabaseError, Write, parsed};

/// Has a message carry a file of its author's in its room; false if there is no such file, or another message
/// carries it.
pub async fn tie(
    write: &mut Write,
    (room, person): (RoomId, &PersonId),
    file: RoomFileId,
    message: MessageId,
) -> Result<bool, DatabaseError> {
    let tied = sqlx::query(
        "UPDATE room_files SET message = $4 WHERE id = $1 AND room = $2 AND person = $3 \
         AND (message IS NULL OR message = $4)",
    )
    .bind(file.to_string())
    .bind(room.to_string())
    .bind(person.as_str())
    .bind(message.0.to_string())
    .execute(&mut **write)
    .await?;
    Ok(tied.rows_affected() > 0)
}

/// Gives a file its place in the list of its room.
pub async fn place(
    write: &mut Write,
    file: RoomFileId,
    position: i64,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE room_files SET position = $2 WHERE id = $1")
        .bind(file.to_string())
        .bind(position)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Files of `room` that a message carries, in no order.
pub async fn carried(
    connection: &mut AnyConnection,
    room: RoomId,
    message: MessageId,
) -> Result<Vec<RoomFile>, DatabaseError> {
    let rows = sqlx::query(files!("FROM room_files f WHERE f.message = $1 AND f.room = $2"))
        .bind(message.0.to_string())
        .bind(room.to_string())
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| Ok(file_of(row)?.file)).collect()
}

/// Deletes the rows of the files that a message carries; answers their identities and places.
pub async fn delete_carried(
    write: &mut Write,
    room: RoomId,
    message: MessageId,
) -> Result<Vec<(RoomFileId, i64)>, DatabaseError> {
    let rows = sqlx::query(
        "DELETE FROM room_files WHERE message = $1 AND room = $2 RETURNING id, position",
    )
    .bind(message.0.to_string())
    .bind(room.to_string())
    .fetch_all(&mut **write)
    .await?;
    rows.iter().map(|row| Ok((parsed(row, "id")?, row.try_get("position")?))).collect()
}

/// Files that came before an instant for messages that nobody sent.
pub async fn unsent_before(
    database: &Database,
    before: Millis,
) -> Result<Vec<(RoomId, RoomFileId)>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT room, id FROM room_files WHERE position < 0 AND message IS NULL AND at <= $1",
    )
    .bind(before.0)
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(|row| Ok((parsed(row, "room")?, parsed(row, "id")?))).collect()
}

/// Deletes the row of a file that no message carries yet; returns whether there was one.
pub async fn delete_unsent(write: &mut Write, id: RoomFileId) -> Result<bool, DatabaseError> {
    let deleted =
        sqlx::query("DELETE FROM room_files WHERE id = $1 AND position < 0 AND message IS NULL")
            .bind(id.to_string())
            .execute(&mut **write)
            .await?;
    Ok(deleted.rows_affected() > 0)
}
