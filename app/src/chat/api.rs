//! Server functions of the chat.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    PersonId, ShowId,
    chat::{ChatPage, ChatReason, MessageId},
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
) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().post(show, id, text)).await
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
