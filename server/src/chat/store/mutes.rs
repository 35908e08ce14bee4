//! People who are muted in a chat.

use bandstand_domain::{
    Millis, PersonId,
    channel::Event,
    chat::{ChatEvent, ChatPlace},
};
use sqlx::{Any, Executor, Row};

use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write},
};

/// Mutes `person` at `place`, or lets them speak again; true when that changed something, and there is an event to
/// announce once it is committed. Else the transaction must be dropped.
pub async fn mute(
    write: &mut Write,
    place: ChatPlace,
    person: &PersonId,
    muted: bool,
    now: Millis,
) -> Result<bool, DatabaseError> {
    // First, because it makes everything at this topic wait its turn: a message, too.
    let event = Event::Chat(ChatEvent::Muted { person: person.clone(), muted });
    event_log::append(write, place.into(), &event, now).await?;
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
    Ok(query.execute(&mut **write).await?.rows_affected() > 0)
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

/// Returns whether `person` is muted at `place`, within a transaction or without.
pub async fn silenced<'e>(
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
