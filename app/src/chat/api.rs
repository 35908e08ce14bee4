//! Server functions of the chat.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    PersonId,
    chat::{ChatPage, ChatPlace, ChatReason, MessageId},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Posts a message.
#[server(endpoint = "chat/post", input = Json, output = Json)]
pub async fn post_message(
    place: ChatPlace,
    id: MessageId,
    text: String,
) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().post(place, id, text)).await
}

/// Deletes a message.
#[server(endpoint = "chat/delete", input = Json, output = Json)]
pub async fn delete_message(place: ChatPlace, id: MessageId) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().delete(place, id)).await
}

/// Mutes a person, or lets them speak again.
#[server(endpoint = "chat/mute", input = Json, output = Json)]
pub async fn mute_person(
    place: ChatPlace,
    person: PersonId,
    muted: bool,
) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().mute(place, person, muted)).await
}

/// Earlier messages.
#[server(endpoint = "chat/history", input = Json, output = Json)]
pub async fn load_history(place: ChatPlace, before: i64) -> Result<ChatPage, Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().history(place, before)).await
}
