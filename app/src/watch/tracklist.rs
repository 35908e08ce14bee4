//! Tracklist of a show, as it grows.

use bandstand_domain::shows::Track;
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::{channel::clock::lasted, player::WatchSession, t, ui::later_while};

/// Titles that were played, of a show where some were.
#[component]
pub(super) fn Tracklist(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let some = Memo::new(move |_| session.page.with(|page| !page.tracks.is_empty()));
    later_while(some, move || tracklist(session))
}

/// The latest first, each with the time from the beginning of the show on. A part that is loaded when there are
/// some.
#[wasm_split(radio, wasm_split_path = ::leptos::wasm_split, fallible)]
fn tracklist(session: WatchSession) -> Result<AnyView, SplitLoaderError> {
    let page = session.page;
    // The page changes for other reasons, too.
    let tracks = Memo::new(move |_| page.with(|page| page.tracks.clone()));
    let since = move || page.with_untracked(|page| page.live_since);
    let track = move |Track { at, title }: Track| {
        let begun = since().map_or_else(String::new, |since| lasted(at.since(since)));
        view! { <li><span class="clock">{begun}</span> <span dir="auto">{title}</span></li> }
    };
    let view = view! {
        <section class="tracklist" aria-label=t!(watch.tracklist)>
            <h2>{t!(watch.tracklist)}</h2>
            <ol reversed role="list">{move || tracks.get().into_iter().rev().map(track).collect_view()}</ol>
        </section>
    };
    Ok(view.into_any())
}
