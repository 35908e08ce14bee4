//! Row of the chat: a message with its menu.

use std::sync::Arc;

use bandstand_domain::{
    Millis, PersonId,
    chat::{ChatBadge, ChatMessage, MessageId, find_handles},
};
use leptos::prelude::*;
use uuid::Uuid;

use super::{
    ChatHandle,
    state::{Pending, Progress},
    tools::{MessageTools, Viewing},
};
use crate::{
    t,
    translation::message_text,
    ui::{LocalTime, TimeStyle, linked},
};

/// Number of colours for names; each is a class in `style/chat.css`.
const COLOURS: u64 = 10;

/// Class of the colour in which a person's name is written.
pub fn name_colour(person: &PersonId) -> String {
    format!("chat-colour-{}", person.seed() % COLOURS)
}

/// A row of the chat: a message that is there, or one that is on its way.
#[derive(Clone)]
pub enum ChatRow {
    /// Everybody has it.
    Posted(Arc<ChatMessage>),
    /// One's own.
    Pending(Pending),
    /// Line before what is new.
    New,
}

impl ChatRow {
    /// Tells rows apart; a row that looks different is another one.
    pub fn key(&self) -> (MessageId, Option<Millis>, Option<Progress>) {
        match self {
            Self::Posted(message) => (message.id, message.edited_at, None),
            Self::Pending(pending) => (pending.id, None, Some(pending.progress.clone())),
            Self::New => (MessageId(Uuid::nil()), None, None),
        }
    }
}

/// Identity of a message's row in the page.
pub fn anchor(id: MessageId) -> String {
    format!("chat-{}", id.0)
}

/// Text of a message, with addresses as links, and with those whom it mentions marked.
pub fn mentioning(message: &ChatMessage) -> Vec<AnyView> {
    let mut views = Vec::new();
    let mut rest = 0;
    for (range, handle) in find_handles(&message.text) {
        if !message.mentions.iter().any(|it| it.handle == handle) {
            continue;
        }
        views.extend(linked(&message.text[rest..range.start]));
        rest = range.end;
        let words = message.text[range].to_owned();
        views.push(view! { <strong class="chat-mention">{words}</strong> }.into_any());
    }
    views.extend(linked(&message.text[rest..]));
    views
}

/// A message that is there.
#[component]
pub fn Posted(
    /// The chat it is in.
    chat: ChatHandle,
    /// Itself.
    message: Arc<ChatMessage>,
    /// Person who looks at it.
    viewer: Viewing,
    /// What makes its quote, its reactions and its menu.
    tools: Signal<Option<MessageTools>>,
) -> impl IntoView {
    let colour = format!("chat-name {}", name_colour(&message.author));
    let author = message.author.clone();
    let own = Memo::new(move |_| {
        viewer.with(|viewer| viewer.as_ref().is_some_and(|it| it.person == author))
    });
    let badge = match message.badge {
        _ if message.from_artist => Some(t!(chat.message.artist)),
        Some(ChatBadge::Owner) => Some(t!(chat.message.owner)),
        Some(ChatBadge::Moderator) => Some(t!(chat.message.moderator)),
        None => None,
    };
    let artist = message.from_artist;
    let (name, text) = (message.name.clone(), mentioning(&message));
    let (id, sent_at, replies_to) = (message.id, message.sent_at, message.replies_to);
    let edited = message.edited_at.is_some();
    let mentions = message.mentions.clone();
    let meant = move || {
        viewer.with(|viewer| {
            let person = viewer.as_ref().map(|it| &it.person);
            mentions.iter().any(|it| Some(&it.person) == person)
        })
    };
    let below = message.clone();
    view! {
        <article
            id=anchor(id)
            tabindex="-1"
            class="chat-message"
            class:chat-own=own
            class:chat-from-artist=artist
            class:chat-mentions=meant
        >
            {move || {
                let original = replies_to?;
                tools.get().map(|it| (it.quote)(chat, original))
            }}
            <p class="chat-head">
                <strong class=colour dir="auto">{name}</strong>
                {badge.map(|badge| view! { <span class="chat-badge">{badge}</span> })}
                <Show when=move || own.get()>
                    <span class="chat-you">{t!(chat.message.own)}</span>
                </Show>
                <LocalTime at=sent_at fallback="" style=TimeStyle::Time/>
                {edited.then(|| view! { <span class="chat-edited">{t!(chat.message.edited)}</span> })}
            </p>
            {message_text(chat.translation(), message.clone(), text)}
            {move || tools.get().map(|it| (it.below)(chat, below.clone(), viewer))}
            {move || tools.get().map(|it| (it.menu)(chat, message.clone(), viewer))}
        </article>
    }
    .into_any()
}

/// A message of one's own that is on its way, or didn't get there.
#[component]
pub fn OnItsWay(
    /// The chat it goes to.
    chat: ChatHandle,
    /// Itself.
    pending: Pending,
    /// Takes it back into the composer.
    edit: Callback<Pending>,
) -> impl IntoView {
    let id = pending.id;
    let text = pending.text.clone();
    let failure = match &pending.progress {
        Progress::Failed(why) => Some(why.clone()),
        Progress::Sending | Progress::Held | Progress::Taken => None,
    };
    let failed = failure.is_some();
    let state = match pending.progress {
        Progress::Sending => t!(chat.message.sending),
        Progress::Held => t!(chat.message.held),
        Progress::Taken => t!(chat.message.sent),
        Progress::Failed(_) => t!(chat.message.not_sent),
    };
    let (again, replies_to, files) = (pending.text, pending.replies_to, pending.files);
    let names = files.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
    view! {
        <article class="chat-message chat-own chat-pending" class:chat-failed=failed>
            <p class="chat-head">
                <strong class="chat-name">{t!(chat.message.you)}</strong>
                <span class="chat-progress">{state}</span>
            </p>
            <p class="chat-text" dir="auto">{linked(&text)}</p>
            <p class="chat-file-names" dir="auto">{names}</p>
            {failure.map(|why| view! {
                <p class="chat-why">{why}</p>
                <p class="chat-tries">
                    <button type="button" on:click=move |_| chat.send(Some(id), again.clone(), replies_to, files.clone())>
                        {t!(ui.try_again)}
                    </button>
                    <button
                        type="button"
                        on:click=move |_| {
                            let pending = chat.state().try_update(|state| state.take_back(id));
                            if let Some(Some(pending)) = pending {
                                edit.run(pending);
                            }
                        }
                    >
                        {t!(chat.message.edit)}
                    </button>
                </p>
            })}
        </article>
    }
    .into_any()
}
