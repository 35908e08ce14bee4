//! Menu of a message.

use std::sync::Arc;

use bandstand_domain::{
    PersonId,
    chat::{ChatMessage, ChatPlace, MessageId},
};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};

use super::{ChatHandle, handle::Composing, reaction_views::offers, tools::Viewing};
use crate::t;

/// Menu of a message, for those who are in. Opens and closes by itself; what is in it is made when it opens.
pub fn menu(chat: ChatHandle, message: Arc<ChatMessage>, viewer: Viewing) -> AnyView {
    menu_of(chat, message, viewer, true)
}

/// Menu of a message in a thread, in which all that one writes answers the first one.
pub fn menu_in_thread(chat: ChatHandle, message: Arc<ChatMessage>, viewer: Viewing) -> AnyView {
    menu_of(chat, message, viewer, false)
}

fn menu_of(
    chat: ChatHandle,
    message: Arc<ChatMessage>,
    viewer: Viewing,
    answerable: bool,
) -> AnyView {
    let author = message.author.clone();
    let who = Memo::new(move |_| {
        viewer.with(|viewer| viewer.as_ref().map(|it| (it.person == author, it.moderates)))
    });
    let closed = move |(own, hosts)| closed(chat, message.clone(), own, hosts, answerable);
    (move || who.get().map(&closed)).into_any()
}

fn closed(
    chat: ChatHandle,
    message: Arc<ChatMessage>,
    own: bool,
    hosts: bool,
    answerable: bool,
) -> AnyView {
    let label = if own {
        t!(chat.message.about_own).into()
    } else {
        t!(chat.message.about, name = &message.name)
    };
    let open = RwSignal::new(false);
    view! {
        <details
            class="chat-menu"
            on:toggle=move |event| open.set(is_open(&event))
            on:keydown=close_on_escape
            on:focusout=close_on_leaving
        >
            <summary aria-label=label.clone() title=label>
                <span aria-hidden="true">"⋯"</span>
            </summary>
            {move || open.get().then(|| choices(chat, message.clone(), own, hosts, answerable))}
        </details>
    }
    .into_any()
}

fn choices(
    chat: ChatHandle,
    message: Arc<ChatMessage>,
    own: bool,
    hosts: bool,
    answerable: bool,
) -> AnyView {
    let (id, name, person) = (message.id, message.name.clone(), message.author.clone());
    let compose = move |event: ev::MouseEvent, composing: Composing| {
        close(event.target(), false);
        chat.compose(composing);
        focus_composer();
    };
    let (answered, changed) = (message.clone(), message);
    let answer = move |event| compose(event, Composing::Answer(answered.clone()));
    let change = move |event| compose(event, Composing::Change(changed.clone()));
    let delete = move |event: ev::MouseEvent| {
        close(event.target(), false);
        chat.delete(id);
        focus_list();
    };
    view! {
        <div class="chat-choices">
            {offers(chat, id)}
            {answerable.then(|| view! {
                <button type="button" on:click=answer>
                    {t!(chat.message.answer)}
                </button>
            })}
            {own.then(|| view! {
                <button type="button" on:click=change>
                    {t!(chat.message.edit)}
                </button>
            })}
            {hosts.then(|| pin_button(chat, id))}
            {(own || hosts).then(|| view! {
                <button type="button" on:click=delete>
                    {t!(chat.message.delete)}
                </button>
            })}
            {(!own).then(|| hide_button(chat, person.clone(), name.clone()))}
            {(hosts && !own && matches!(chat.place(), ChatPlace::Show(_)))
                .then(|| ban_button(chat, person.clone(), name.clone()))}
            {(hosts && !own).then(|| mute_button(chat, person, name))}
        </div>
    }
    .into_any()
}

fn hide_button(chat: ChatHandle, person: PersonId, name: String) -> AnyView {
    let words = t!(chat.message.hide, name = &name);
    let hide = move |event: ev::MouseEvent| {
        close(event.target(), false);
        chat.hide(person.clone(), name.clone(), true);
        focus_list();
    };
    view! { <button type="button" on:click=hide>{words}</button> }.into_any()
}

fn ban_button(chat: ChatHandle, person: PersonId, name: String) -> AnyView {
    let words = t!(chat.message.ban, name = &name);
    let ban = move |event: ev::MouseEvent| {
        chat.ban(person.clone(), name.clone());
        close(event.target(), true);
    };
    view! { <button type="button" on:click=ban>{words}</button> }.into_any()
}

fn pin_button(chat: ChatHandle, id: MessageId) -> AnyView {
    let pinned = Memo::new(move |_| chat.state().with(|state| state.pinned().contains(&id)));
    let switch = move |event: ev::MouseEvent| {
        chat.pin(id, !pinned.get_untracked());
        close(event.target(), true);
    };
    view! {
        <button type="button" on:click=switch>
            {move || if pinned.get() { t!(chat.message.unpin) } else { t!(chat.message.pin) }}
        </button>
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

/// Returns whether the details are open that tell of having been toggled.
pub fn is_open(toggled: &ev::Event) -> bool {
    let details = toggled.target().and_then(|it| it.dyn_into::<Element>().ok());
    details.is_some_and(|it| it.has_attribute("open"))
}

/// Closes the menu around an element.
pub fn close(inside: Option<web_sys::EventTarget>, focus: bool) {
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

/// Puts the cursor into the field; where nothing can be written, the focus goes to the list.
pub fn focus_composer() {
    if !focus("#chat-text:enabled") {
        focus_list();
    }
}

/// Puts the focus on the list, as what has it goes away.
fn focus_list() {
    // Once the list is shown.
    request_animation_frame(|| {
        focus(".chat-thread-list, .chat-list");
    });
}

/// Puts the focus on the first element that a selector matches. Returns whether there is one.
fn focus(selector: &str) -> bool {
    let found = document().query_selector(selector).ok().flatten();
    let found = found.and_then(|it| it.dyn_into::<HtmlElement>().ok());
    found.is_some_and(|it| it.focus().is_ok())
}
