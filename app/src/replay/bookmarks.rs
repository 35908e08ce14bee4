//! Bookmarks of a recording, its loud moments and links, and the lock screen. A part of its own: a recording plays
//! without.

mod chapter_list;
mod kept;
mod links;

use bandstand_domain::{
    ShowId,
    recordings::{Chapter, Cut, write_time},
    shows::ShowCard,
};
use leptos::{
    html,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

pub(super) use self::{chapter_list::speed_and_titles, links::links};
use self::{
    chapter_list::{speed, titles},
    kept::KeptBookmarks,
};
use super::{lock_screen::on_lock_screen, loud::loud_list, playback::Playback};
use crate::{
    player::{CLOSE, icon},
    t,
    ui::{Toaster, on_key},
    web,
};

const BOOKMARK: &str = "M6 3h12v18l-6-4-6 4zm2 2v12.3l4-2.7 4 2.7V5z";

/// Place at which bookmarks are set.
#[derive(Clone, Copy)]
pub struct BookmarkPlace {
    /// The show.
    pub show: ShowId,
    /// True if the viewer has an account.
    pub has_account: bool,
    /// Part of the recording that is played.
    pub cut: Cut,
    /// Time that plays, since the beginning of what is played.
    pub time: Signal<u64>,
    /// Goes to such a time.
    pub seek: Callback<u64>,
    /// Loud moments of what is played.
    pub loud: StoredValue<Vec<u64>>,
    /// The playback.
    pub playback: Playback,
    /// The show.
    pub card: StoredValue<ShowCard>,
    /// Its titles.
    pub chapters: Memo<Vec<Chapter>>,
}

/// Loud moments; a button that sets a bookmark, `b` on the keyboard, and the list of all.
#[wasm_split(bookmarks, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn bookmarks(place: BookmarkPlace) -> Result<AnyView, SplitLoaderError> {
    let BookmarkPlace { show, has_account, cut, time, seek, loud, playback, card, chapters } =
        place;
    on_lock_screen(playback, card);
    let toaster = Toaster::expect();
    let kept = KeptBookmarks { show, has_account };
    let all = RwSignal::new(Vec::<u64>::new());
    let summary = NodeRef::<html::Summary>::new();
    spawn_local(async move {
        match kept.load().await {
            Ok(found) => drop(all.try_set(found)),
            Err(why) => toaster.say(why),
        }
    });
    let change = move |second, is_kept, said: String| {
        spawn_local(async move {
            match kept.change(second, is_kept).await {
                Ok(now) => {
                    all.try_set(now);
                    toaster.say(said);
                }
                Err(why) => toaster.say(why),
            }
        });
    };
    let set = move || {
        let time = time.get_untracked();
        let second = cut.from.saturating_add(time) / 1_000;
        change(second, true, t!(replay.bookmark_set, time = write_time(time)));
    };
    Effect::new(move || {
        on_key(move |key| {
            if key == "b" {
                set();
            }
        });
    });
    let bookmark = move |second: u64| {
        let time = (second * 1_000).saturating_sub(cut.from);
        let written = write_time(time);
        let name = t!(replay.remove_bookmark, time = written.as_str());
        let said = t!(replay.bookmark_removed, time = written.as_str());
        let remove = move |_| {
            change(second, false, said.clone());
            // The button goes, and the focus would with it.
            if let Some(summary) = summary.get_untracked() {
                web::focus_in_place(&summary);
            }
        };
        view! {
            <li class="row">
                <button class="chapter" type="button" on:click=move |_| seek.run(time)>{written}</button>
                <button class="button round quiet" type="button" aria-label=name on:click=remove>
                    {icon(Signal::stored(CLOSE))}
                </button>
            </li>
        }
    };
    // Others may be cut off by now; they are kept for when they aren't.
    let is_played = move |second: &u64| (cut.from / 1_000..cut.to.div_ceil(1_000)).contains(second);
    let list = move || all.get().into_iter().filter(is_played).map(bookmark).collect_view();
    let copy = move |_| {
        let origin = window().location().origin().unwrap_or_default();
        let address = format!("{origin}/shows/{show}?t={}", time.get_untracked() / 1_000);
        spawn_local(async move {
            toaster.say(match web::copy(&address).await {
                Ok(()) => t!(watch.link_copied).to_owned(),
                Err(_) => t!(watch.share_address, address = address.as_str()),
            });
        });
    };
    let place =
        if has_account { t!(replay.bookmarks_account) } else { t!(replay.bookmarks_browser) };
    let view = view! {
        {speed(playback)}
        <button
            class="button round" type="button"
            title=t!(replay.bookmark_key) aria-label=t!(replay.bookmark) aria-keyshortcuts="b"
            on:click=move |_| set()
        >
            {icon(Signal::stored(BOOKMARK))}
        </button>
        <details class="replay-chapters">
            <summary class="button" node_ref=summary>{t!(replay.bookmarks)}</summary>
            <div class="stack">
                <ul role="list" hidden=move || all.with(Vec::is_empty)>{list}</ul>
                <p class="small soft">{place}</p>
                <button class="button" type="button" on:click=copy>{t!(replay.copy_link)}</button>
            </div>
        </details>
        {loud_list(loud, seek)}
        {titles(playback, chapters)}
    };
    Ok(view.into_any())
}
