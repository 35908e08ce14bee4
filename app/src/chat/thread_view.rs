//! Thread: a message with its answers, in place of the list.

use std::sync::Arc;

use bandstand_domain::chat::{ChatMessage, MessageId};
use leptos::{html, prelude::*, task::spawn_local};

use super::{
    ChatHandle, api::load_thread, entry::name_colour, handle::Composing, menu::focus_composer,
    quotes::Quote,
};
use crate::{
    t,
    texts::told,
    translation::message_text,
    ui::{LocalTime, TimeStyle, linked},
};

/// The message `id` with its answers. While it is shown, what one writes answers it.
pub fn thread(chat: ChatHandle, id: MessageId) -> AnyView {
    let loaded = RwSignal::new(Vec::<Arc<ChatMessage>>::new());
    let more = RwSignal::new(false);
    let load = move || {
        let before = loaded.with_untracked(|it| it.first().map_or(i64::MAX, |it| it.position));
        spawn_local(async move {
            match load_thread(chat.place(), id, before).await {
                Ok(page) => {
                    let _ = more.try_set(page.more);
                    let earlier = page.messages.into_iter().map(Arc::new);
                    let _ = loaded.try_update(|it| drop(it.splice(0..0, earlier)));
                }
                Err(failed) => chat.say(t!(chat.news.earlier_failed, why = told(&failed))),
            }
        });
    };
    Effect::new(load);
    let original = chat.quoted(id);
    Effect::new(move || {
        if let Some(Quote::There(message)) = original.get()
            && chat.composing().with_untracked(|it| matches!(it, Composing::New))
        {
            chat.compose(Composing::Answer(message));
        }
    });
    let answers = move || {
        let all = loaded.with(|loaded| chat.state().with(|state| state.thread(id, loaded)));
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
    view! {
        <div class="chat-thread" role="region" aria-label=t!(chat.thread.thread)>
            <div class="chat-thread-head">
                <h3 tabindex="-1" node_ref=heading>{t!(chat.thread.thread)}</h3>
                <button type="button" class="chat-unpin" aria-label=t!(chat.thread.leave) title=t!(chat.thread.leave) on:click=leave>
                    <span aria-hidden="true">"×"</span>
                </button>
            </div>
            <div class="chat-thread-list" tabindex="0">
                {move || match original.get() {
                    Some(Quote::There(message)) if chat.hides(&message.author) => {
                        view! { <p class="chat-empty">{t!(chat.quote.hidden)}</p> }.into_any()
                    }
                    Some(Quote::There(message)) => row(chat, &message),
                    Some(Quote::Gone) => view! { <p class="chat-empty">{t!(chat.quote.gone)}</p> }.into_any(),
                    Some(Quote::Asked) | None => ().into_any(),
                }}
                <Show when=move || more.get()>
                    <button type="button" class="chat-earlier" on:click=move |_| load()>
                        {t!(chat.earlier)}
                    </button>
                </Show>
                <For
                    each=answers
                    key=|it| (it.id, it.edited_at)
                    children=move |it| row(chat, &it)
                />
            </div>
        </div>
    }
    .into_any()
}

fn row(chat: ChatHandle, message: &Arc<ChatMessage>) -> AnyView {
    let colour = format!("chat-name {}", name_colour(&message.author));
    let (name, text, sent_at) = (message.name.clone(), linked(&message.text), message.sent_at);
    view! {
        <article class="chat-message">
            <p class="chat-head">
                <strong class=colour dir="auto">{name}</strong>
                <LocalTime at=sent_at fallback="" style=TimeStyle::Time/>
            </p>
            {message_text(chat.translation(), message.clone(), text)}
        </article>
    }
    .into_any()
}
