//! Text of a message, and its translation.

use std::sync::Arc;

use bandstand_domain::chat::ChatMessage;
use leptos::prelude::*;

use super::{TranslationHandle, languages::name_of, work::Work};
use crate::{t, ui::linked};

/// Text of a message as it was written, from where it is translated.
#[derive(Clone, Copy)]
pub(super) struct Original {
    /// True if a translation stands in its place.
    replaced: RwSignal<bool>,
    /// Its language, once it is known.
    language: RwSignal<Option<String>>,
}

/// Text of a message, in whose place its translation comes where the reader wants one.
pub fn message_text(
    translation: TranslationHandle,
    message: Arc<ChatMessage>,
    text: Vec<AnyView>,
) -> AnyView {
    let Original { replaced, language } =
        Original { replaced: RwSignal::new(false), language: RwSignal::new(None) };
    view! {
        <p class="chat-text" dir="auto" lang=move || language.get() hidden=move || replaced.get()>
            {text}
        </p>
        {move || {
            let reader = translation.reader.get()?;
            Some((reader.show)(reader.work, message.clone(), Original { replaced, language }))
        }}
    }
    .into_any()
}

/// Translation of a message in the place of its text, once it is there, with the way back.
pub(super) fn translated(work: Work, message: Arc<ChatMessage>, original: Original) -> AnyView {
    let outcome = work.outcome(&message);
    // True while the reader looks at the original.
    let back = RwSignal::new(false);
    Effect::new({
        let outcome = outcome.clone();
        move || {
            let (there, from) = outcome.with(|outcome| match outcome {
                Some(outcome) => (outcome.text.is_some(), outcome.from.clone()),
                None => (false, None),
            });
            let _ = original.replaced.try_set(there && !back.get());
            let _ = original.language.try_set(from);
        }
    });
    on_cleanup(move || {
        let _ = original.replaced.try_set(false);
        let _ = original.language.try_set(None);
    });
    // What was said before is announced no second time; what is said now comes to its readers in their
    // language, too.
    let live = if work.is_new(&message) { "polite" } else { "off" };
    (move || {
        let outcome = outcome.get()?;
        let text = outcome.text?;
        let words = match &outcome.from {
            Some(from) => t!(translation.from, language = name_of(from)),
            None => t!(translation.translated).to_owned(),
        };
        Some(view! {
            <div class="chat-translation">
                <p
                    class="chat-text" dir="auto" lang=work.to() aria-live=live
                    hidden=move || back.get()
                >
                    {linked(&text)}
                </p>
                <p class="chat-translated" aria-live="off">
                    <span hidden=move || back.get()>{words} " · "</span>
                    <button type="button" on:click=move |_| back.update(|back| *back = !*back)>
                        {move || {
                            if back.get() { t!(translation.again) } else { t!(translation.original) }
                        }}
                    </button>
                </p>
            </div>
        })
    })
    .into_any()
}
