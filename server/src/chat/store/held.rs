//! Messages that wait until a moderator approves them.

use std::slice;

use bandstand_domain::{
    Millis, PersonId,
    chat::{
        ChatBadge, ChatMessage, ChatPlace, HeldMessage, HeldWhy, MAX_HELD, MAX_HELD_EACH, MessageId,
    },
};
use sqlx::{Row, any::AnyRow};

use super::{Draft, edits, files, mutes, too_soon};
use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write, parsed},
};

/// Outcome of holding a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// It waits.
    Now,
    /// It waited, or was posted, before.
    Before,
    /// Somebody else's message has this identity.
    Taken,
    /// Its author is muted.
    Muted,
    /// Too many wait, of this person or in all.
    Full,
    /// Its author wrote a moment ago: so many seconds are left.
    TooSoon(u32),
    /// It can't carry one of its files.
    NoSuchFile,
}

/// Holds a message until a moderator of `place` approves it. Unless that is `Now`, the transaction must be dropped.
pub async fn hold(
    write: &mut Write,
    place: ChatPlace,
    draft: &Draft,
    why: HeldWhy,
    slow: Option<u32>,
    now: Millis,
) -> Result<Holding, DatabaseError> {
    event_log::lock(write, place.into()).await?;
    if mutes::silenced(&mut **write, place, &draft.author).await? {
        return Ok(Holding::Muted);
    }
    if let Some(posted) = edits::find(write, place, draft.id).await? {
        let own = posted.message.author == draft.author;
        return Ok(if own { Holding::Before } else { Holding::Taken });
    }
    let waits = sqlx::query("SELECT author FROM chat_held WHERE topic = $1 AND id = $2")
        .bind(place.to_string())
        .bind(draft.id.0.to_string())
        .fetch_optional(&mut **write)
        .await?;
    if let Some(row) = waits {
        let own = row.try_get::<String, _>(0)? == draft.author.as_str();
        return Ok(if own { Holding::Before } else { Holding::Taken });
    }
    if let Some(left) = too_soon(write, place, &draft.author, slow, now).await? {
        return Ok(Holding::TooSoon(left));
    }
    let waiting = sqlx::query(
        "SELECT COUNT(*) AS every, SUM(CASE WHEN author = $2 THEN 1 ELSE 0 END) AS own \
         FROM chat_held WHERE topic = $1",
    )
    .bind(place.to_string())
    .bind(draft.author.as_str())
    .fetch_one(&mut **write)
    .await?;
    let own: Option<i64> = waiting.try_get("own")?;
    let every: i64 = waiting.try_get("every")?;
    if own.unwrap_or(0) >= i64::from(MAX_HELD_EACH) || every >= i64::from(MAX_HELD) {
        return Ok(Holding::Full);
    }
    if !files::tie(write, place, (draft.id, &draft.author), &draft.files).await? {
        return Ok(Holding::NoSuchFile);
    }
    sqlx::query(
        "INSERT INTO chat_held \
         (topic, id, author, name, from_artist, badge, text, replies_to, why, sent_at, files) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(place.to_string())
    .bind(draft.id.0.to_string())
    .bind(draft.author.as_str())
    .bind(&draft.name)
    .bind(i64::from(draft.from_artist))
    .bind(draft.badge.map_or("", ChatBadge::as_str))
    .bind(&draft.text)
    .bind(draft.replies_to.map(|it| it.0.to_string()))
    .bind(if why == HeldWhy::Word { "word" } else { "rule" })
    .bind(now.0)
    .bind(files::written(&draft.files))
    .execute(&mut **write)
    .await?;
    Ok(Holding::Now)
}

/// Messages that wait in `place`, the oldest first: all, or those of one author.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn held(
    database: &Database,
    place: ChatPlace,
    author: Option<&PersonId>,
) -> Result<Vec<HeldMessage>, DatabaseError> {
    let mut connection = database.read.acquire().await?;
    let rows = sqlx::query(
        "SELECT id, author, name, from_artist, badge, text, replies_to, why, sent_at, files FROM chat_held \
         WHERE topic = $1 AND ($2 = '' OR author = $2) ORDER BY sent_at, id",
    )
    .bind(place.to_string())
    .bind(author.map_or("", PersonId::as_str))
    .fetch_all(&mut *connection)
    .await?;
    let mut held = Vec::new();
    for row in &rows {
        let mut one = decode(row)?;
        files::fill_in(&mut connection, place, slice::from_mut(&mut one.message)).await?;
        held.push(one);
    }
    Ok(held)
}

/// Takes a message that waits out of those that do, with its files, to be posted or not.
pub async fn take_held(
    write: &mut Write,
    place: ChatPlace,
    id: MessageId,
) -> Result<Option<HeldMessage>, DatabaseError> {
    event_log::lock(write, place.into()).await?;
    let row = sqlx::query(
        "DELETE FROM chat_held WHERE topic = $1 AND id = $2 \
         RETURNING id, author, name, from_artist, badge, text, replies_to, why, sent_at, files",
    )
    .bind(place.to_string())
    .bind(id.0.to_string())
    .fetch_optional(&mut **write)
    .await?;
    let Some(mut held) = row.as_ref().map(decode).transpose()? else { return Ok(None) };
    files::fill_in(write, place, slice::from_mut(&mut held.message)).await?;
    Ok(Some(held))
}

/// Number of messages that wait in `place`.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn count_held(database: &Database, place: ChatPlace) -> Result<u32, DatabaseError> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM chat_held WHERE topic = $1")
        .bind(place.to_string())
        .fetch_one(&database.read)
        .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

fn decode(row: &AnyRow) -> Result<HeldMessage, DatabaseError> {
    let replies_to: Option<String> = row.try_get("replies_to")?;
    let message = ChatMessage {
        id: MessageId(parsed(row, "id")?),
        author: PersonId::new(row.try_get::<String, _>("author")?),
        name: row.try_get("name")?,
        from_artist: row.try_get::<i64, _>("from_artist")? != 0,
        badge: ChatBadge::named(&row.try_get::<String, _>("badge")?),
        text: row.try_get("text")?,
        sent_at: Millis(row.try_get("sent_at")?),
        position: 0,
        replies_to: replies_to.and_then(|it| it.parse().ok().map(MessageId)),
        mentions: Vec::new(),
        files: files::read(row)?,
        edited_at: None,
        replies: 0,
        reactions: Vec::new(),
    };
    let word = row.try_get::<String, _>("why")? == "word";
    Ok(HeldMessage { message, why: if word { HeldWhy::Word } else { HeldWhy::Rule } })
}
