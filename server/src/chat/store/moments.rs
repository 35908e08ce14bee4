//! Messages by the time at which they were sent.

use bandstand_domain::{
    Millis,
    chat::{ChatMessage, ChatPlace},
    recordings::{MAX_MOMENT_MESSAGES, MOMENTS_WINDOW},
};

use sqlx::Row;

use super::{decode, messages};
use crate::database::{Database, DatabaseError};

/// Messages of `place` sent at or after `from` that are still there, the oldest first, and the instant before
/// which these are all.
pub async fn said_from(
    database: &Database,
    place: ChatPlace,
    from: Millis,
) -> Result<(Vec<ChatMessage>, Millis), DatabaseError> {
    let until = from.plus(MOMENTS_WINDOW);
    let rows = sqlx::query(messages!(
        "WHERE topic = $1 AND sent_at >= $2 AND sent_at < $3 AND deleted_at IS NULL \
         ORDER BY sent_at, position LIMIT $4"
    ))
    .bind(place.to_string())
    .bind(from.0)
    .bind(until.0)
    .bind(i64::from(MAX_MOMENT_MESSAGES) + 1)
    .fetch_all(&database.read)
    .await?;
    let mut messages = rows.iter().map(decode).collect::<Result<Vec<_>, DatabaseError>>()?;
    let most = usize::try_from(MAX_MOMENT_MESSAGES).unwrap_or(usize::MAX);
    // The one beyond is the first of the next window, which is a later one in any case.
    let next = messages.get(most).map(|it| it.sent_at.max(from.plus(1)));
    messages.truncate(most);
    if let Some(next) = next {
        messages.retain(|it| it.sent_at < next);
    }
    Ok((messages, next.unwrap_or(until)))
}

/// Numbers of messages by the audience of `place` that are still there, by the second in which they were sent: from
/// `from` on, before `until`.
pub async fn said_by_second(
    database: &Database,
    place: ChatPlace,
    (from, until): (Millis, Millis),
) -> Result<Vec<(Millis, u32)>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT (sent_at - $2) / 1000 AS second, COUNT(*) AS said FROM messages \
         WHERE topic = $1 AND sent_at >= $2 AND sent_at < $3 AND deleted_at IS NULL \
         AND from_artist = 0 GROUP BY 1",
    )
    .bind(place.to_string())
    .bind(from.0)
    .bind(until.0)
    .fetch_all(&database.read)
    .await?;
    let counted = |row: &sqlx::any::AnyRow| {
        let second: i64 = row.try_get("second")?;
        let said: i64 = row.try_get("said")?;
        let at = from.plus(second * Millis::SECOND);
        Ok((at, u32::try_from(said).unwrap_or(u32::MAX)))
    };
    rows.iter().map(counted).collect()
}
