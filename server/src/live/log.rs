//! The log of durable events: what the live channel sends, and what a page that was away catches up
//! with.
//!
//! **Invariant:** an event is appended in the transaction that makes it true, and announced only
//! after that transaction is committed. Announcing only wakes readers, which read the log.

use bandstand_domain::{
    Millis,
    live::{Cursor, Event, Topic},
};
use sqlx::Row;

use crate::database::{Database, DatabaseError, Write};

/// Appends `event` to `topic` within `write`; answers its cursor. Cursors of a topic have no gaps: the
/// topic's row is locked until the transaction ends.
///
/// # Errors
/// When the database fails; the transaction must then be dropped.
pub async fn append(
    write: &mut Write,
    topic: Topic,
    event: &Event,
    now: Millis,
) -> Result<Cursor, DatabaseError> {
    let cursor = reserve(write, topic).await?;
    insert(write, topic, cursor, event, now).await?;
    Ok(cursor)
}

/// Takes the next cursor of `topic`, for an event that holds its own cursor. [`insert`] must follow in
/// the same transaction.
///
/// # Errors
/// When the database fails.
pub async fn reserve(write: &mut Write, topic: Topic) -> Result<Cursor, DatabaseError> {
    let row = sqlx::query(
        "INSERT INTO topics (topic, cursor) VALUES ($1, 1) \
         ON CONFLICT (topic) DO UPDATE SET cursor = topics.cursor + 1 RETURNING cursor",
    )
    .bind(topic.to_string())
    .fetch_one(&mut **write)
    .await?;
    Ok(Cursor(row.try_get(0)?))
}

/// Writes `event` at a cursor that [`reserve`] gave.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    write: &mut Write,
    topic: Topic,
    cursor: Cursor,
    event: &Event,
    now: Millis,
) -> Result<(), DatabaseError> {
    let text =
        serde_json::to_string(event).map_err(|error| DatabaseError::Encode(Box::new(error)))?;
    sqlx::query("INSERT INTO events (topic, cursor, event, at) VALUES ($1, $2, $3, $4)")
        .bind(topic.to_string())
        .bind(cursor.0)
        .bind(text)
        .bind(now.0)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// The cursor of the latest event of `topic`; 0 when there was none.
///
/// # Errors
/// When the database fails.
pub async fn latest(database: &Database, topic: Topic) -> Result<Cursor, DatabaseError> {
    let row = sqlx::query("SELECT cursor FROM topics WHERE topic = $1")
        .bind(topic.to_string())
        .fetch_optional(&database.read)
        .await?;
    row.map_or(Ok(Cursor(0)), |row| Ok(Cursor(row.try_get(0)?)))
}
