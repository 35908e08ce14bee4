//! Changed messages, and the events that told of them before.

use bandstand_domain::{
    Millis, PersonId,
    channel::{Cursor, Event},
    chat::{ChatEvent, ChatMessage, ChatPlace, MAX_EDITS, MessageId},
};
use sqlx::Row;

use super::{PostedMessage, decode, extras, mentions, mentions::Mentioned, messages, mutes};
use crate::{
    channel::event_log,
    chat::words::fold,
    database::{DatabaseError, Write},
};

/// Outcome of a change of a message's text.
#[derive(Clone, Debug, PartialEq)]
pub enum Edited {
    /// It is changed, and there is an event to announce.
    Now,
    /// It said so before.
    Before,
    /// There is no such message.
    NotFound,
    /// It is somebody else's.
    Forbidden,
    /// Its author is muted.
    Muted,
    /// It was changed as often as it may be.
    TooOften,
}

/// New text of a message, with whom it mentions.
#[derive(Clone, Debug)]
pub struct NewText {
    /// Text.
    pub text: String,
    /// People whom it mentions.
    pub mentioned: Vec<Mentioned>,
}

/// Changes the text of a message of `person`, in the log of events as well. Unless that is `Now`, the transaction
/// must be dropped.
pub async fn edit(
    write: &mut Write,
    place: ChatPlace,
    id: MessageId,
    person: &PersonId,
    revision: NewText,
    now: Millis,
) -> Result<Edited, DatabaseError> {
    let cursor = event_log::reserve(write, place.into()).await?;
    let Some(kept) = find(write, place, id).await? else { return Ok(Edited::NotFound) };
    if kept.message.author != *person {
        return Ok(Edited::Forbidden);
    }
    if kept.deleted {
        return Ok(Edited::NotFound);
    }
    if mutes::silenced(&mut **write, place, person).await? {
        return Ok(Edited::Muted);
    }
    if kept.message.text == revision.text {
        return Ok(Edited::Before);
    }
    if kept.edits.len() >= MAX_EDITS {
        return Ok(Edited::TooOften);
    }
    let mut edits = kept.edits;
    edits.push(cursor);
    let told: Vec<_> = edits.iter().map(|it| it.0.to_string()).collect();
    sqlx::query(
        "UPDATE messages SET text = $3, edited_at = $4, edits = $5, folded = $6 WHERE topic = $1 AND id = $2",
    )
    .bind(place.to_string())
    .bind(id.0.to_string())
    .bind(&revision.text)
    .bind(now.0)
    .bind(told.join(" "))
    .bind(fold(&revision.text))
    .execute(&mut **write)
    .await?;
    mentions::keep(write, place, kept.message.position, &revision.mentioned).await?;
    // At a place of its own; `settle` puts the edited message there.
    let unsettled = Event::Chat(ChatEvent::Deleted { message: id });
    event_log::insert(write, place.into(), cursor, &unsettled, now).await?;
    settle(write, place, id).await?;
    Ok(Edited::Now)
}

/// Message as it is kept, deleted or not.
#[derive(Debug)]
pub struct StoredMessage {
    /// The message.
    pub message: ChatMessage,
    /// True if nothing of it is left but its place.
    pub deleted: bool,
    edits: Vec<Cursor>,
}

/// The message `id` of `place`, deleted or not.
pub async fn find(
    write: &mut Write,
    place: ChatPlace,
    id: MessageId,
) -> Result<Option<StoredMessage>, DatabaseError> {
    let row = sqlx::query(messages!("WHERE topic = $1 AND id = $2"))
        .bind(place.to_string())
        .bind(id.0.to_string())
        .fetch_optional(&mut **write)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let edits: String = row.try_get("edits")?;
    Ok(Some(StoredMessage {
        message: decode(&row)?,
        deleted: row.try_get::<Option<i64>, _>("deleted_at")?.is_some(),
        edits: edits.split_whitespace().filter_map(|it| it.parse().ok().map(Cursor)).collect(),
    }))
}

/// The message `id` as it was edited, which mentions `mentioned` now, with those whom it concerns.
pub async fn edited(
    write: &mut Write,
    place: ChatPlace,
    id: MessageId,
    mentioned: Vec<Mentioned>,
) -> Result<Option<PostedMessage>, DatabaseError> {
    let Some(kept) = find(write, place, id).await? else { return Ok(None) };
    let message = kept.message;
    let answered = match message.replies_to {
        Some(original) => find(write, place, original).await?.map(|it| it.message.author),
        None => None,
    };
    Ok(Some(PostedMessage { message, mentioned, answered }))
}

/// Has the log say of a message what it says now, wherever it told of it before: who catches up is never told what
/// it said once.
pub async fn settle(
    write: &mut Write,
    place: ChatPlace,
    id: MessageId,
) -> Result<(), DatabaseError> {
    let Some(StoredMessage { message, deleted, edits }) = find(write, place, id).await? else {
        return Ok(());
    };
    let posted = Cursor(message.position);
    let mut one = [message];
    extras::attach(write, place, &mut one, None, None).await?;
    let [mut message] = one;
    // Those are told by events of their own.
    message.reactions.clear();
    message.replies = 0;
    let (first, later) = if deleted {
        let gone = ChatEvent::Deleted { message: id };
        (gone.clone(), gone)
    } else {
        (ChatEvent::Posted { message: message.clone() }, ChatEvent::Edited { message })
    };
    event_log::replace(write, place.into(), posted, &Event::Chat(first)).await?;
    let later = Event::Chat(later);
    for cursor in edits {
        event_log::replace(write, place.into(), cursor, &later).await?;
    }
    Ok(())
}
