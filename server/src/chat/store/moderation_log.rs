//! Log of what moderators did.

use bandstand_domain::{
    Millis, PersonId,
    chat::{ChatPlace, LOG_PAGE, ModerationAct, ModerationEntry, ModerationPage},
};
use sqlx::{Row, any::AnyRow};

use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write},
};

/// Time for which what was done is kept, in milliseconds.
const KEPT: i64 = 365 * 24 * Millis::HOUR;

/// Act of a moderator, to be noted.
#[derive(Clone, Debug)]
pub struct Moderated<'a> {
    /// The moderator, with their name.
    pub by: (&'a PersonId, &'a str),
    /// Act.
    pub act: ModerationAct,
    /// Person whom it concerned, with the name if it isn't known from what they wrote.
    pub whom: Option<(&'a PersonId, &'a str)>,
}

/// Notes what was done in `place`, in the transaction that does it.
pub async fn note(
    write: &mut Write,
    place: ChatPlace,
    done: Moderated<'_>,
    now: Millis,
) -> Result<(), DatabaseError> {
    // Entries are numbered one after the other.
    event_log::lock(write, place.into()).await?;
    let (person, name) = done.whom.map_or(("", ""), |(person, name)| (person.as_str(), name));
    sqlx::query(
        "INSERT INTO moderation_log (topic, number, at, author, author_name, act, person, person_name) \
         VALUES ($1, (SELECT COALESCE(MAX(number), 0) + 1 FROM moderation_log WHERE topic = $1), \
         $2, $3, $4, $5, $6, CASE WHEN $7 <> '' THEN $7 ELSE COALESCE((SELECT name FROM messages \
         WHERE topic = $1 AND author = $6 AND name <> '' ORDER BY position DESC LIMIT 1), '') END)",
    )
    .bind(place.to_string())
    .bind(now.0)
    .bind(done.by.0.as_str())
    .bind(done.by.1)
    .bind(done.act.as_str())
    .bind(person)
    .bind(name)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// The latest entries of the log of `place` before the one with this number.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn log(
    database: &Database,
    place: ChatPlace,
    before: i64,
) -> Result<ModerationPage, DatabaseError> {
    let rows = sqlx::query(
        "SELECT number, at, author_name, act, person_name FROM moderation_log \
         WHERE topic = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
    )
    .bind(place.to_string())
    .bind(before)
    .bind(i64::from(LOG_PAGE) + 1)
    .fetch_all(&database.read)
    .await?;
    let most = usize::try_from(LOG_PAGE).unwrap_or(usize::MAX);
    let mut entries = Vec::new();
    for row in rows.iter().take(most) {
        entries.extend(decode(row)?);
    }
    Ok(ModerationPage { entries, more: rows.len() > most })
}

fn decode(row: &AnyRow) -> Result<Option<ModerationEntry>, DatabaseError> {
    let act: String = row.try_get("act")?;
    let Some(act) = ModerationAct::named(&act) else { return Ok(None) };
    Ok(Some(ModerationEntry {
        number: row.try_get("number")?,
        at: Millis(row.try_get("at")?),
        by: row.try_get("author_name")?,
        act,
        whom: row.try_get("person_name")?,
    }))
}

/// Deletes what was done a year ago.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn forget_old(database: &Database, now: Millis) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("DELETE FROM moderation_log WHERE at < $1")
        .bind(now.plus(-KEPT).0)
        .execute(&mut *write)
        .await?;
    write.commit_unrevised().await
}
