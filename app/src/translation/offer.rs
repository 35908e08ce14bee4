//! Offer of translation, where there is a way.

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{TranslationHandle, chooser::chooser};
use crate::{t, ui::later_while, web};

/// Way and language that the reader has chosen, in this browser.
const CHOSEN: &str = "bandstand.translation";

/// Way in which messages are translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TranslationWay {
    /// By the browser: nothing leaves the machine.
    Browser,
    /// By the server that the venue's operator has chosen.
    Server,
}

impl TranslationWay {
    /// Returns whether the way is there: in this browser, at this venue.
    pub fn is_there(self) -> bool {
        match self {
            Self::Browser => ["Translator", "LanguageDetector"]
                .iter()
                .all(|name| web::get(&window(), name).is_function()),
            Self::Server => {
                document().query_selector("meta[name=translation]").is_ok_and(|it| it.is_some())
            }
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Server => "server",
        }
    }
}

/// Way and language that the reader has chosen, if the way is there still: no other takes its place unasked.
pub(super) fn chosen() -> Option<(TranslationWay, String)> {
    let chosen = web::remembered(CHOSEN)?;
    let (way, to) = chosen.split_once(' ')?;
    let ways = [TranslationWay::Browser, TranslationWay::Server];
    let way = ways.into_iter().find(|it| it.as_str() == way)?;
    way.is_there().then(|| (way, to.to_owned()))
}

/// Remembers what the reader has chosen.
pub(super) fn choose(chosen: Option<(TranslationWay, &str)>) {
    match chosen {
        Some((way, to)) => web::remember(CHOSEN, &format!("{} {to}", way.as_str())),
        None => web::forget(CHOSEN),
    }
}

/// Choice of translation, folded, and how it goes; nothing where there is no way.
pub fn offer(translation: TranslationHandle) -> AnyView {
    if !TranslationWay::Browser.is_there() && !TranslationWay::Server.is_there() {
        return ().into_any();
    }
    let is_chosen = chosen().is_some();
    let opened = RwSignal::new(false);
    let wanted = Memo::new(move |_| is_chosen || opened.get());
    view! {
        <details class="chat-desk" on:toggle=move |_| opened.set(true)>
            <summary>{t!(translation.translate)}</summary>
            {later_while(wanted, move || part(translation))}
        </details>
        {move || translation.reader.get().map(|it| (it.notes)(it.work))}
    }
    .into_any()
}

#[wasm_split(translation, wasm_split_path = ::leptos::wasm_split, fallible)]
fn part(translation: TranslationHandle) -> Result<AnyView, SplitLoaderError> {
    Ok(chooser(translation))
}
