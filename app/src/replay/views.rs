//! Places of the player: a part that is loaded where there is a recording.

use bandstand_domain::{
    recordings::{Chapter, Replay, chapters},
    shows::{ShowCard, Track},
};
use leptos::{
    html,
    portal::Portal,
    prelude::*,
    task::spawn_local_scoped,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::{JsCast, JsValue};

use super::{
    controls::ReplayControls,
    lock_screen::on_lock_screen,
    playback::Playback,
    screen::{ReplayScreen, ReplayStart},
};
use crate::{
    player::{Dock, WatchSession},
    recordings::api::load_replay,
    shows::PosterArt,
    t,
    ui::later,
    web,
};

/// Recording of a show that is over, on its stage: the way in, then the picture there, and controls below.
#[wasm_split(replay, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn on_stage(session: WatchSession) -> Result<AnyView, SplitLoaderError> {
    let card = session.page.with_untracked(|page| page.card.clone());
    let tracks = Signal::derive(move || session.page.with(|page| page.tracks.clone()));
    Ok(loaded(card, tracks, move |handle| {
        let Handle { playback, chapters, card } = handle;
        Effect::new(move || session.replayed.set(playback.wall_clock()));
        on_cleanup(move || {
            let _ = session.replayed.try_set(None);
        });
        let fill = Callback::new(move |()| {
            let scene = session.scene.get_untracked();
            if let Some(show) = scene.and_then(|scene| scene.parent_element()) {
                fill_screen(&show, playback);
            }
        });
        // Below the stage, with which they are no part of the picture.
        let controls = move || {
            let scene = session.scene.get()?.unchecked_into::<web_sys::Element>();
            let wanted = playback.started.get();
            wanted.then(|| view! { <Portal mount=scene><ReplayControls playback chapters fill_screen=fill/></Portal> })
        };
        view! {
            <ReplayScreen playback chapters card/>
            <ReplayStart playback/>
            {controls}
        }
        .into_any()
    }))
}

/// Player of a show's recording, for any page; it loads its part by itself.
pub fn replay_player(card: ShowCard, tracks: Signal<Vec<Track>>) -> AnyView {
    later(move || alone(card.clone(), tracks))
}

#[wasm_split(replay, wasm_split_path = ::leptos::wasm_split, fallible)]
fn alone(card: ShowCard, tracks: Signal<Vec<Track>>) -> Result<AnyView, SplitLoaderError> {
    Ok(loaded(card, tracks, move |handle| {
        let Handle { playback, chapters, card } = handle;
        let whole = NodeRef::<html::Div>::new();
        let fill = Callback::new(move |()| {
            if let Some(whole) = whole.get_untracked() {
                fill_screen(&whole, playback);
            }
        });
        let poster = card.get_value();
        view! {
            <div class="replay" node_ref=whole>
                <div class="replay-picture">
                    <PosterArt show=poster wide=true/>
                    <ReplayScreen playback chapters card/>
                    <ReplayStart playback/>
                </div>
                <Show when=move || playback.started.get()>
                    <ReplayControls playback chapters fill_screen=fill/>
                </Show>
            </div>
        }
        .into_any()
    }))
}

/// Recording as all its views have it.
#[derive(Clone, Copy)]
struct Handle {
    playback: Playback,
    chapters: Memo<Vec<Chapter>>,
    card: StoredValue<ShowCard>,
}

/// Loads a recording, and shows it, or why it didn't come.
fn loaded(
    card: ShowCard,
    tracks: Signal<Vec<Track>>,
    view: impl Fn(Handle) -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView {
    let show = card.id;
    let card = StoredValue::new(card);
    let replay = RwSignal::new(None::<Result<Replay, String>>);
    let load = move || {
        replay.set(None);
        spawn_local_scoped(async move {
            let loaded = load_replay(show).await;
            let _ = replay.try_set(Some(loaded.map_err(|failed| failed.to_string())));
        });
    };
    Effect::new(load);
    let owner = Owner::current().unwrap_or_default();
    (move || match replay.get()? {
        Ok(replay) => {
            let playback = Playback::new(replay);
            let Playback { began_at, cut, .. } = playback;
            let chapters = Memo::new(move |_| tracks.with(|it| chapters(it, began_at, cut)));
            let handle = Handle { playback, chapters, card };
            let dock = Dock::expect();
            Effect::new(move || {
                // One show at a time.
                if playback.playing.get() {
                    dock.leave_other(show);
                }
            });
            on_lock_screen(playback, card);
            Some(view(handle))
        }
        Err(why) => {
            let owner = owner.clone();
            Some(
                view! {
                    <p class="replay-start" role="status">
                        {why} " "
                        <button class="button" type="button" on:click=move |_| owner.with(load)>{t!(ui.load_again)}</button>
                    </p>
                }
                .into_any(),
            )
        }
    })
    .into_any()
}

/// Fills the screen with an element, or with the picture alone where a browser lets nothing else.
fn fill_screen(element: &JsValue, playback: Playback) {
    if !web::toggle_full_screen(element)
        && let Some(video) = playback.video()
    {
        web::settle(video.into(), "webkitEnterFullscreen");
    }
}
