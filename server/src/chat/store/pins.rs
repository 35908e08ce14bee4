//! Pinned messages.

use bandstand_domain::{
    Millis,
    channel::Event,
    chat::{ChatEvent, ChatMessage, ChatPlace, MAX_PINS, MessageId},
};
use sqlx::Row;

use super::{decode, files, messages};
use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write},
};

/// Outcome of pinning a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinning {
    /// It is done, and there is an event to announce.
    Now,
    /// It was so before.
    Before,
    /// There is no such message.
    NotFound,
    /// As many are pinned as can be.
    Full,
}

/// Pins a message of `place`, or takes it off. Unless that is `Now`, the transaction must be dropped.
pub async fn pin(
    write: &mut Write,
    place: ChatPlace,
    id: MessageId,
    pinned: bool,
    now: Millis,
) -> Result<Pinning, DatabaseError> {
    let event = Event::Chat(ChatEvent::Pinned { message: id, pinned });
    event_log::append(write, place.into(), &event, now).await?;
    let message = sqlx::query(
        "SELECT position, (SELECT COUNT(*) FROM chat_pins WHERE topic = $1) AS pins FROM messages \
         WHERE topic = $1 AND id = $2 AND deleted_at IS NULL",
    )
    .bind(place.to_string())
    .bind(id.0.to_string())
    .fetch_optional(&mut **write)
    .await?;
    let Some(message) = message else { return Ok(Pinning::NotFound) };
    let position: i64 = message.try_get("position")?;
    let query = if pinned {
        sqlx::query(
            "INSERT INTO chat_pins (topic, position, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(place.to_string())
        .bind(position)
        .bind(now.0)
    } else {
        sqlx::query("DELETE FROM chat_pins WHERE topic = $1 AND position = $2")
            .bind(place.to_string())
            .bind(position)
    };
    if query.execute(&mut **write).await?.rows_affected() == 0 {
        return Ok(Pinning::Before);
    }
    let pins: i64 = message.try_get("pins")?;
    Ok(if pinned && pins >= i64::from(MAX_PINS) { Pinning::Full } else { Pinning::Now })
}

/// Pinned messages of `place`, the latest first.
pub async fn pinned(
    database: &Database,
    place: ChatPlace,
) -> Result<Vec<ChatMessage>, DatabaseError> {
    let mut connection = database.read.acquire().await?;
    let rows = sqlx::query(messages!(
        "WHERE topic = $1 AND deleted_at IS NULL \
         AND position IN (SELECT position FROM chat_pins WHERE topic = $1) ORDER BY position DESC"
    ))
    .bind(place.to_string())
    .fetch_all(&mut *connection)
    .await?;
    let mut messages = rows.iter().map(decode).collect::<Result<Vec<_>, DatabaseError>>()?;
    files::fill_in(&mut connection, place, &mut messages).await?;
    Ok(messages)
}
