//! Chats in the database.

mod bans;
mod deletion;
mod edits;
mod expiry;
mod extras;
mod files;
mod held;
mod hidden;
mod mentions;
mod moderation_log;
mod moments;
mod mutes;
mod news;
mod pins;
mod reactions;
mod rules;
mod search;
mod threads;

use bandstand_domain::{
    Millis, PersonId,
    channel::Event,
    chat::{ChatBadge, ChatEvent, ChatMessage, ChatPage, ChatPlace, Mention, MessageId, PAGE},
    uploads::RoomFileId,
};
use sqlx::{Row, any::AnyRow};

pub use bans::{ban, bans, forget_origins, is_banned, lift_ban};
pub use deletion::{Deletion, delete, export, export_reactions, forget_person};
pub use edits::{Edited, NewText, edit, edited, settle};
pub use expiry::{expired, forget_room, unread};
pub use held::{Holding, count_held, held, hold, take_held};
pub use hidden::{export_hidden, hidden, hide, unhide};
pub use mentions::{Mentioned, resolve};
pub use moderation_log::{Moderated, forget_old, log, note};
pub use moments::{said_by_second, said_from};
pub use mutes::{is_muted, mute, muted};
pub use news::{heading, reader};
pub use pins::{Pinning, pin, pinned};
pub use reactions::{Reacted, Told, react, tell_untold, untold};
pub use rules::{PlaceRules, rules, set_rules};
pub use search::search;
pub use threads::{quoted, thread};

use super::words::fold;
use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write, parsed},
};

/// Statement that selects the columns of messages, with the rest appended.
macro_rules! messages {
    ($rest:literal) => {
        concat!(
            "SELECT id, author, name, from_artist, badge, text, sent_at, position, replies_to, \
             edited_at, edits, deleted_at, files FROM messages ",
            $rest
        )
    };
}

pub(super) use messages;

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
    /// Message that it answers.
    pub replies_to: Option<MessageId>,
    /// People whom it mentions.
    pub mentioned: Vec<Mentioned>,
    /// Files that it carries.
    pub files: Vec<RoomFileId>,
}

/// Message that was posted, with those whom it concerns beside everybody: to be told in the same transaction.
#[derive(Clone, Debug)]
pub struct PostedMessage {
    /// The message.
    pub message: ChatMessage,
    /// People whom it mentions.
    pub mentioned: Vec<Mentioned>,
    /// Author of the message that it answers.
    pub answered: Option<PersonId>,
}

/// Outcome of posting a message.
#[derive(Clone, Debug)]
pub enum Posted {
    /// It is in the chat, and there is an event to announce.
    Now(Box<PostedMessage>),
    /// It was there before.
    Before,
    /// Somebody else's message has this identity.
    Taken,
    /// Its author is muted.
    Muted,
    /// The message that it answers isn't there.
    Unanswerable,
    /// Its author wrote a moment ago: so many seconds are left.
    TooSoon(u32),
    /// It can't carry one of its files.
    NoSuchFile,
}

/// Adds a message to the chat of `place`, and the event that tells it; where it is `slow`, so many seconds after the
/// author's last. Its files go into the list of the room with it. Unless that is `Now`, the transaction must be dropped.
pub async fn post(
    write: &mut Write,
    place: ChatPlace,
    draft: Draft,
    slow: Option<u32>,
    now: Millis,
) -> Result<Posted, DatabaseError> {
    // First, because it makes everything at this topic wait its turn: a mute, too.
    let cursor = event_log::reserve(write, place.into()).await?;
    let Draft { id, author, name, from_artist, badge, text, replies_to, mentioned, files } = draft;
    if mutes::silenced(&mut **write, place, &author).await? {
        return Ok(Posted::Muted);
    }
    // Before the one that it answers is looked for, which may be gone since.
    if let Some(before) = edits::find(write, place, id).await? {
        let own = before.message.author == author;
        return Ok(if own { Posted::Before } else { Posted::Taken });
    }
    if let Some(left) = too_soon(write, place, &author, slow, now).await? {
        return Ok(Posted::TooSoon(left));
    }
    let answered = match replies_to {
        None => None,
        Some(original) => match edits::find(write, place, original).await? {
            Some(kept) if !kept.deleted => Some(kept.message.author),
            _ => return Ok(Posted::Unanswerable),
        },
    };
    let Some(carried) = files::carry(write, place, (id, &author), &files, now).await? else {
        return Ok(Posted::NoSuchFile);
    };
    sqlx::query(
        "INSERT INTO messages \
         (topic, position, id, author, name, from_artist, badge, text, sent_at, replies_to, folded, files) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
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
    .bind(replies_to.map(|it| it.0.to_string()))
    .bind(fold(&text))
    .bind(files::written(&files))
    .execute(&mut **write)
    .await?;
    mentions::keep(write, place, cursor.0, &mentioned).await?;
    let mentions: Vec<Mention> = mentioned.iter().map(|it| it.mention.clone()).collect();
    let message = ChatMessage {
        id,
        author,
        name,
        from_artist,
        badge,
        text,
        sent_at: now,
        position: cursor.0,
        replies_to,
        mentions,
        files: carried,
        edited_at: None,
        replies: 0,
        reactions: Vec::new(),
    };
    let event = Event::Chat(ChatEvent::Posted { message: message.clone() });
    event_log::insert(write, place.into(), cursor, &event, now).await?;
    Ok(Posted::Now(Box::new(PostedMessage { message, mentioned, answered })))
}

/// Seconds until `author` may write again in `place`; none if they may now.
pub async fn too_soon(
    write: &mut Write,
    place: ChatPlace,
    author: &PersonId,
    slow: Option<u32>,
    now: Millis,
) -> Result<Option<u32>, DatabaseError> {
    let Some(slow) = slow.filter(|slow| *slow > 0) else { return Ok(None) };
    let last = sqlx::query(
        "SELECT MAX(at) FROM (SELECT MAX(sent_at) AS at FROM messages WHERE topic = $1 AND author = $2 \
         UNION ALL SELECT MAX(sent_at) AS at FROM chat_held WHERE topic = $1 AND author = $2) AS sent",
    )
    .bind(place.to_string())
    .bind(author.as_str())
    .fetch_one(&mut **write)
    .await?;
    let last: Option<i64> = last.try_get(0)?;
    let due = last.map(|at| Millis(at).plus(i64::from(slow) * Millis::SECOND));
    let left = due.map(|due| due.since(now)).filter(|left| *left > 0);
    Ok(left.map(|left| u32::try_from(left / Millis::SECOND + 1).unwrap_or(u32::MAX)))
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

/// The name by which `person` wrote last at `place`, if they ever did.
pub async fn last_name(
    database: &Database,
    place: ChatPlace,
    person: &PersonId,
) -> Result<Option<String>, DatabaseError> {
    let row = sqlx::query(
        "SELECT name FROM messages WHERE topic = $1 AND author = $2 AND name <> '' \
         ORDER BY sent_at DESC LIMIT 1",
    )
    .bind(place.to_string())
    .bind(person.as_str())
    .fetch_optional(&database.read)
    .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// The latest messages of `place` before `position`, oldest first, as `viewer` sees them.
pub async fn page(
    database: &Database,
    place: ChatPlace,
    before: i64,
    viewer: Option<&PersonId>,
) -> Result<ChatPage, DatabaseError> {
    let mut connection = database.read.acquire().await?;
    let rows = sqlx::query(messages!(
        "WHERE topic = $1 AND position < $2 AND deleted_at IS NULL ORDER BY position DESC LIMIT $3"
    ))
    .bind(place.to_string())
    .bind(before)
    .bind(i64::from(PAGE) + 1)
    .fetch_all(&mut *connection)
    .await?;
    let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    let mut messages =
        rows.iter().take(most).map(decode).collect::<Result<Vec<_>, DatabaseError>>()?;
    messages.reverse();
    extras::attach(&mut connection, place, &mut messages, None, viewer).await?;
    Ok(ChatPage { messages, more, ..ChatPage::default() })
}

/// The chat of `place` as it is for who comes in, up to the event at `position`.
pub async fn present(
    database: &Database,
    place: ChatPlace,
    position: i64,
    viewer: Option<&PersonId>,
) -> Result<ChatPage, DatabaseError> {
    // A message is at the cursor of its event: newer ones will come as events.
    let page = page(database, place, position.saturating_add(1), viewer).await?;
    let rules = rules(&database.read, place).await?.public;
    Ok(ChatPage { pinned: pinned(database, place).await?, rules, ..page })
}

fn decode(row: &AnyRow) -> Result<ChatMessage, DatabaseError> {
    let from_artist: i64 = row.try_get("from_artist")?;
    let replies_to: Option<String> = row.try_get("replies_to")?;
    Ok(ChatMessage {
        id: MessageId(parsed(row, "id")?),
        author: PersonId::new(row.try_get::<String, _>("author")?),
        name: row.try_get("name")?,
        from_artist: from_artist != 0,
        badge: ChatBadge::named(&row.try_get::<String, _>("badge")?),
        text: row.try_get("text")?,
        sent_at: Millis(row.try_get("sent_at")?),
        position: row.try_get("position")?,
        replies_to: replies_to.and_then(|it| it.parse().ok().map(MessageId)),
        mentions: Vec::new(),
        files: files::read(row)?,
        edited_at: row.try_get::<Option<i64>, _>("edited_at")?.map(Millis),
        replies: 0,
        reactions: Vec::new(),
    })
}
