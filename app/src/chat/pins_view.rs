//! Pinned messages, above the list.

use bandstand_domain::chat::MessageId;
use leptos::prelude::*;

use super::{
    ChatHandle,
    quote_view::{go, in_short},
    tools::Viewing,
};
use crate::t;

/// The pinned messages: the latest, and behind it the others.
pub fn pins(chat: ChatHandle, viewer: Viewing) -> AnyView {
    let hosts =
        Memo::new(move |_| viewer.with(|viewer| viewer.as_ref().is_some_and(|it| it.moderates)));
    let pinned = Memo::new(move |_| chat.state().with(|state| state.pinned().to_vec()));
    let more = Memo::new(move |_| pinned.with(|pinned| pinned.len().saturating_sub(1)));
    let row = move |id: MessageId| {
        let words = in_short(chat, id);
        view! {
            <li>
                <button type="button" class="chat-quote" on:click=move |_| go(chat, id)>
                    <span aria-hidden="true">"📌 "</span>
                    {words}
                </button>
                <Show when=move || hosts.get()>
                    <button
                        type="button"
                        class="chat-unpin"
                        aria-label=t!(chat.message.unpin)
                        title=t!(chat.message.unpin)
                        on:click=move |_| chat.pin(id, false)
                    >
                        <span aria-hidden="true">"×"</span>
                    </button>
                </Show>
            </li>
        }
    };
    let first =
        move || pinned.with(|pinned| pinned.first().copied()).into_iter().collect::<Vec<_>>();
    let others = move || pinned.with(|pinned| pinned.iter().skip(1).copied().collect::<Vec<_>>());
    view! {
        <Show when=move || pinned.with(|pinned| !pinned.is_empty())>
            <div class="chat-pinned" role="region" aria-label=t!(chat.quote.pinned)>
                <ul><For each=first key=|id| *id children=row/></ul>
                <Show when=move || { more.get() > 0 }>
                    <details>
                        <summary>{move || t!(chat.quote.more_pinned, count = more.get())}</summary>
                        <ul><For each=others key=|id| *id children=row/></ul>
                    </details>
                </Show>
            </div>
        </Show>
    }
    .into_any()
}
