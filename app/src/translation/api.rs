//! Server function of translation.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    chat::{ChatPlace, MessageId},
    translation::{TranslatedMessages, TranslationReason},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Translates messages into a language.
#[server(endpoint = "translation/translate", input = Json, output = Json)]
pub async fn translate_messages(
    place: ChatPlace,
    ids: Vec<MessageId>,
    to: String,
) -> Result<TranslatedMessages, Failed<TranslationReason>> {
    answer(port::<dyn super::port::Translations>().translate(place, ids, to)).await
}
