//! Export and erasure of somebody's messages.

use bandstand_domain::{
    PersonId,
    channel::{Cursor, Event},
    chat::{ChatEvent, ChatPlace, MessageId},
};
use serde_json::{Value, json};
use sqlx::Row;

use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write},
};

/// Exports the messages of `person`, for themselves.
pub async fn export(database: &Database, person: &PersonId) -> Result<Value, DatabaseError> {
    let rows = sqlx::query(
        "SELECT topic, name, text, sent_at FROM messages \
         WHERE author = $1 AND deleted_at IS NULL ORDER BY sent_at",
    )
    .bind(person.as_str())
    .fetch_all(&database.read)
    .await?;
    let messages = rows.iter().map(|row| {
        Ok(json!({
            "place": row.try_get::<String, _>("topic")?,
            "name": row.try_get::<String, _>("name")?,
            "text": row.try_get::<String, _>("text")?,
            "sent_at": row.try_get::<i64, _>("sent_at")?,
        }))
    });
    messages.collect::<Result<Vec<_>, DatabaseError>>().map(Value::from)
}

/// Forgets what `author` wrote and by which name, in the log of events as well, and where they were muted.
/// The places of the messages stay, so that nobody's history gets a gap.
pub async fn forget_person(write: &mut Write, author: &PersonId) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM mutes WHERE person = $1")
        .bind(author.as_str())
        .execute(&mut **write)
        .await?;
    let rows = sqlx::query(
        "UPDATE messages SET name = '', text = '', deleted_at = COALESCE(deleted_at, sent_at) \
         WHERE author = $1 AND (name <> '' OR text <> '') RETURNING topic, id, position",
    )
    .bind(author.as_str())
    .fetch_all(&mut **write)
    .await?;
    for row in rows {
        let (place, id): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let (Ok(place), Ok(id)) = (place.parse::<ChatPlace>(), id.parse()) else { continue };
        let event = Event::Chat(ChatEvent::Deleted { message: MessageId(id) });
        event_log::replace(write, place.into(), Cursor(row.try_get(2)?), &event).await?;
    }
    Ok(())
}
