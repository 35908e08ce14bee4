//! Messages that are asked for one by one, and the answers to one.

use bandstand_domain::{
    PersonId,
    chat::{ChatMessage, ChatPage, ChatPlace, MAX_QUOTES, MessageId, PAGE},
};

use super::{decode, extras, files, messages};
use crate::database::{Database, DatabaseError};

/// Messages of `place` that others answer or that are pinned, as far as they are still there.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn quoted(
    database: &Database,
    place: ChatPlace,
    ids: &[MessageId],
) -> Result<Vec<ChatMessage>, DatabaseError> {
    let mut connection = database.read.acquire().await?;
    let mut found = Vec::new();
    for id in ids.iter().take(MAX_QUOTES) {
        let row = sqlx::query(messages!("WHERE topic = $1 AND id = $2 AND deleted_at IS NULL"))
            .bind(place.to_string())
            .bind(id.0.to_string())
            .fetch_optional(&mut *connection)
            .await?;
        found.extend(row.as_ref().map(decode).transpose()?);
    }
    files::fill_in(&mut connection, place, &mut found).await?;
    Ok(found)
}

/// The latest answers to a message of `place` before `position`, oldest first, as `viewer` sees them.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn thread(
    database: &Database,
    place: ChatPlace,
    original: MessageId,
    before: i64,
    viewer: Option<&PersonId>,
) -> Result<ChatPage, DatabaseError> {
    let mut connection = database.read.acquire().await?;
    let rows = sqlx::query(messages!(
        "WHERE topic = $1 AND replies_to = $2 AND position < $3 AND deleted_at IS NULL \
         ORDER BY position DESC LIMIT $4"
    ))
    .bind(place.to_string())
    .bind(original.0.to_string())
    .bind(before)
    .bind(i64::from(PAGE) + 1)
    .fetch_all(&mut *connection)
    .await?;
    let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    let mut messages =
        rows.iter().take(most).map(decode).collect::<Result<Vec<_>, DatabaseError>>()?;
    messages.reverse();
    extras::attach(&mut connection, place, &mut messages, Some(original), viewer).await?;
    Ok(ChatPage { messages, more, ..ChatPage::default() })
}
