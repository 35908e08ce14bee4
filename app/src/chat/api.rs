//! Server functions of the chat.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    PersonId,
    chat::{
        ChatMessage, ChatPage, ChatPlace, ChatReason, HeldWhy, MessageId, Reaction, ReactionCount,
    },
    uploads::RoomFileId,
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
    replies_to: Option<MessageId>,
    #[server(default)] files: Vec<RoomFileId>,
) -> Result<Option<HeldWhy>, Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().post(place, id, text, replies_to, files)).await
}

/// Changes one's own message.
#[server(endpoint = "chat/edit", input = Json, output = Json)]
pub async fn edit_message(
    place: ChatPlace,
    id: MessageId,
    text: String,
) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().edit(place, id, text)).await
}

/// Reacts to a message, or takes a reaction back.
#[server(endpoint = "chat/react", input = Json, output = Json)]
pub async fn react_to_message(
    place: ChatPlace,
    id: MessageId,
    reaction: Reaction,
    on: bool,
) -> Result<Vec<ReactionCount>, Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().react(place, id, reaction, on)).await
}

/// Pins a message, or takes it off.
#[server(endpoint = "chat/pin", input = Json, output = Json)]
pub async fn pin_message(
    place: ChatPlace,
    id: MessageId,
    pinned: bool,
) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().pin(place, id, pinned)).await
}

/// Messages that others answer or that are pinned.
#[server(endpoint = "chat/messages", input = Json, output = Json)]
pub async fn load_messages(
    place: ChatPlace,
    ids: Vec<MessageId>,
) -> Result<Vec<ChatMessage>, Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().messages(place, ids)).await
}

/// Answers to a message.
#[server(endpoint = "chat/thread", input = Json, output = Json)]
pub async fn load_thread(
    place: ChatPlace,
    id: MessageId,
    before: i64,
) -> Result<ChatPage, Failed<ChatReason>> {
    answer(port::<dyn super::port::Chat>().thread(place, id, before)).await
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
