//! Chats in the database.

mod deletion;
mod moments;

use bandstand_domain::{
    Millis, PersonId,
    channel::{Cursor, Event, Topic},
    chat::{ChatBadge, ChatEvent, ChatMessage, ChatPage, ChatPlace, MessageId, PAGE},
};
use sqlx::{Any, Executor, Row, any::AnyRow};

pub use deletion::{export, forget_person};
pub use moments::{said_by_second, said_from};

use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write, parsed},
};

/// A message on its way in.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its identity, chosen by the sender's page.
    pub id: MessageId,
    /// Person who wrote it.
    pub author: PersonId,
    /// Name of the author at the time of sending.
    pub name: String,
    /// True if the author is the show's artist.
    pub from_artist: bool,
    /// Badge of the author in a room.
    pub badge: Option<ChatBadge>,
    /// Text of the message.
    pub text: String,
}

/// Outcome of posting a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It is in the chat, and there is an event to announce.
    Now,
    /// It was there before.
    Before,
    /// Somebody else's message has this identity.
    Taken,
    /// Its author is muted.
    Muted,
}

/// Adds a message to the chat of `place`, and the event that tells it, in one transaction.
///
/// # Errors
/// Returns an error when the database fails; then the message isn't there.
pub async fn post(
    database: &Database,
    place: ChatPlace,
    draft: Draft,
    now: Millis,
) -> Result<Posted, DatabaseError> {
    let mut write = database.begin().await?;
    let topic = Topic::from(place);
    // First, because it makes everything at this topic wait its turn: a mute, too.
    let cursor = event_log::reserve(&mut write, topic).await?;
    let Draft { id, author, name, from_artist, badge, text } = draft;
    if silenced(&mut *write, place, &author).await? {
        return Ok(Posted::Muted);
    }
    let inserted = sqlx::query(
        "INSERT INTO messages (topic, position, id, author, name, from_artist, badge, text, sent_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (topic, id) DO NOTHING",
    )
    .bind(place.to_string())
    .bind(cursor.0)
    .bind(id.0.to_string())
    .bind(author.as_str())
    .bind(&name)
    .bind(i64::from(from_artist))
    .bind(badge.map_or("", ChatBadge::as_str))
    .bind(&text)
    .bind(now.0)
    .execute(&mut *write)
    .await?;
    if inserted.rows_affected() == 0 {
        // Nothing is kept of this transaction, so the cursor is given to the next one.
        let before = find(&mut write, place, id).await?;
        let own = before.is_some_and(|before| before.author == author);
        return Ok(if own { Posted::Before } else { Posted::Taken });
    }
    let position = cursor.0;
    let message =
        ChatMessage { id, author, name, from_artist, badge, text, sent_at: now, position };
    event_log::insert(&mut write, topic, cursor, &Event::Chat(ChatEvent::Posted { message }), now)
        .await?;
    write.commit_unrevised().await?;
    Ok(Posted::Now)
}

/// Returns the author of the message `id` at `place`; none when there never was one.
pub async fn author(
    database: &Database,
    place: ChatPlace,
    id: MessageId,
) -> Result<Option<PersonId>, DatabaseError> {
    let row = sqlx::query("SELECT author FROM messages WHERE topic = $1 AND id = $2")
        .bind(place.to_string())
        .bind(id.0.to_string())
        .fetch_optional(&database.read)
        .await?;
    row.map(|row| Ok(PersonId::new(row.try_get::<String, _>(0)?))).transpose()
}

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

/// Deletes a message when it is `person`'s, or `any`. What it said is gone
/// from the chat and from the log: a page that catches up is told of a deletion in its place.
///
/// # Errors
/// Returns an error when the database fails; then nothing happened.
pub async fn delete(
    database: &Database,
    place: ChatPlace,
    id: MessageId,
    person: &PersonId,
    any: bool,
    now: Millis,
) -> Result<Deletion, DatabaseError> {
    let mut write = database.begin().await?;
    let topic = Topic::from(place);
    let event = Event::Chat(ChatEvent::Deleted { message: id });
    event_log::append(&mut write, topic, &event, now).await?;
    let Some(message) = find(&mut write, place, id).await? else { return Ok(Deletion::NotFound) };
    if message.author != *person && !any {
        return Ok(Deletion::Forbidden);
    }
    if message.deleted {
        return Ok(Deletion::Before);
    }
    sqlx::query(
        "UPDATE messages SET text = '', name = '', deleted_at = $3 WHERE topic = $1 AND id = $2",
    )
    .bind(place.to_string())
    .bind(id.0.to_string())
    .bind(now.0)
    .execute(&mut *write)
    .await?;
    event_log::replace(&mut write, topic, message.cursor, &event).await?;
    write.commit().await?;
    Ok(Deletion::Now)
}

/// Mutes `person` at `place`, or lets them speak again; true when that changed something and there is
/// an event to announce.
///
/// # Errors
/// Returns an error when the database fails; then nothing happened.
pub async fn mute(
    database: &Database,
    place: ChatPlace,
    person: &PersonId,
    muted: bool,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let mut write = database.begin().await?;
    let event = Event::Chat(ChatEvent::Muted { person: person.clone(), muted });
    event_log::append(&mut write, Topic::from(place), &event, now).await?;
    let query = if muted {
        sqlx::query(
            "INSERT INTO mutes (topic, person, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(place.to_string())
        .bind(person.as_str())
        .bind(now.0)
    } else {
        sqlx::query("DELETE FROM mutes WHERE topic = $1 AND person = $2")
            .bind(place.to_string())
            .bind(person.as_str())
    };
    let changed = query.execute(&mut *write).await?.rows_affected() > 0;
    if changed {
        write.commit().await?;
    }
    Ok(changed)
}

/// Returns whether `person` is muted at `place`.
pub async fn is_muted(
    database: &Database,
    place: ChatPlace,
    person: &PersonId,
) -> Result<bool, DatabaseError> {
    silenced(&database.read, place, person).await
}

/// Lists the persons muted at `place`, the first muted first.
pub async fn muted(database: &Database, place: ChatPlace) -> Result<Vec<PersonId>, DatabaseError> {
    let rows = sqlx::query("SELECT person FROM mutes WHERE topic = $1 ORDER BY at, person")
        .bind(place.to_string())
        .fetch_all(&database.read)
        .await?;
    rows.iter().map(|row| Ok(PersonId::new(row.try_get::<String, _>(0)?))).collect()
}

/// Returns whether `person` ever wrote at `place`.
pub async fn has_written(
    database: &Database,
    place: ChatPlace,
    person: &PersonId,
) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT id FROM messages WHERE topic = $1 AND author = $2 LIMIT 1")
        .bind(place.to_string())
        .bind(person.as_str())
        .fetch_optional(&database.read)
        .await?;
    Ok(row.is_some())
}

/// The latest messages of `place` before `position`, oldest first.
pub async fn page(
    database: &Database,
    place: ChatPlace,
    before: i64,
) -> Result<ChatPage, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, author, name, from_artist, badge, text, sent_at, position FROM messages \
         WHERE topic = $1 AND position < $2 AND deleted_at IS NULL \
         ORDER BY position DESC LIMIT $3",
    )
    .bind(place.to_string())
    .bind(before)
    .bind(i64::from(PAGE) + 1)
    .fetch_all(&database.read)
    .await?;
    let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    let mut messages =
        rows.iter().take(most).map(decode).collect::<Result<Vec<_>, DatabaseError>>()?;
    messages.reverse();
    Ok(ChatPage { messages, more })
}

struct Known {
    author: PersonId,
    cursor: Cursor,
    deleted: bool,
}

async fn find(
    write: &mut Write,
    place: ChatPlace,
    id: MessageId,
) -> Result<Option<Known>, DatabaseError> {
    let row = sqlx::query(
        "SELECT author, position, deleted_at FROM messages WHERE topic = $1 AND id = $2",
    )
    .bind(place.to_string())
    .bind(id.0.to_string())
    .fetch_optional(&mut **write)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let deleted_at: Option<i64> = row.try_get(2)?;
    Ok(Some(Known {
        author: PersonId::new(row.try_get::<String, _>(0)?),
        cursor: Cursor(row.try_get(1)?),
        deleted: deleted_at.is_some(),
    }))
}

async fn silenced<'e>(
    executor: impl Executor<'e, Database = Any>,
    place: ChatPlace,
    person: &PersonId,
) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT at FROM mutes WHERE topic = $1 AND person = $2")
        .bind(place.to_string())
        .bind(person.as_str())
        .fetch_optional(executor)
        .await?;
    Ok(row.is_some())
}

fn decode(row: &AnyRow) -> Result<ChatMessage, DatabaseError> {
    let from_artist: i64 = row.try_get("from_artist")?;
    Ok(ChatMessage {
        id: MessageId(parsed(row, "id")?),
        author: PersonId::new(row.try_get::<String, _>("author")?),
        name: row.try_get("name")?,
        from_artist: from_artist != 0,
        badge: ChatBadge::named(&row.try_get::<String, _>("badge")?),
        text: row.try_get("text")?,
        sent_at: Millis(row.try_get("sent_at")?),
        position: row.try_get("position")?,
    })
}
