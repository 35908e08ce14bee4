//! Composer: the field for a message, with its button.

use bandstand_domain::{
    Text,
    chat::{ChatPlace, MAX_MESSAGE, check_message},
};
use leptos::{ev, html, prelude::*};

use super::{
    ChatHandle,
    handle::Composing,
    tools::{MessageTools, Viewing},
};
use crate::{channel::Channel, t, texts::say, web};

/// Length from which on the composer tells how many characters are left.
const TELL_FROM: usize = MAX_MESSAGE - 100;

/// The field in which one writes, with its button; or why one can't.
#[component]
pub fn Composer(
    /// Chat that the message goes to.
    chat: ChatHandle,
    /// Person who writes.
    viewer: Viewing,
    /// What shows the message that the text answers.
    tools: Signal<Option<MessageTools>>,
    /// True if the chat is open.
    open: Signal<bool>,
    /// Text so far.
    text: RwSignal<String>,
    /// The field.
    field: NodeRef<html::Textarea>,
    /// Called when a message is on its way.
    sent: Callback<()>,
) -> impl IntoView {
    let complaint = RwSignal::new(None::<Text>);
    let channel = Channel::expect();
    // What was begun outlives the page, in this browser.
    let key = format!("bandstand.draft.{}", chat.place());
    Effect::new(move |begun: Option<()>| {
        let typed = text.get();
        if begun.is_none() {
            if let Some(kept) = web::remembered(&key).filter(|_| typed.is_empty()) {
                text.set(kept);
            }
        } else if chat.composing().with_untracked(|it| matches!(it, Composing::Change(_))) {
            // It is another message's text.
        } else if typed.trim().is_empty() {
            web::forget(&key);
        } else {
            web::remember(&key, &typed);
        }
    });
    // Whoever comes into a show again is told something newer than the events before it. In a room the
    // chat itself tells who is muted.
    if let ChatPlace::Show(_) = chat.place() {
        Effect::new(move || {
            let person = viewer.with(|viewer| viewer.as_ref().map(|it| it.person.clone()));
            if let Some(person) = person {
                chat.state().update(|state| state.forget_muted(&person));
            }
        });
    }
    let muted = Memo::new(move |_| {
        viewer.with(|viewer| {
            viewer.as_ref().is_some_and(|it| {
                chat.state().with(|state| state.muted(&it.person)).unwrap_or(it.muted)
            })
        })
    });
    let closed = move || {
        if !open.get() {
            Some(match chat.place() {
                ChatPlace::Show(_) => t!(refusal.chat.over),
                ChatPlace::Room(_) => t!(refusal.rooms.archived),
            })
        } else if viewer.with(Option::is_none) {
            Some(t!(chat.composer.not_in))
        } else if muted.get() {
            Some(t!(refusal.chat.muted))
        } else {
            None
        }
    };
    let closed = Memo::new(move |_| closed());
    let submit = move || {
        if closed.get_untracked().is_some() {
            return;
        }
        let typed = text.get_untracked();
        let message = typed.trim();
        let (composing, attaching) = (chat.composing().get_untracked(), chat.attaching());
        // A message may be files alone.
        let is_new = !matches!(composing, Composing::Change(_));
        if message.is_empty() && !(is_new && attaching.has_any()) {
            complaint.set(None);
            return;
        }
        if is_new && attaching.waits() {
            return;
        }
        if let Some(wrong) = check_message(message).filter(|_| !message.is_empty()) {
            complaint.set(Some(wrong));
            return;
        }
        complaint.set(None);
        let answered = match composing {
            Composing::New => None,
            Composing::Answer(answered) => Some(answered.id),
            Composing::Change(changed) => {
                chat.edit(changed.id, message.to_string());
                None
            }
        };
        if is_new {
            chat.send(None, message.to_string(), answered, attaching.take());
        }
        text.set(String::new());
        chat.composed();
        sent.run(());
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        // While an input method composes, Enter chooses a word (229: Safari ends it too early).
        let composing = event.is_composing() || event.key_code() == 229;
        if event.key() == "Escape"
            && !chat.composing().with_untracked(|it| matches!(it, Composing::New))
        {
            event.stop_propagation();
            chat.compose(Composing::New);
        }
        if event.key() == "Enter" && !event.shift_key() && !composing {
            event.prevent_default();
            submit();
        }
    };
    let left = move || {
        let used = text.with(|text| text.trim().chars().count());
        (used >= TELL_FROM).then(|| match MAX_MESSAGE.checked_sub(used) {
            Some(left) => t!(chat.composer.left, count = left),
            None => t!(chat.composer.too_many, count = used - MAX_MESSAGE),
        })
    };
    let over = move || text.with(|text| text.trim().chars().count()) > MAX_MESSAGE;
    view! {
        <form
            class="chat-composer"
            on:submit=move |event: ev::SubmitEvent| {
                event.prevent_default();
                submit();
            }
        >
            <p class="chat-closed" id="chat-closed">
                {move || closed.get()}
            </p>
            <p class="chat-complaint" id="chat-complaint" role="alert">
                {move || complaint.get().as_ref().map(say)}
            </p>
            {move || tools.get().map(|it| (it.composing)(chat, field))}
            // As high as what is written: the style sheet lays a copy behind it. Measured by a script, it would
            // pull the list's end away for a moment, and the list would stop following.
            <div class="chat-field" data-typed=move || format!("{} ", text.get())>
                <label class="unseen" for="chat-text">
                    {t!(chat.composer.label)}
                </label>
                <textarea
                    id="chat-text"
                    rows="1"
                    enterkeyhint="send"
                    autocomplete="off"
                    placeholder=t!(chat.composer.placeholder)
                    aria-describedby="chat-closed chat-complaint chat-left"
                    aria-invalid=move || complaint.with(Option::is_some).to_string()
                    disabled=move || closed.get().is_some()
                    prop:value=text
                    on:input=move |event| {
                        text.set(event_target_value(&event));
                        chat.types(channel);
                        if complaint.with_untracked(Option::is_some) {
                            let typed = text.get_untracked();
                            let typed = Some(typed.trim()).filter(|typed| !typed.is_empty());
                            complaint.set(typed.and_then(check_message));
                        }
                    }
                    on:keydown=on_key
                    node_ref=field
                ></textarea>
                <span class="chat-left" id="chat-left" class:chat-over=over>
                    {left}
                </span>
            </div>
            <button
                type="submit"
                class="chat-send"
                disabled=move || closed.get().is_some()
            >
                {t!(chat.composer.send)}
            </button>
        </form>
    }
    .into_any()
}
