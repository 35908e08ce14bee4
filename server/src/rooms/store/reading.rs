//! How far members have read.

use bandstand_domain::{PersonId, RoomId, channel::Topic};

use crate::database::{Database, DatabaseError};

/// Notes that `person` has read the chat of `room` up to `position`: never back, and never beyond what there is.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn read_to(
    database: &Database,
    room: RoomId,
    person: &PersonId,
    position: i64,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query(
        "UPDATE room_members SET read_to = $3 WHERE room = $1 AND person = $2 AND read_to < $3 \
         AND $3 <= (SELECT cursor FROM topics WHERE topic = $4)",
    )
    .bind(room.to_string())
    .bind(person.as_str())
    .bind(position)
    .bind(Topic::Room(room).to_string())
    .execute(&mut *write)
    .await?;
    write.commit_unrevised().await
}
