//! Choice of whether and how messages are translated, and into which language.

use std::sync::Arc;

use bandstand_domain::chat::ChatMessage;
use leptos::prelude::*;

use super::{
    TranslationHandle,
    handle::{Reader, ShortTranslation},
    languages::{name_of, offered, settled},
    offer::{TranslationWay, choose, chosen},
    text_view::translated,
    work::Work,
};
use crate::t;

/// The choice; begins with what was chosen before.
pub(super) fn chooser(translation: TranslationHandle) -> AnyView {
    let before = chosen();
    let to = RwSignal::new(settled(before.as_ref().map(|it| it.1.as_str())));
    let way = RwSignal::new(before.map(|it| it.0));
    let work = Work::new(translation);
    let begin = move || {
        let (way, to) = (way.get_untracked(), to.get_untracked());
        let reader = way.map(|way| {
            work.begin(way, &to);
            Reader { work, show: translated, short, notes }
        });
        translation.reader.set(reader);
    };
    let decide = move || {
        let to = to.get_untracked();
        choose(way.get_untracked().map(|way| (way, to.as_str())));
        begin();
    };
    if way.get_untracked().is_some() {
        begin();
    }
    on_cleanup(move || {
        let _ = translation.reader.try_set(None);
    });

    let radio = move |of: Option<TranslationWay>, words: &'static str, about: &'static str| {
        view! {
            <label class="chat-check">
                <input
                    type="radio" name="chat-translation" checked=way.get_untracked() == of
                    autocomplete="off"
                    on:change=move |_| {
                        way.set(of);
                        decide();
                    }
                />
                <span>{words} " " <small>{about}</small></span>
            </label>
        }
    };
    let by_browser = TranslationWay::Browser.is_there().then(|| {
        let way = Some(TranslationWay::Browser);
        radio(way, t!(translation.by_browser), t!(translation.about_browser))
    });
    let by_server = TranslationWay::Server.is_there().then(|| {
        let way = Some(TranslationWay::Server);
        radio(way, t!(translation.by_server), t!(translation.about_server))
    });
    let languages = offered().into_iter().map(|(tag, name)| {
        view! { <option value=tag selected=to.with_untracked(|to| to == tag)>{name}</option> }
    });
    view! {
        <div class="chat-desk-inside">
            <fieldset class="chat-ways">
                <legend>{t!(translation.messages)}</legend>
                {radio(None, t!(translation.off), "")}
                {by_browser}
                {by_server}
            </fieldset>
            <label class="field">
                <span>{t!(translation.language)}</span>
                <select
                    class="input" autocomplete="off"
                    on:change=move |event| {
                        to.set(event_target_value(&event));
                        decide();
                    }
                >
                    {languages.collect_view()}
                </select>
            </label>
        </div>
    }
    .into_any()
}

/// Translation of a message and its language, as a quote shows it.
fn short(work: Work, message: &Arc<ChatMessage>) -> ShortTranslation {
    let text = work.outcome(message).get()?.text?;
    Some((text, work.to()))
}

/// How translation goes, in words, and what the reader can do about it.
fn notes(work: Work) -> AnyView {
    let fetch = move |language: String| {
        let words = match language.as_str() {
            "" => t!(translation.fetch_detector).to_owned(),
            tag => t!(translation.fetch, language = name_of(tag)),
        };
        view! {
            <button class="button small" type="button" on:click=move |_| work.fetch(language.clone())>
                {words}
            </button>
        }
    };
    view! {
        <div class="chat-translating">
            <p role="status">{move || work.words()}</p>
            {move || work.progress().map(|percent| view! {
                <progress max="100" value=percent aria-label=t!(translation.progress)></progress>
            })}
            <For each=move || work.wanted() key=String::clone children=fetch/>
            <Show when=move || work.has_failed()>
                <button class="button small" type="button" on:click=move |_| work.retry()>
                    {t!(ui.try_again)}
                </button>
            </Show>
        </div>
    }
    .into_any()
}
