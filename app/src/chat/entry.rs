//! Row of the chat: a message with its menu.

use std::sync::Arc;

use bandstand_domain::{
    PersonId,
    chat::{ChatBadge, ChatMessage, MessageId},
};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};

use super::{
    ChatHandle, ChatViewer,
    state::{Pending, Progress},
};
use crate::{
    t,
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
}

impl ChatRow {
    /// Tells rows apart; a row that looks different is another one.
    pub fn key(&self) -> (MessageId, Option<Progress>) {
        match self {
            Self::Posted(message) => (message.id, None),
            Self::Pending(pending) => (pending.id, Some(pending.progress.clone())),
        }
    }
}

/// A message that is there.
#[component]
pub fn Posted(
    /// The chat it is in.
    chat: ChatHandle,
    /// Itself.
    message: Arc<ChatMessage>,
    /// Person who looks at it.
    viewer: Signal<Option<ChatViewer>>,
) -> impl IntoView {
    let colour = format!("chat-name {}", name_colour(&message.author));
    let author = message.author.clone();
    let own = Memo::new(move |_| {
        viewer.with(|viewer| viewer.as_ref().is_some_and(|it| it.person == author))
    });
    let hosts =
        Memo::new(move |_| viewer.with(|viewer| viewer.as_ref().is_some_and(|it| it.moderates)));
    let badge = match message.badge {
        _ if message.from_artist => Some(t!(chat.message.artist)),
        Some(ChatBadge::Owner) => Some(t!(chat.message.owner)),
        Some(ChatBadge::Moderator) => Some(t!(chat.message.moderator)),
        None => None,
    };
    let artist = message.from_artist;
    let (name, text) = (message.name.clone(), linked(&message.text));
    let sent_at = message.sent_at;
    view! {
        <article class="chat-message" class:chat-own=own class:chat-from-artist=artist>
            <p class="chat-head">
                <strong class=colour dir="auto">{name}</strong>
                {badge.map(|badge| view! { <span class="chat-badge">{badge}</span> })}
                <Show when=move || own.get()>
                    <span class="chat-you">{t!(chat.message.own)}</span>
                </Show>
                <LocalTime at=sent_at fallback="" style=TimeStyle::Time/>
            </p>
            <p class="chat-text" dir="auto">{text}</p>
            {move || {
                (own.get() || hosts.get())
                    .then(|| menu(chat, message.clone(), hosts.get() && !own.get()))
            }}
        </article>
    }
    .into_any()
}

/// Menu of a message. Opens and closes by itself, without a script.
fn menu(chat: ChatHandle, message: Arc<ChatMessage>, hosts: bool) -> AnyView {
    let (id, name, person) = (message.id, message.name.clone(), message.author.clone());
    let label = if hosts {
        t!(chat.message.about, name = &name)
    } else {
        t!(chat.message.about_own).into()
    };
    view! {
        <details class="chat-menu" on:keydown=close_on_escape on:focusout=close_on_leaving>
            <summary aria-label=label.clone() title=label>
                <span aria-hidden="true">"⋯"</span>
            </summary>
            <div class="chat-choices">
                <button type="button" on:click=move |_| chat.delete(id)>
                    {t!(chat.message.delete)}
                </button>
                {hosts.then(|| mute_button(chat, person, name))}
            </div>
        </details>
    }
    .into_any()
}

fn mute_button(chat: ChatHandle, person: PersonId, name: String) -> AnyView {
    let muted = {
        let person = person.clone();
        Memo::new(move |_| chat.state().with(|state| state.muted(&person) == Some(true)))
    };
    let text = {
        let name = name.clone();
        move || {
            if muted.get() {
                t!(chat.message.unmute, name = &name)
            } else {
                t!(chat.message.mute, name = &name)
            }
        }
    };
    let switch = move |event: ev::MouseEvent| {
        chat.mute(person.clone(), name.clone(), !muted.get_untracked());
        close(event.target(), true);
    };
    view! {
        <button type="button" on:click=switch>
            {text}
        </button>
    }
    .into_any()
}

fn close(inside: Option<web_sys::EventTarget>, focus: bool) {
    let Some(inside) = inside.and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let Ok(Some(details)) = inside.closest("details") else { return };
    let _ = details.remove_attribute("open");
    if focus
        && let Ok(Some(summary)) = details.query_selector("summary")
        && let Ok(summary) = summary.dyn_into::<HtmlElement>()
    {
        let _ = summary.focus();
    }
}

fn close_on_escape(event: ev::KeyboardEvent) {
    if event.key() == "Escape" {
        close(event.target(), true);
    }
}

fn close_on_leaving(event: ev::FocusEvent) {
    let details = event.current_target().and_then(|target| target.dyn_into::<Node>().ok());
    let next = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
    if let Some(details) = details
        && next.is_some_and(|next| !details.contains(Some(&next)))
    {
        close(event.target(), false);
    }
}

/// A message of one's own that is on its way, or didn't get there.
#[component]
pub fn OnItsWay(
    /// The chat it goes to.
    chat: ChatHandle,
    /// Itself.
    pending: Pending,
    /// Takes its text back into the composer.
    edit: Callback<String>,
) -> impl IntoView {
    let id = pending.id;
    let text = pending.text.clone();
    let failure = match &pending.progress {
        Progress::Failed(why) => Some(why.clone()),
        Progress::Sending | Progress::Taken => None,
    };
    let failed = failure.is_some();
    let state = match pending.progress {
        Progress::Sending => t!(chat.message.sending),
        Progress::Taken => t!(chat.message.sent),
        Progress::Failed(_) => t!(chat.message.not_sent),
    };
    let again = pending.text;
    view! {
        <article class="chat-message chat-own chat-pending" class:chat-failed=failed>
            <p class="chat-head">
                <strong class="chat-name">{t!(chat.message.you)}</strong>
                <span class="chat-progress">{state}</span>
            </p>
            <p class="chat-text" dir="auto">{linked(&text)}</p>
            {failure.map(|why| view! {
                <p class="chat-why">{why}</p>
                <p class="chat-tries">
                    <button type="button" on:click=move |_| chat.send(Some(id), again.clone())>
                        {t!(ui.try_again)}
                    </button>
                    <button
                        type="button"
                        on:click=move |_| {
                            let text = chat.state().try_update(|state| state.take_back(id));
                            if let Some(Some(text)) = text {
                                edit.run(text);
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
