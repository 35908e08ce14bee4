//! Notifications of messages: those whom one mentions, and whoever wrote the one that it answers, are told.

use std::collections::BTreeMap;

use bandstand_domain::{
    Millis,
    channel::Topic,
    chat::{ChatMessage, ChatPlace, MessageId},
    notifications::{NotificationContent, NotificationKind},
};

use super::store::{self, PostedMessage};
use crate::{
    database::{DatabaseError, Write},
    notifications::{self, NewNotification, notify},
};

/// Name of what is told of a message, by which it is withdrawn.
fn key(place: ChatPlace, id: MessageId) -> String {
    format!("message:{place}:{}", id.0)
}

/// Tells whom `posted` concerns, in the transaction that posts it. Returns the topics to announce after the commit.
pub(super) async fn tell(
    write: &mut Write,
    place: ChatPlace,
    posted: &PostedMessage,
    now: Millis,
) -> Result<Vec<Topic>, DatabaseError> {
    let PostedMessage { message, mentioned, answered } = posted;
    // In the order of their identities: inboxes are locked.
    let mut told = BTreeMap::new();
    if let Some(author) = answered.as_ref().filter(|it| **it != message.author)
        && let Some(account) = store::reader(write, place, author).await?
    {
        told.insert(account, NotificationKind::Reply);
    }
    for it in mentioned.iter().filter(|it| it.mention.person != message.author) {
        told.insert(it.account.clone(), NotificationKind::Mention);
    }
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let Some((title, path)) = store::heading(write, place).await? else { return Ok(Vec::new()) };
    let mut topics = Vec::new();
    for (account, kind) in told {
        let new = NewNotification {
            kind,
            key: key(place, message.id),
            place: path.clone(),
            room: match place {
                ChatPlace::Room(room) => Some(room),
                ChatPlace::Show(_) => None,
            },
            by: Some(message.author.clone()),
            content: NotificationContent {
                name: message.name.clone(),
                title: title.clone(),
                text: words(message),
                when: None,
            },
        };
        topics.extend(notify(write, &account, &new, now).await?);
    }
    Ok(topics)
}

/// What a message says, or the names of the files of one that says nothing.
fn words(message: &ChatMessage) -> String {
    if !message.text.is_empty() {
        return message.text.clone();
    }
    let names = message.files.iter().filter_map(|it| it.file.as_ref()).map(|it| it.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

/// Takes back what was told of a message whose words are gone. Returns the topics to announce after the commit.
pub(super) async fn take_back(
    write: &mut Write,
    place: ChatPlace,
    id: MessageId,
    now: Millis,
) -> Result<Vec<Topic>, DatabaseError> {
    notifications::withdraw(write, &key(place, id), now).await
}
