//! Server functions of the moderation of chats.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    PersonId,
    chat::{ChatBan, ChatPlace, ChatReason, HeldMessage, MessageId, ModerationPage, RulesForm},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::moderation_port::ChatModeration;
#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Rules of a chat, for its moderators.
#[server(endpoint = "chat/rules", input = Json, output = Json)]
pub async fn load_rules(place: ChatPlace) -> Result<RulesForm, Failed<ChatReason>> {
    answer(port::<dyn ChatModeration>().rules(place)).await
}

/// Changes the rules of a chat.
#[server(endpoint = "chat/set_rules", input = Json, output = Json)]
pub async fn set_rules(place: ChatPlace, form: RulesForm) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn ChatModeration>().set_rules(place, form)).await
}

/// Mutes all guests for a while.
#[server(endpoint = "chat/mute_guests", input = Json, output = Json)]
pub async fn mute_guests(place: ChatPlace, minutes: u32) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn ChatModeration>().mute_guests(place, minutes)).await
}

/// Messages that wait.
#[server(endpoint = "chat/held", input = Json, output = Json)]
pub async fn load_held(place: ChatPlace) -> Result<Vec<HeldMessage>, Failed<ChatReason>> {
    answer(port::<dyn ChatModeration>().held(place)).await
}

/// Approves or rejects a message that waits.
#[server(endpoint = "chat/decide", input = Json, output = Json)]
pub async fn decide_on_message(
    place: ChatPlace,
    id: MessageId,
    approved: bool,
) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn ChatModeration>().decide(place, id, approved)).await
}

/// Bans a person from a show, or lets them back.
#[server(endpoint = "chat/ban", input = Json, output = Json)]
pub async fn ban_person(
    place: ChatPlace,
    person: PersonId,
    banned: bool,
) -> Result<(), Failed<ChatReason>> {
    answer(port::<dyn ChatModeration>().ban(place, person, banned)).await
}

/// People who are banned from a show.
#[server(endpoint = "chat/bans", input = Json, output = Json)]
pub async fn load_bans(place: ChatPlace) -> Result<Vec<ChatBan>, Failed<ChatReason>> {
    answer(port::<dyn ChatModeration>().bans(place)).await
}

/// Log of what moderators did.
#[server(endpoint = "chat/moderation_log", input = Json, output = Json)]
pub async fn load_moderation_log(
    place: ChatPlace,
    before: i64,
) -> Result<ModerationPage, Failed<ChatReason>> {
    answer(port::<dyn ChatModeration>().moderation_log(place, before)).await
}
