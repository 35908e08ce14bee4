//! Server functions of those who read chats.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::chat::{ChatPlace, ChatReason, HiddenPerson, RoomUnread, SearchPage};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::reading_port::ChatReading;
#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Messages that have some words.
#[server(endpoint = "chat/search", input = Json, output = Json)]
pub async fn search_messages(
    place: ChatPlace,
    text: String,
    before: i64,
) -> Result<SearchPage, Failed<ChatReason>> {
    answer(port::<dyn ChatReading>().search(place, text, before)).await
}

/// Notes how far one has read.
#[server(endpoint = "chat/read", input = Json, output = Json)]
pub async fn read_messages(place: ChatPlace, position: i64) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn ChatReading>().read_to(place, position)).await
}

/// Numbers of unread messages in one's rooms.
#[server(endpoint = "chat/unread", input = Json, output = Json)]
pub async fn load_unread() -> Result<Vec<RoomUnread>, Failed<ChatReason>> {
    answer(port::<dyn ChatReading>().unread()).await
}

/// People whom one has hidden.
#[server(endpoint = "chat/hidden", input = Json, output = Json)]
pub async fn load_hidden() -> Result<Vec<HiddenPerson>, Failed<ChatReason>> {
    answer(port::<dyn ChatReading>().hidden()).await
}

/// Hides a person, or shows them again.
#[server(endpoint = "chat/hide", input = Json, output = Json)]
pub async fn hide_person(hidden: HiddenPerson, hide: bool) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn ChatReading>().hide(hidden, hide)).await
}
