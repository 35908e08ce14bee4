//! What is done with the text in the field: it answers a message, or takes the place of one.

use leptos::{html, prelude::*};

use super::{ChatHandle, handle::Composing, quote_view::said};
use crate::t;

/// Message that the text in the field answers or changes, with a way out.
pub fn composing(chat: ChatHandle, field: NodeRef<html::Textarea>) -> AnyView {
    let leave = move |_| {
        chat.compose(Composing::New);
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };
    let row = move |composing: Composing| {
        let (message, what, leave_it) = match composing {
            Composing::New => return None,
            Composing::Answer(message) => (message, t!(chat.quote.answering), t!(chat.quote.leave)),
            Composing::Change(message) => (message, t!(chat.quote.editing), t!(chat.quote.keep)),
        };
        Some(view! {
            <p>
                <span>{what} " "</span>
                {said(&message, chat.translation().short(&message))}
            </p>
            <button type="button" aria-label=leave_it title=leave_it on:click=leave>
                <span aria-hidden="true">"×"</span>
            </button>
        })
    };
    let ruled = move || {
        let rules = chat.state().with(|state| state.rules());
        let slow = (rules.slow > 0).then(|| t!(chat.rules.slow, count = rules.slow));
        let hold = rules.hold.then(|| t!(chat.rules.hold).to_string());
        slow.into_iter().chain(hold).collect::<Vec<_>>().join(" ")
    };
    view! {
        <p class="chat-ruled">{ruled}</p>
        <div class="chat-answering" role="status">
            {move || row(chat.composing().get())}
        </div>
        {move || chat.attaching().tools.get().map(|it| (it.attach)(chat, it, field))}
    }
    .into_any()
}
