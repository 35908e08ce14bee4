//! Quoted messages: the one that another answers, or that is pinned.

use std::sync::Arc;

use bandstand_domain::chat::{ChatMessage, MessageId};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{ChatHandle, entry::anchor, quotes::Quote};
use crate::{t, translation::ShortTranslation};

/// Characters of a message that its quote shows.
const SHOWN: usize = 120;

/// Message that another answers: who said what, and a way there.
pub fn quote(chat: ChatHandle, id: MessageId) -> AnyView {
    let said = in_short(chat, id);
    view! {
        <button type="button" class="chat-quote" on:click=move |_| go(chat, id)>
            <span class="unseen">{t!(chat.quote.answers)} " "</span>
            {said}
        </button>
    }
    .into_any()
}

/// Author and words of the message `id`, as far as one can and wants to see it.
pub fn in_short(chat: ChatHandle, id: MessageId) -> impl Fn() -> AnyView + Copy + Send + 'static {
    let quoted = chat.quoted(id);
    move || match quoted.get() {
        Some(Quote::There(message)) if chat.hides(&message.author) => {
            t!(chat.quote.hidden).into_any()
        }
        Some(Quote::There(message)) => said(&message, chat.translation().short(&message)),
        Some(Quote::Gone) => t!(chat.quote.gone).into_any(),
        Some(Quote::Asked) | None => "…".into_any(),
    }
}

/// Author and words, in short; translated words with their language in the place of the author's.
pub fn said(message: &Arc<ChatMessage>, translated: ShortTranslation) -> AnyView {
    // Of files alone their names are told.
    let names = || message.files.iter().filter_map(|it| it.file.as_ref()).map(|it| &*it.name);
    let (whole, language) = translated.unzip();
    let whole = match (whole, message.text.is_empty()) {
        (Some(whole), _) => whole,
        (None, true) => names().collect::<Vec<_>>().join(", "),
        (None, false) => message.text.clone(),
    };
    let mut text: String = whole.chars().take(SHOWN).collect();
    if text.len() < whole.len() {
        text.push('…');
    }
    let name = message.name.clone();
    view! {
        <strong dir="auto">{name}</strong>
        " "
        <span dir="auto" lang=language>{text}</span>
    }
    .into_any()
}

/// Goes to a message, if it is in the list; else to its thread.
pub fn go(chat: ChatHandle, id: MessageId) {
    chat.show_thread(None);
    // Once the list is shown.
    request_animation_frame(move || {
        let row = document().get_element_by_id(&anchor(id)).and_then(|it| it.dyn_into().ok());
        let Some(row): Option<HtmlElement> = row else {
            chat.show_thread(Some(id));
            return;
        };
        row.scroll_into_view();
        let _ = row.focus();
    });
}
