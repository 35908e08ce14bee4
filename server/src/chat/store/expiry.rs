//! Messages that rooms keep no longer, and all that a deleted room has of a chat.

use bandstand_domain::{
    Millis, PersonId, RoomId,
    chat::{ChatPlace, MessageId, RoomUnread},
};
use sqlx::Row;

use crate::database::{Database, DatabaseError, Write, parsed};

/// Messages that are deleted in one transaction.
const BATCH: i64 = 100;
/// The most unread messages that are counted in a room.
const MAX_UNREAD: i64 = 100;

/// Messages of rooms that keep them for so many days, and for longer than that: room, identity, author.
pub async fn expired(
    database: &Database,
    now: Millis,
) -> Result<Vec<(RoomId, MessageId, PersonId)>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT r.id AS room, m.id, m.author FROM rooms r JOIN messages m ON m.topic = 'room:' || r.id \
         AND m.sent_at < $1 - r.kept_days * $2 AND m.deleted_at IS NULL \
         WHERE r.kept_days IS NOT NULL AND r.deleted_at IS NULL ORDER BY r.id, m.position LIMIT $3",
    )
    .bind(now.0)
    .bind(24 * Millis::HOUR)
    .bind(BATCH)
    .fetch_all(&database.read)
    .await?;
    rows.iter()
        .map(|row| {
            let author = PersonId::new(row.try_get::<String, _>("author")?);
            Ok((parsed(row, "room")?, MessageId(parsed(row, "id")?), author))
        })
        .collect()
}

/// Forgets all that `room` has of a chat, in the transaction that clears the room away.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn forget_room(write: &mut Write, room: RoomId) -> Result<(), DatabaseError> {
    for statement in [
        "DELETE FROM messages WHERE topic = $1",
        "DELETE FROM chat_reactions WHERE topic = $1",
        "DELETE FROM chat_mentions WHERE topic = $1",
        "DELETE FROM chat_pins WHERE topic = $1",
        "DELETE FROM mutes WHERE topic = $1",
        "DELETE FROM chat_rules WHERE topic = $1",
        "DELETE FROM chat_held WHERE topic = $1",
        "DELETE FROM moderation_log WHERE topic = $1",
    ] {
        let topic = ChatPlace::Room(room).to_string();
        sqlx::query(statement).bind(topic).execute(&mut **write).await?;
    }
    Ok(())
}

/// Numbers of messages that `person` hasn't read, in each of their rooms that has some.
pub async fn unread(
    database: &Database,
    person: &PersonId,
) -> Result<Vec<RoomUnread>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT m.room, (SELECT COUNT(*) FROM (SELECT 1 FROM messages x \
         WHERE x.topic = 'room:' || m.room AND x.position > m.read_to AND x.deleted_at IS NULL \
         AND x.author <> m.person LIMIT $2) AS latest) AS unread \
         FROM room_members m JOIN rooms r ON r.id = m.room AND r.deleted_at IS NULL WHERE m.person = $1",
    )
    .bind(person.as_str())
    .bind(MAX_UNREAD)
    .fetch_all(&database.read)
    .await?;
    let counted = rows.iter().map(|row| {
        let count: i64 = row.try_get("unread")?;
        Ok(RoomUnread { room: parsed(row, "room")?, count: u32::try_from(count).unwrap_or(0) })
    });
    let counted = counted.collect::<Result<Vec<_>, DatabaseError>>()?;
    Ok(counted.into_iter().filter(|it| it.count > 0).collect())
}
