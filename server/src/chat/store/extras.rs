//! What belongs to messages beside their text: reactions, answers, mentions, files.

use std::collections::HashMap;

use bandstand_domain::{
    PersonId,
    chat::{ChatMessage, ChatPlace, Mention, MessageId, Reaction, ReactionCount},
};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::files;
use crate::database::{DatabaseError, parsed};

/// Adds what belongs to `messages` beside their text, as `viewer` sees it. They are neighbours in the chat of
/// `place`, or the answers to `original`.
pub async fn attach(
    connection: &mut AnyConnection,
    place: ChatPlace,
    messages: &mut [ChatMessage],
    original: Option<MessageId>,
    viewer: Option<&PersonId>,
) -> Result<(), DatabaseError> {
    let (Some(first), Some(last)) = (messages.first(), messages.last()) else { return Ok(()) };
    let range = (first.position.min(last.position), first.position.max(last.position));
    let original = original.map(|it| it.0.to_string()).unwrap_or_default();
    let by_position: HashMap<_, _> =
        messages.iter().enumerate().map(|(index, it)| (it.position, index)).collect();
    let by_id: HashMap<_, _> =
        messages.iter().enumerate().map(|(index, it)| (it.id, index)).collect();

    let reactions = sqlx::query(
        "SELECT position, reaction, COUNT(*) AS persons, \
         MAX(CASE WHEN person = $4 THEN 1 ELSE 0 END) AS mine FROM chat_reactions \
         WHERE topic = $1 AND position >= $2 AND position <= $3 \
         AND ($5 = '' OR position IN (SELECT position FROM messages WHERE topic = $1 AND replies_to = $5)) \
         GROUP BY position, reaction",
    )
    .bind(place.to_string())
    .bind(range.0)
    .bind(range.1)
    .bind(viewer.map_or("", PersonId::as_str))
    .bind(&original)
    .fetch_all(&mut *connection)
    .await?;
    for row in &reactions {
        let position: i64 = row.try_get("position")?;
        if let (Some(index), Some(count)) = (by_position.get(&position), counted(row)?) {
            messages[*index].reactions.push(count);
        }
    }
    for message in messages.iter_mut() {
        message.reactions.sort_by_key(|it| it.reaction);
    }

    // Answers to answers belong to no thread that is shown.
    let answers = sqlx::query(
        "SELECT replies_to, COUNT(*) AS answers FROM messages WHERE topic = $1 AND deleted_at IS NULL \
         AND replies_to IN (SELECT id FROM messages WHERE topic = $1 AND position >= $2 AND position <= $3 \
         AND ($4 = '' OR replies_to = $4)) GROUP BY replies_to",
    )
    .bind(place.to_string())
    .bind(range.0)
    .bind(range.1)
    .bind(&original)
    .fetch_all(&mut *connection)
    .await?;
    for row in &answers {
        if let Some(index) = by_id.get(&MessageId(parsed(row, "replies_to")?)) {
            let answers: i64 = row.try_get("answers")?;
            messages[*index].replies = u32::try_from(answers).unwrap_or(u32::MAX);
        }
    }

    let mentions = sqlx::query(
        "SELECT position, handle, person FROM chat_mentions \
         WHERE topic = $1 AND position >= $2 AND position <= $3 \
         AND ($4 = '' OR position IN (SELECT position FROM messages WHERE topic = $1 AND replies_to = $4)) \
         ORDER BY position, handle",
    )
    .bind(place.to_string())
    .bind(range.0)
    .bind(range.1)
    .bind(&original)
    .fetch_all(&mut *connection)
    .await?;
    for row in &mentions {
        let position: i64 = row.try_get("position")?;
        if let Some(index) = by_position.get(&position) {
            let person = PersonId::new(row.try_get::<String, _>("person")?);
            let mention = Mention { handle: row.try_get("handle")?, person };
            messages[*index].mentions.push(mention);
        }
    }
    files::fill_in(connection, place, messages).await
}

/// Count of a reaction in a row; none of a kind that this version doesn't know.
pub fn counted(row: &AnyRow) -> Result<Option<ReactionCount>, DatabaseError> {
    let (count, mine): (i64, i64) = (row.try_get("persons")?, row.try_get("mine")?);
    let reaction = Reaction::named(&row.try_get::<String, _>("reaction")?);
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    Ok(reaction.map(|reaction| ReactionCount { reaction, count, mine: mine != 0 }))
}
