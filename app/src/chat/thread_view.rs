//! Thread: a message with its answers, in place of the list.

use std::sync::Arc;

use bandstand_domain::chat::{ChatMessage, MessageId};
use leptos::{html, prelude::*, task::spawn_local};

use super::{
    ChatHandle,
    api::load_thread,
    entry::{mentioning, name_colour},
    handle::Composing,
    menu::{focus_composer, menu_in_thread},
    quotes::Quote,
    reaction_views::beneath,
    tools::Viewing,
};
use crate::{
    t,
    texts::told,
    translation::message_text,
    ui::{LocalTime, TimeStyle},
};

/// The message `id` with its answers. While it is shown, what one writes answers it.
pub fn thread(chat: ChatHandle, id: MessageId, viewer: Viewing) -> AnyView {
    let more = RwSignal::new(false);
    let load = move || {
        let first = chat.state().with_untracked(|state| state.first_aside(id));
        spawn_local(async move {
            match load_thread(chat.place(), id, first.unwrap_or(i64::MAX)).await {
                Ok(page) => {
                    if more.try_set(page.more).is_none() {
                        chat.state().update(|state| state.take_aside(page.messages));
                    }
                }
                Err(failed) => chat.say(t!(chat.news.earlier_failed, why = told(&failed))),
            }
        });
    };
    // Anew after a long absence, in which all may have changed.
    Effect::new(move || {
        chat.came().track();
        chat.state().update(|state| state.clear_aside());
        load();
    });
    on_cleanup(move || {
        let _ = chat.state().try_update(|state| state.clear_aside());
    });
    let original = chat.quoted(id);
    Effect::new(move || {
        if let Some(Quote::There(message)) = original.get() {
            // So that it is told what becomes of it, also where the list doesn't go back to it.
            if chat.state().with_untracked(|state| state.find(id).is_none()) {
                chat.state().update(|state| state.take_aside([(*message).clone()]));
            }
            if chat.composing().with_untracked(|it| matches!(it, Composing::New)) {
                chat.compose(Composing::Answer(message));
            }
        }
    });
    let first = move || match original.get() {
        Some(Quote::There(message)) if !chat.hides(&message.author) => Some(message),
        _ => None,
    };
    let answers = move || {
        let all = chat.state().with(|state| state.thread(id));
        all.into_iter().filter(|it| !chat.hides(&it.author)).collect::<Vec<_>>()
    };
    let heading = NodeRef::<html::H3>::new();
    Effect::new(move || {
        if let Some(heading) = heading.get() {
            let _ = heading.focus();
        }
    });
    let leave = move |_| {
        chat.show_thread(None);
        focus_composer();
    };
    let row = move |message| row(chat, message, viewer);
    // A message that looks different is another row; what stands below it changes by itself.
    let key = |it: &Arc<ChatMessage>| (it.id, it.edited_at);
    view! {
        <div class="chat-thread" role="region" aria-label=t!(chat.thread.thread)>
            <div class="chat-thread-head">
                <h3 tabindex="-1" node_ref=heading>{t!(chat.thread.thread)}</h3>
                <button type="button" class="chat-unpin" aria-label=t!(chat.thread.leave) title=t!(chat.thread.leave) on:click=leave>
                    <span aria-hidden="true">"×"</span>
                </button>
            </div>
            <div class="chat-thread-list" tabindex="0">
                <For each=first key=key children=row/>
                {move || match original.get() {
                    Some(Quote::There(message)) if chat.hides(&message.author) => {
                        view! { <p class="chat-empty">{t!(chat.quote.hidden)}</p> }.into_any()
                    }
                    Some(Quote::Gone) => view! { <p class="chat-empty">{t!(chat.quote.gone)}</p> }.into_any(),
                    _ => ().into_any(),
                }}
                <Show when=move || more.get()>
                    <button type="button" class="chat-earlier" on:click=move |_| load()>
                        {t!(chat.earlier)}
                    </button>
                </Show>
                <For each=answers key=key children=row/>
            </div>
        </div>
    }
    .into_any()
}

fn row(chat: ChatHandle, message: Arc<ChatMessage>, viewer: Viewing) -> AnyView {
    let colour = format!("chat-name {}", name_colour(&message.author));
    let (name, text, sent_at) = (message.name.clone(), mentioning(&message), message.sent_at);
    let edited = message.edited_at.is_some();
    view! {
        <article class="chat-message">
            <p class="chat-head">
                <strong class=colour dir="auto">{name}</strong>
                <LocalTime at=sent_at fallback="" style=TimeStyle::Time/>
                {edited.then(|| view! { <span class="chat-edited">{t!(chat.message.edited)}</span> })}
            </p>
            {message_text(chat.translation(), message.clone(), text)}
            {beneath(chat, message.clone(), viewer)}
            {menu_in_thread(chat, message, viewer)}
        </article>
    }
    .into_any()
}
