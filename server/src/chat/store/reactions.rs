//! Reactions to messages, and the message that is pinned.

use std::collections::HashMap;

use bandstand_domain::{
    Millis, PersonId, ShowId,
    channel::{Event, Topic},
    chat::{ChatEvent, ChatMessage, MessageId, Reaction, ReactionCount},
};
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use super::{decode, find, message_sql};
use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write, parsed},
};

/// Outcome of a change to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageChange {
    /// It is made, and there is an event to announce.
    Now,
    /// It was so before.
    Before,
    /// There is no such message, or it was deleted.
    NotFound,
}

/// Adds the reaction of `person` to a message, or takes it back when `on` is false.
///
/// # Errors
/// Returns an error when the database fails; then nothing happened.
pub async fn react(
    database: &Database,
    show: ShowId,
    id: MessageId,
    person: &PersonId,
    (reaction, on): (Reaction, bool),
    now: Millis,
) -> Result<MessageChange, DatabaseError> {
    let mut write = database.begin().await?;
    let topic = Topic::Show(show);
    // First, because it makes everything at this topic wait its turn: counts are told in their order.
    let cursor = event_log::reserve(&mut write, topic).await?;
    if find(&mut write, show, id).await?.is_none_or(|it| it.deleted) {
        return Ok(MessageChange::NotFound);
    }
    let query = if on {
        sqlx::query(
            "INSERT INTO reactions (show_id, message, reaction, person, at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
    } else {
        sqlx::query(
            "DELETE FROM reactions \
             WHERE show_id = $1 AND message = $2 AND reaction = $3 AND person = $4",
        )
    };
    let query = query
        .bind(show.to_string())
        .bind(id.0.to_string())
        .bind(reaction.as_str())
        .bind(person.as_str());
    let query = if on { query.bind(now.0) } else { query };
    if query.execute(&mut *write).await?.rows_affected() == 0 {
        return Ok(MessageChange::Before);
    }
    let count = count(&mut write, show, id.0, reaction).await?;
    let event = Event::Chat(ChatEvent::Reacted { message: id, reaction, count });
    event_log::insert(&mut write, topic, cursor, &event, now).await?;
    write.commit_unrevised().await?;
    Ok(MessageChange::Now)
}

async fn count(
    write: &mut Write,
    show: ShowId,
    id: Uuid,
    reaction: Reaction,
) -> Result<u32, DatabaseError> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM reactions WHERE show_id = $1 AND message = $2 AND reaction = $3",
    )
    .bind(show.to_string())
    .bind(id.to_string())
    .bind(reaction.as_str())
    .fetch_one(&mut **write)
    .await?;
    Ok(u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(u32::MAX))
}

/// Puts into `messages`, which follow each other in `show`, the reactions to them, as `viewer` sees them.
pub async fn add_reactions(
    database: &Database,
    show: ShowId,
    viewer: Option<&PersonId>,
    messages: &mut [ChatMessage],
) -> Result<(), DatabaseError> {
    let (Some(first), Some(last)) = (messages.first(), messages.last()) else { return Ok(()) };
    let rows = sqlx::query(
        "SELECT r.message, r.reaction, COUNT(*) AS count, \
                SUM(CASE WHEN r.person = $4 THEN 1 ELSE 0 END) AS mine \
         FROM messages m JOIN reactions r ON r.show_id = m.show_id AND r.message = m.id \
         WHERE m.show_id = $1 AND m.position >= $2 AND m.position <= $3 AND m.deleted_at IS NULL \
         GROUP BY r.message, r.reaction",
    )
    .bind(show.to_string())
    .bind(first.position)
    .bind(last.position)
    .bind(viewer.map_or("", PersonId::as_str))
    .fetch_all(&database.read)
    .await?;
    let mut all = HashMap::<MessageId, Vec<ReactionCount>>::new();
    for row in &rows {
        let Some(reaction) = Reaction::named(row.try_get("reaction")?) else { continue };
        let count = u32::try_from(row.try_get::<i64, _>("count")?).unwrap_or(u32::MAX);
        let mine = row.try_get::<i64, _>("mine")? > 0;
        let message = MessageId(parsed(row, "message")?);
        all.entry(message).or_default().push(ReactionCount { reaction, count, mine });
    }
    for message in messages {
        message.reactions = all.remove(&message.id).unwrap_or_default();
        message.reactions.sort_by_key(|it| it.reaction);
    }
    Ok(())
}

/// Pins a message in place of another, or unpins the one that is pinned.
///
/// # Errors
/// Returns an error when the database fails; then nothing happened.
pub async fn pin(
    database: &Database,
    show: ShowId,
    id: Option<MessageId>,
    now: Millis,
) -> Result<MessageChange, DatabaseError> {
    let mut write = database.begin().await?;
    let event = Event::Chat(ChatEvent::Pinned { message: id });
    event_log::append(&mut write, Topic::Show(show), &event, now).await?;
    let query = match id {
        Some(id) => {
            if find(&mut write, show, id).await?.is_none_or(|it| it.deleted) {
                return Ok(MessageChange::NotFound);
            }
            sqlx::query(
                "INSERT INTO pins (show_id, message, at) VALUES ($1, $2, $3) \
                 ON CONFLICT (show_id) DO UPDATE SET message = excluded.message, at = excluded.at \
                 WHERE pins.message <> excluded.message",
            )
            .bind(show.to_string())
            .bind(id.0.to_string())
            .bind(now.0)
        }
        None => sqlx::query("DELETE FROM pins WHERE show_id = $1").bind(show.to_string()),
    };
    if query.execute(&mut *write).await?.rows_affected() == 0 {
        return Ok(MessageChange::Before);
    }
    write.commit().await?;
    Ok(MessageChange::Now)
}

/// Returns the pinned message of `show`.
pub async fn pinned(
    database: &Database,
    show: ShowId,
) -> Result<Option<ChatMessage>, DatabaseError> {
    let row = sqlx::query(concat!(
        message_sql!(),
        "AND id = (SELECT message FROM pins WHERE show_id = $1)"
    ))
    .bind(show.to_string())
    .fetch_optional(&database.read)
    .await?;
    row.as_ref().map(decode).transpose()
}

/// Returns one message of `show` that is still there.
pub async fn message(
    database: &Database,
    show: ShowId,
    id: MessageId,
) -> Result<Option<ChatMessage>, DatabaseError> {
    let row = sqlx::query(concat!(message_sql!(), "AND id = $2"))
        .bind(show.to_string())
        .bind(id.0.to_string())
        .fetch_optional(&database.read)
        .await?;
    row.as_ref().map(decode).transpose()
}

/// Forgets what hangs on a message that is deleted: reactions, and its being pinned.
pub async fn forget_message(
    write: &mut Write,
    show: ShowId,
    id: MessageId,
) -> Result<(), DatabaseError> {
    for statement in [
        "DELETE FROM reactions WHERE show_id = $1 AND message = $2",
        "DELETE FROM pins WHERE show_id = $1 AND message = $2",
    ] {
        sqlx::query(statement)
            .bind(show.to_string())
            .bind(id.0.to_string())
            .execute(&mut **write)
            .await?;
    }
    Ok(())
}

/// Exports the reactions of `person`, for themselves.
pub async fn export_reactions(
    database: &Database,
    person: &PersonId,
) -> Result<Value, DatabaseError> {
    let rows = sqlx::query(
        "SELECT show_id, message, reaction, at FROM reactions WHERE person = $1 ORDER BY at",
    )
    .bind(person.as_str())
    .fetch_all(&database.read)
    .await?;
    let reactions = rows.iter().map(|row| {
        Ok(json!({
            "show": row.try_get::<String, _>("show_id")?,
            "message": row.try_get::<String, _>("message")?,
            "reaction": row.try_get::<String, _>("reaction")?,
            "at": row.try_get::<i64, _>("at")?,
        }))
    });
    reactions.collect::<Result<Vec<_>, DatabaseError>>().map(Value::from)
}

/// Forgets the reactions of `person`. Nobody is told: the next who asks is given the new counts.
pub async fn forget_reactions(write: &mut Write, person: &PersonId) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM reactions WHERE person = $1")
        .bind(person.as_str())
        .execute(&mut **write)
        .await?;
    Ok(())
}
