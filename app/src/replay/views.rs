//! Places of the player: a part that is loaded where there is a recording.

use bandstand_domain::{
    recordings::{Chapter, RecordingLink, Replay, chapters},
    shows::{ShowCard, Track},
};
use leptos::{
    __reexports::send_wrapper::SendWrapper,
    html,
    portal::Portal,
    prelude::*,
    task::spawn_local_scoped,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlVideoElement;

use super::{
    bookmarks::{BookmarkPlace, bookmarks, links as links_below, speed_and_titles},
    controls::ReplayControls,
    loud::loud_moments,
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
    let (show, has_account) = (session.show, !session.guest);
    Ok(loaded(card, tracks, asked_time(), move |handle| {
        let Handle { playback, chapters, loud, links, card } = handle;
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
        let place = BookmarkPlace {
            show,
            has_account,
            cut: playback.cut,
            time: Signal::derive(move || playback.time()),
            seek: Callback::new(move |time| playback.seek(time)),
            loud,
            playback,
            card,
            chapters,
        };
        // Below the stage, with which they are no part of the picture.
        let controls = move || {
            let mount = session.scene.get()?.unchecked_into::<web_sys::Element>();
            let wanted = playback.started.get();
            wanted.then(|| view! {
                <Portal mount>
                    <ReplayControls playback chapters loud fill_screen=fill more=later(move || bookmarks(place))/>
                </Portal>
            })
        };
        // Below the description of the show.
        let links = links
            .with_value(|all| !all.is_empty())
            .then(|| later(move || links_below(session.scene, links)));
        view! {
            <ReplayScreen playback chapters card/>
            <ReplayStart playback/>
            {controls}
            {links}
        }
        .into_any()
    }))
}

/// The time of what is played that the page's address asks for: `?t=SECONDS`.
fn asked_time() -> Option<u64> {
    let query = window().location().search().ok()?;
    let second = query.split(['?', '&']).find_map(|it| it.strip_prefix("t="))?;
    Some(u64::from(second.parse::<u32>().ok()?) * 1_000)
}

/// The element of a player, while it shows a picture.
pub type ShownPicture = RwSignal<Option<SendWrapper<HtmlVideoElement>>>;

/// Player of a show's recording, for any page; it loads its part by itself.
pub fn replay_player(card: ShowCard, tracks: Signal<Vec<Track>>, picture: ShownPicture) -> AnyView {
    later(move || alone(card.clone(), tracks, picture))
}

#[wasm_split(replay, wasm_split_path = ::leptos::wasm_split, fallible)]
fn alone(
    card: ShowCard,
    tracks: Signal<Vec<Track>>,
    picture: ShownPicture,
) -> Result<AnyView, SplitLoaderError> {
    Ok(loaded(card, tracks, None, move |handle| {
        let Handle { playback, chapters, loud, card, .. } = handle;
        Effect::new(move || {
            let seen = playback.shown.get() && playback.has_picture.get();
            let video = playback.video().filter(|_| seen).and_then(|it| it.dyn_into().ok());
            picture.set(video.map(SendWrapper::new));
        });
        on_cleanup(move || {
            let _ = picture.try_set(None);
        });
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
                    <ReplayControls playback chapters loud fill_screen=fill more=later(move || speed_and_titles(playback, chapters))/>
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
    loud: StoredValue<Vec<u64>>,
    links: StoredValue<Vec<RecordingLink>>,
    card: StoredValue<ShowCard>,
}

/// Loads a recording, and shows it from the time on that is `asked` for, or why it didn't come.
fn loaded(
    card: ShowCard,
    tracks: Signal<Vec<Track>>,
    asked: Option<u64>,
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
            let Replay { began_at, cut, .. } = replay;
            let chapters = Memo::new(move |_| tracks.with(|it| chapters(it, began_at, cut)));
            let loud = StoredValue::new(loud_moments(&replay.loud, cut));
            let links = StoredValue::new(replay.links.clone());
            let playback = Playback::new(replay, asked);
            let handle = Handle { playback, chapters, loud, links, card };
            let dock = Dock::expect();
            Effect::new(move || {
                // One show at a time.
                if playback.playing.get() {
                    dock.leave_other(show);
                }
            });
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
