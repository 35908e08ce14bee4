//! Search in a chat, and the people whom one has hidden.

use std::sync::Arc;

use bandstand_domain::chat::{ChatMessage, HiddenPerson, MAX_SEARCH};
use leptos::{prelude::*, task::spawn_local};

use super::{
    ChatHandle,
    quote_view::{go, said},
    reading_api::search_messages,
};
use crate::{
    t,
    texts::told,
    translation::offer,
    ui::{LocalTime, TimeStyle},
};

/// Search, folded, and whom one has hidden, if there is anybody.
pub fn search(chat: ChatHandle) -> AnyView {
    view! {
        <details class="chat-desk">
            <summary>{t!(chat.search.search)}</summary>
            {form(chat)}
        </details>
        {hidden(chat)}
        {offer(chat.translation())}
    }
    .into_any()
}

fn form(chat: ChatHandle) -> AnyView {
    let text = RwSignal::new(String::new());
    let found = RwSignal::new(Vec::<Arc<ChatMessage>>::new());
    let next = RwSignal::new(None::<i64>);
    let note = RwSignal::new(String::new());
    // What was asked for last, with its number.
    let asked = StoredValue::new((0_u32, String::new()));
    let seen = move || {
        let mut seen = found.get();
        seen.retain(|it| !chat.hides(&it.author));
        seen
    };
    let look = move |before: i64| {
        let (number, words) = asked.get_value();
        spawn_local(async move {
            let answer = search_messages(chat.place(), words, before).await;
            // The answer to a former question comes too late.
            if asked.try_with_value(|latest| latest.0) != Some(number) {
                return;
            }
            match answer {
                Ok(page) => {
                    let _ = next.try_set(page.next);
                    let _ = found.try_update(|found| {
                        found.retain(|it| it.position >= before);
                        found.extend(page.messages.into_iter().map(Arc::new));
                    });
                    let count = untrack(seen).len();
                    let _ = note.try_set(t!(chat.search.found, count = count));
                }
                Err(failed) => drop(note.try_set(told(&failed))),
            }
        });
    };
    let row = move |message: Arc<ChatMessage>| {
        let (id, sent_at) = (message.id, message.sent_at);
        view! {
            <li>
                <button type="button" class="chat-quote" on:click=move |_| go(chat, id)>
                    <LocalTime at=sent_at fallback="" style=TimeStyle::Poster/>
                    " "
                    {said(&message, None)}
                </button>
            </li>
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let words = text.get_untracked();
        if words.trim().is_empty() {
            return;
        }
        asked.update_value(|latest| *latest = (latest.0 + 1, words));
        next.set(None);
        look(i64::MAX);
    };
    view! {
        <form class="chat-desk-inside" role="search" on:submit=submit>
            <input
                type="search"
                class="input"
                aria-label=t!(chat.search.words)
                placeholder=t!(chat.search.words)
                maxlength=MAX_SEARCH.to_string()
                prop:value=text
                on:input=move |event| text.set(event_target_value(&event))
            />
            <p class="small" role="status">{note}</p>
            <ul class="chat-desk-list">
                <For each=seen key=|it| it.id children=row/>
            </ul>
            <Show when=move || next.with(Option::is_some)>
                <button
                    type="button"
                    class="chat-earlier"
                    on:click=move |_| look(next.get_untracked().unwrap_or(0))
                >
                    {t!(chat.search.further)}
                </button>
            </Show>
        </form>
    }
    .into_any()
}

fn hidden(chat: ChatHandle) -> AnyView {
    let row = move |it: HiddenPerson| {
        let (person, name) = (it.person, it.name);
        let words = t!(chat.search.show, name = &name);
        let show = move |_| chat.hide(person.clone(), name.clone(), false);
        view! {
            <li><button type="button" class="chat-answers" on:click=show>{words}</button></li>
        }
    };
    let count = move || chat.hidden().with(Vec::len);
    view! {
        <Show when=move || { count() > 0 }>
            <details class="chat-desk">
                <summary>{move || t!(chat.search.hidden, count = count())}</summary>
                <ul class="chat-desk-inside chat-desk-list">
                    <For each=move || chat.hidden().get() key=|it| it.person.clone() children=row/>
                </ul>
            </details>
        </Show>
    }
    .into_any()
}
