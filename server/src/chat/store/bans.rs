//! People who are banned from shows. Rooms keep their own bans.

use bandstand_domain::{
    Millis, PersonId,
    chat::{ChatBan, ChatPlace},
};
use sqlx::Row;

use crate::database::{Database, DatabaseError, Write};

/// Time for which guests from where a banned guest was stay out, in milliseconds.
const ORIGIN_KEPT: i64 = 24 * Millis::HOUR;

/// Bans `person` from `place`, and for a day the guests from the same `origin`, or takes that back; true when that
/// changed something.
pub async fn ban(
    write: &mut Write,
    place: ChatPlace,
    person: &PersonId,
    name: &str,
    origin: Option<&str>,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO chat_bans (topic, person, name, origin, origin_until, at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(place.to_string())
    .bind(person.as_str())
    .bind(name)
    .bind(origin)
    .bind(origin.map(|_| now.plus(ORIGIN_KEPT).0))
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Lets a banned person back into `place`; their name at the time of the ban.
pub async fn lift_ban(
    write: &mut Write,
    place: ChatPlace,
    person: &PersonId,
) -> Result<Option<String>, DatabaseError> {
    let row = sqlx::query("DELETE FROM chat_bans WHERE topic = $1 AND person = $2 RETURNING name")
        .bind(place.to_string())
        .bind(person.as_str())
        .fetch_optional(&mut **write)
        .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// Tells whether `person` is banned from `place`, or, as a guest, comes from where one was banned of late.
pub async fn is_banned(
    database: &Database,
    place: ChatPlace,
    person: &PersonId,
    origin: Option<&str>,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let row = sqlx::query(
        "SELECT 1 FROM chat_bans WHERE topic = $1 \
         AND (person = $2 OR (origin = $3 AND origin_until > $4)) LIMIT 1",
    )
    .bind(place.to_string())
    .bind(person.as_str())
    .bind(origin)
    .bind(now.0)
    .fetch_optional(&database.read)
    .await?;
    Ok(row.is_some())
}

/// People who are banned from `place`, the latest first.
pub async fn bans(database: &Database, place: ChatPlace) -> Result<Vec<ChatBan>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT person, name, at FROM chat_bans WHERE topic = $1 ORDER BY at DESC, person LIMIT 500",
    )
    .bind(place.to_string())
    .fetch_all(&database.read)
    .await?;
    let ban = |row: &sqlx::any::AnyRow| {
        Ok(ChatBan {
            person: PersonId::new(row.try_get::<String, _>("person")?),
            name: row.try_get("name")?,
            at: Millis(row.try_get("at")?),
        })
    };
    rows.iter().map(ban).collect()
}

/// Forgets the origins of guests once they count no more.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn forget_origins(database: &Database, now: Millis) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("UPDATE chat_bans SET origin = NULL, origin_until = NULL WHERE origin_until <= $1")
        .bind(now.0)
        .execute(&mut *write)
        .await?;
    write.commit_unrevised().await
}
