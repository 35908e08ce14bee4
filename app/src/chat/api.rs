//! Server functions of the chat.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    PersonId, ShowId,
    chat::{ChatMessage, ChatPage, ChatReason, MessageId, Reaction},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Posts a message.
#[server(endpoint = "chat/post", input = Json, output = Json)]
pub async fn post_message(
    show: ShowId,
    id: MessageId,
    text: String,
    replies_to: Option<MessageId>,
) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().post(show, id, text, replies_to)).await
}

/// Reacts to a message, or takes a reaction back.
#[server(endpoint = "chat/react", input = Json, output = Json)]
pub async fn react_to_message(
    show: ShowId,
    id: MessageId,
    reaction: Reaction,
    on: bool,
) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().react(show, id, reaction, on)).await
}

/// Pins a message in place of another, or none.
#[server(endpoint = "chat/pin", input = Json, output = Json)]
pub async fn pin_message(show: ShowId, id: Option<MessageId>) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().pin(show, id)).await
}

/// Message that another answers, or that is pinned.
#[server(endpoint = "chat/message", input = Json, output = Json)]
pub async fn load_message(show: ShowId, id: MessageId) -> Result<ChatMessage, Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().message(show, id)).await
}

/// Deletes a message.
#[server(endpoint = "chat/delete", input = Json, output = Json)]
pub async fn delete_message(show: ShowId, id: MessageId) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().delete(show, id)).await
}

/// Mutes a person, or lets them speak again.
#[server(endpoint = "chat/mute", input = Json, output = Json)]
pub async fn mute_person(
    show: ShowId,
    person: PersonId,
    muted: bool,
) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().mute(show, person, muted)).await
}

/// Earlier messages.
#[server(endpoint = "chat/history", input = Json, output = Json)]
pub async fn load_history(show: ShowId, before: i64) -> Result<ChatPage, Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().history(show, before)).await
}
