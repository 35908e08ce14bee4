//! Deletion of messages, and export and erasure of somebody's.

use bandstand_domain::{
    Millis, PersonId,
    channel::Event,
    chat::{ChatEvent, ChatPlace, MessageId},
};
use serde_json::{Value, json};
use sqlx::{Row, any::AnyRow};

use super::{edits, files};
use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
};

/// Outcome of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is gone, and there is an event to announce.
    Now,
    /// It was gone before.
    Before,
    /// There is no such message.
    NotFound,
    /// It is somebody else's.
    Forbidden,
}

/// Deletes a message when it is `person`'s, or `any`. What it said is gone from the chat and from the log: a page
/// that catches up is told of a deletion in its place. Unless that is `Now`, the transaction must be dropped.
pub async fn delete(
    write: &mut Write,
    place: ChatPlace,
    id: MessageId,
    person: &PersonId,
    any: bool,
    now: Millis,
) -> Result<Deletion, DatabaseError> {
    let event = Event::Chat(ChatEvent::Deleted { message: id });
    event_log::append(write, place.into(), &event, now).await?;
    let Some(kept) = edits::find(write, place, id).await? else { return Ok(Deletion::NotFound) };
    if kept.message.author != *person && !any {
        return Ok(Deletion::Forbidden);
    }
    if kept.deleted {
        return Ok(Deletion::Before);
    }
    sqlx::query(
        "UPDATE messages SET text = '', folded = '', name = '', files = '', replies_to = NULL, deleted_at = $3 \
         WHERE topic = $1 AND id = $2",
    )
    .bind(place.to_string())
    .bind(id.0.to_string())
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    forget_extras(write, place, id, kept.message.position).await?;
    edits::settle(write, place, id).await?;
    Ok(Deletion::Now)
}

/// Forgets what stood beside a message that is gone, and that others answer it.
async fn forget_extras(
    write: &mut Write,
    place: ChatPlace,
    id: MessageId,
    position: i64,
) -> Result<(), DatabaseError> {
    for statement in [
        "DELETE FROM chat_reactions WHERE topic = $1 AND position = $2",
        "DELETE FROM chat_mentions WHERE topic = $1 AND position = $2",
        "DELETE FROM chat_pins WHERE topic = $1 AND position = $2",
    ] {
        sqlx::query(statement).bind(place.to_string()).bind(position).execute(&mut **write).await?;
    }
    sqlx::query("UPDATE messages SET replies_to = NULL WHERE topic = $1 AND replies_to = $2")
        .bind(place.to_string())
        .bind(id.0.to_string())
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Exports the messages of `person`, for themselves.
pub async fn export(database: &Database, person: &PersonId) -> Result<Value, DatabaseError> {
    let rows = sqlx::query(
        "SELECT topic, name, text, sent_at, edited_at, files FROM messages \
         WHERE author = $1 AND deleted_at IS NULL ORDER BY sent_at",
    )
    .bind(person.as_str())
    .fetch_all(&database.read)
    .await?;
    let message = |row: &AnyRow| {
        Ok(json!({
            "place": row.try_get::<String, _>("topic")?,
            "name": row.try_get::<String, _>("name")?,
            "text": row.try_get::<String, _>("text")?,
            "files": files::read(row)?.into_iter().map(|it| it.id).collect::<Vec<_>>(),
            "sent_at": row.try_get::<i64, _>("sent_at")?,
            "edited_at": row.try_get::<Option<i64>, _>("edited_at")?,
        }))
    };
    rows.iter().map(message).collect::<Result<Vec<_>, DatabaseError>>().map(Value::from)
}

/// Exports the reactions of `person`, for themselves.
pub async fn export_reactions(
    database: &Database,
    person: &PersonId,
) -> Result<Value, DatabaseError> {
    let rows = sqlx::query(
        "SELECT topic, position, reaction, at FROM chat_reactions WHERE person = $1 ORDER BY at",
    )
    .bind(person.as_str())
    .fetch_all(&database.read)
    .await?;
    let reaction = |row: &AnyRow| {
        Ok(json!({
            "place": row.try_get::<String, _>("topic")?,
            "position": row.try_get::<i64, _>("position")?,
            "reaction": row.try_get::<String, _>("reaction")?,
            "at": row.try_get::<i64, _>("at")?,
        }))
    };
    rows.iter().map(reaction).collect::<Result<Vec<_>, DatabaseError>>().map(Value::from)
}

/// Forgets what `person` wrote and by which name, in the log of events as well, where they were muted or mentioned,
/// and their reactions. The places of the messages stay, so that nobody's history gets a gap.
pub async fn forget_person(
    write: &mut Write,
    account: &AccountId,
    person: &PersonId,
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM chat_hidden WHERE account = $1")
        .bind(account)
        .execute(&mut **write)
        .await?;
    // Everybody is told soon how many are left.
    sqlx::query(
        "UPDATE messages SET untold = 1 WHERE (topic, position) IN \
         (SELECT topic, position FROM chat_reactions WHERE person = $1)",
    )
    .bind(person.as_str())
    .execute(&mut **write)
    .await?;
    let mentioning = sqlx::query(
        "SELECT m.topic, m.id, m.position FROM chat_mentions c \
         JOIN messages m ON m.topic = c.topic AND m.position = c.position WHERE c.person = $1",
    )
    .bind(person.as_str())
    .fetch_all(&mut **write)
    .await?;
    for statement in [
        "DELETE FROM mutes WHERE person = $1",
        "DELETE FROM chat_held WHERE author = $1",
        "DELETE FROM chat_bans WHERE person = $1",
        "DELETE FROM chat_hidden WHERE person = $1",
        "DELETE FROM moderation_log WHERE author = $1 OR person = $1",
        "DELETE FROM chat_reactions WHERE person = $1",
        "DELETE FROM chat_mentions WHERE person = $1",
    ] {
        sqlx::query(statement).bind(person.as_str()).execute(&mut **write).await?;
    }
    let written = sqlx::query(
        "UPDATE messages SET name = '', text = '', folded = '', badge = '', files = '', replies_to = NULL, \
         deleted_at = COALESCE(deleted_at, sent_at) \
         WHERE author = $1 AND (name <> '' OR text <> '') RETURNING topic, id, position",
    )
    .bind(person.as_str())
    .fetch_all(&mut **write)
    .await?;
    for row in &written {
        let Some((place, id)) = named(row)? else { continue };
        forget_extras(write, place, id, row.try_get("position")?).await?;
        edits::settle(write, place, id).await?;
    }
    for row in &mentioning {
        if let Some((place, id)) = named(row)? {
            edits::settle(write, place, id).await?;
        }
    }
    Ok(())
}

fn named(row: &AnyRow) -> Result<Option<(ChatPlace, MessageId)>, DatabaseError> {
    // What names no place was not written by this program.
    Ok(parsed(row, "topic").ok().zip(parsed(row, "id").ok().map(MessageId)))
}
