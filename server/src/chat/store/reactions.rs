//! Reactions to messages in the database, and the events that tell how many there are.

use bandstand_domain::{
    Millis, PersonId,
    channel::Event,
    chat::{ChatEvent, ChatPlace, MessageId, Reaction, ReactionCount},
};
use sqlx::{AnyConnection, Row};

use super::extras::counted;
use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write, parsed},
};

/// Time between two events that tell the reactions to one message, in milliseconds.
pub const TELL_EVERY: i64 = Millis::SECOND;
/// The most messages whose reactions are told in one go of the periodic work.
const MAX_UNTOLD: i64 = 200;

/// Outcome of a reaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reacted {
    /// Reactions to the message by now, as the person sees them.
    pub counts: Vec<ReactionCount>,
    /// When to tell of it; none if it is told already.
    pub told: Told,
}

/// Telling of a reaction to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// There is an event to announce.
    Now,
    /// An event was told a moment ago: the next one is due then, for this reaction first.
    Later(Millis),
    /// There is nothing new, or somebody tells it soon.
    Nothing,
}

/// Notes that `person` reacts to a message of `place`, or doesn't any more; none if there is no such message.
///
/// # Errors
/// Returns an error when the database fails; then nothing happened.
pub async fn react(
    database: &Database,
    place: ChatPlace,
    id: MessageId,
    person: &PersonId,
    (reaction, on): (Reaction, bool),
    now: Millis,
) -> Result<Option<Reacted>, DatabaseError> {
    let mut write = database.begin().await?;
    // First, because it makes everything at this topic wait its turn: reactions are counted one after the other.
    event_log::lock(&mut write, place.into()).await?;
    let message = sqlx::query(
        "SELECT position, told_at, untold FROM messages \
         WHERE topic = $1 AND id = $2 AND deleted_at IS NULL",
    )
    .bind(place.to_string())
    .bind(id.0.to_string())
    .fetch_optional(&mut *write)
    .await?;
    let Some(message) = message else { return Ok(None) };
    let position: i64 = message.try_get("position")?;
    let query = if on {
        sqlx::query(
            "INSERT INTO chat_reactions (topic, position, reaction, person, at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
    } else {
        sqlx::query(
            "DELETE FROM chat_reactions \
             WHERE topic = $1 AND position = $2 AND reaction = $3 AND person = $4 AND at <= $5",
        )
    };
    let changed = query
        .bind(place.to_string())
        .bind(position)
        .bind(reaction.as_str())
        .bind(person.as_str())
        .bind(if on { now.0 } else { i64::MAX })
        .execute(&mut *write)
        .await?;
    let counts = counts(&mut write, place, position, Some(person)).await?;
    if changed.rows_affected() == 0 {
        return Ok(Some(Reacted { counts, told: Told::Nothing }));
    }
    let (told_at, untold): (i64, i64) = (message.try_get("told_at")?, message.try_get("untold")?);
    let due = Millis(told_at).plus(TELL_EVERY);
    let told = if due <= now {
        tell(&mut write, place, (id, position), now).await?;
        Told::Now
    } else {
        sqlx::query("UPDATE messages SET untold = 1 WHERE topic = $1 AND position = $2")
            .bind(place.to_string())
            .bind(position)
            .execute(&mut *write)
            .await?;
        if untold == 0 { Told::Later(due) } else { Told::Nothing }
    };
    write.commit_unrevised().await?;
    Ok(Some(Reacted { counts, told }))
}

/// Tells the reactions to a message that weren't told yet; true when there is an event to announce.
///
/// # Errors
/// Returns an error when the database fails; then nothing happened.
pub async fn tell_untold(
    database: &Database,
    place: ChatPlace,
    id: MessageId,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let mut write = database.begin().await?;
    event_log::lock(&mut write, place.into()).await?;
    let message = sqlx::query(
        "UPDATE messages SET untold = 0 WHERE topic = $1 AND id = $2 AND untold = 1 \
         AND deleted_at IS NULL RETURNING position",
    )
    .bind(place.to_string())
    .bind(id.0.to_string())
    .fetch_optional(&mut *write)
    .await?;
    let Some(message) = message else { return Ok(false) };
    tell(&mut write, place, (id, message.try_get(0)?), now).await?;
    write.commit_unrevised().await?;
    Ok(true)
}

/// Messages whose reactions were not told for so long that nobody is about to: a process ended meanwhile.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn untold(
    database: &Database,
    now: Millis,
) -> Result<Vec<(ChatPlace, MessageId)>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT topic, id FROM messages WHERE untold = 1 AND told_at < $1 AND deleted_at IS NULL LIMIT $2",
    )
    .bind(now.plus(-10 * TELL_EVERY).0)
    .bind(MAX_UNTOLD)
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(|row| Ok((parsed(row, "topic")?, MessageId(parsed(row, "id")?)))).collect()
}

async fn tell(
    write: &mut Write,
    place: ChatPlace,
    (message, position): (MessageId, i64),
    now: Millis,
) -> Result<(), DatabaseError> {
    let reactions = counts(write, place, position, None).await?;
    let event = Event::Chat(ChatEvent::Reacted { message, reactions });
    event_log::append(write, place.into(), &event, now).await?;
    sqlx::query("UPDATE messages SET told_at = $3, untold = 0 WHERE topic = $1 AND position = $2")
        .bind(place.to_string())
        .bind(position)
        .bind(now.0)
        .execute(&mut **write)
        .await?;
    Ok(())
}

async fn counts(
    connection: &mut AnyConnection,
    place: ChatPlace,
    position: i64,
    viewer: Option<&PersonId>,
) -> Result<Vec<ReactionCount>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT reaction, COUNT(*) AS persons, MAX(CASE WHEN person = $3 THEN 1 ELSE 0 END) AS mine \
         FROM chat_reactions WHERE topic = $1 AND position = $2 GROUP BY reaction",
    )
    .bind(place.to_string())
    .bind(position)
    .bind(viewer.map_or("", PersonId::as_str))
    .fetch_all(connection)
    .await?;
    let mut counts = Vec::new();
    for row in &rows {
        counts.extend(counted(row)?);
    }
    counts.sort_by_key(|it: &ReactionCount| it.reaction);
    Ok(counts)
}
