//! Messages by the time at which they were sent.

use bandstand_domain::{
    Millis, ShowId,
    chat::ChatMessage,
    recordings::{MAX_MOMENT_MESSAGES, MOMENTS_WINDOW},
};

use super::{decode, message_sql};
use crate::database::{Database, DatabaseError};

/// Messages of `show` sent at or after `from` that are still there, the oldest first, and the instant before
/// which these are all.
pub async fn said_from(
    database: &Database,
    show: ShowId,
    from: Millis,
) -> Result<(Vec<ChatMessage>, Millis), DatabaseError> {
    let until = from.plus(MOMENTS_WINDOW);
    let rows = sqlx::query(concat!(
        message_sql!(),
        "AND sent_at >= $2 AND sent_at < $3 ORDER BY sent_at, position LIMIT $4"
    ))
    .bind(show.to_string())
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
