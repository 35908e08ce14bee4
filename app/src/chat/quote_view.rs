//! Quoted messages: the one that a message answers, and the one that is pinned.

use std::sync::Arc;

use bandstand_domain::{
    chat::{ChatMessage, MessageId},
    stage::JoinToken,
};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{ChatHandle, quotes::Quote};
use crate::t;

/// Characters of a message that its quote shows.
const SHOWN: usize = 120;

/// Identity of a message's row in the page.
pub fn anchor(id: MessageId) -> String {
    format!("chat-{}", id.0)
}

/// Message that another answers: who said what, and a way there.
pub fn quote(chat: ChatHandle, id: MessageId) -> AnyView {
    chat.quote(id);
    let quoted = Memo::new(move |_| chat.quotes().with(|it| it.get(id).cloned()));
    let said = move || match quoted.get() {
        Some(Quote::There(message)) => said(&message),
        Some(Quote::Gone) => t!(chat.quote.gone).into_any(),
        Some(Quote::Asked) | None => "…".into_any(),
    };
    view! {
        <button type="button" class="chat-quote" on:click=move |_| go(chat, id)>
            <span class="unseen">{t!(chat.quote.answers)}</span>
            {said}
        </button>
    }
    .into_any()
}

/// Pinned message of the chat, above the others.
#[component]
pub fn Pinned(
    /// The chat.
    chat: ChatHandle,
    /// Join token of the viewer.
    join_token: Signal<Option<JoinToken>>,
) -> impl IntoView {
    let pinned = Memo::new(move |_| chat.state().with(|state| state.pinned().cloned()));
    let hosts = Memo::new(move |_| {
        join_token.with(|join_token| join_token.as_ref().is_some_and(|it| it.moderates))
    });
    let row = move |message: Arc<ChatMessage>| {
        let id = message.id;
        view! {
            <button type="button" class="chat-quote" on:click=move |_| go(chat, id)>
                <span aria-hidden="true">"📌 "</span>
                {said(&message)}
            </button>
            <Show when=move || hosts.get()>
                <button
                    type="button"
                    class="chat-unpin"
                    aria-label=t!(chat.message.unpin)
                    title=t!(chat.message.unpin)
                    on:click=move |_| chat.pin(None)
                >
                    <span aria-hidden="true">"×"</span>
                </button>
            </Show>
        }
    };
    view! {
        <div class="chat-pinned" role="region" aria-label=t!(chat.quote.pinned) aria-live="polite">
            {move || pinned.get().map(row)}
        </div>
    }
    .into_any()
}

/// Who said what, in short.
pub fn said(message: &ChatMessage) -> AnyView {
    let mut text: String = message.text.chars().take(SHOWN).collect();
    if text.len() < message.text.len() {
        text.push('…');
    }
    let name = message.name.clone();
    view! {
        <strong dir="auto">{name}</strong>
        " "
        <span dir="auto">{text}</span>
    }
    .into_any()
}

/// Goes to a message, if it is in the list.
fn go(chat: ChatHandle, id: MessageId) {
    let row = document().get_element_by_id(&anchor(id)).and_then(|it| it.dyn_into().ok());
    let Some(row): Option<HtmlElement> = row else {
        chat.say(t!(chat.quote.not_loaded).into());
        return;
    };
    row.scroll_into_view();
    let _ = row.focus();
}
