//! Mini-player: the show that goes on in a corner while its viewer looks around.

use bandstand_domain::stage::StageState;
use leptos::{
    html,
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::JsCast;

use super::{
    dock::Dock,
    icon::{CLOSE, PAUSE, PLAY, icon},
    lock_screen::on_lock_screen,
    playback::PictureState,
    session::{Phase, WatchSession},
    sound_button::SoundButton,
};
use crate::{
    t,
    ui::{Toaster, later, on_key},
    viewer::CurrentViewer,
};

/// Picture, way back, pause, sound and way out; `m` on the keyboard. There as soon as it is asked for: what
/// plays has loaded its part.
pub fn mini_player(session: WatchSession) -> AnyView {
    later(move || playing(session))
}

#[wasm_split(media, wasm_split_path = ::leptos::wasm_split, fallible)]
fn playing(session: WatchSession) -> Result<AnyView, SplitLoaderError> {
    let player = session.player;
    let dock = Dock::expect();
    let place = NodeRef::<html::Div>::new();
    Effect::new(move || {
        if let Some(place) = place.get() {
            player.show_in(&place, false);
        }
    });
    Effect::new(move || {
        on_key(move |key| {
            if key == "m" {
                player.toggle_sound();
            }
        });
    });
    end_with_the_show(session, dock);
    on_lock_screen(session);
    let title = Signal::derive(move || session.page.with(|page| page.card.title.clone()));
    let artist = move || session.page.with(|page| page.card.artist.stage_name.clone());
    let paused = player.paused();
    let pausing = move || if paused.get() { t!(player.go_on) } else { t!(player.pause) };
    let close = move |_| {
        // The focus would be lost with the button.
        let main = document().get_element_by_id("main").and_then(|main| main.dyn_into().ok());
        if let Some(main) = main {
            let _ = web_sys::HtmlElement::focus(&main);
        }
        dock.close();
    };
    let toggle = move |_| if paused.get_untracked() { player.resume() } else { player.pause() };
    let view = view! {
        <section class="mini-player" aria-label=t!(player.mini_player)>
            <div class="mini-picture" node_ref=place></div>
            <p class="mini-word" role="status">{move || word(session)}</p>
            <a
                class="mini-back" href=format!("/shows/{}", session.show)
                aria-label=move || t!(player.back, show = title.get())
            >
                <b>{title}</b>
                <span>{artist}</span>
            </a>
            <div class="mini-buttons">
                <button
                    class="button round" type="button"
                    title=pausing
                    aria-label=pausing
                    on:click=toggle
                >
                    {icon(Signal::derive(move || if paused.get() { PLAY } else { PAUSE }))}
                </button>
                <SoundButton player/>
                <button class="button round" type="button" title=t!(player.leave) aria-label=t!(player.leave) on:click=close>
                    {icon(Signal::stored(CLOSE))}
                </button>
            </div>
        </section>
    };
    Ok(view.into_any())
}

/// Words for the picture, unless it is there.
fn word(session: WatchSession) -> &'static str {
    use PictureState::*;
    let picture = session.player.picture().get();
    match (session.stage.get(), picture) {
        (StageState::Paused, _) => t!(watch.back_soon),
        (StageState::Dropped, _) => t!(watch.artist_lost),
        _ if session.player.paused().get() => t!(watch.paused),
        (_, Coming) => t!(watch.picture_coming),
        (_, Lost) => t!(watch.connection_lost),
        (_, SoundOnly) => t!(watch.sound_only),
        (_, Impossible) => t!(watch.no_webrtc),
        (_, Off | Shown) => "",
    }
}

/// Closes the dock when there is nothing to be played any more, or somebody else has logged in, and says
/// why.
fn end_with_the_show(session: WatchSession, dock: Dock) {
    let toaster = Toaster::expect();
    let viewer = CurrentViewer::expect();
    let token = session.join.join_token();
    let is_other = move || {
        let Some(viewer) = viewer.get() else { return false };
        token.with(|token| token.as_ref().is_some_and(|token| token.person != viewer.person))
    };
    Effect::new(move || {
        if is_other() {
            return dock.close();
        }
        if session.playing.get() {
            return;
        }
        let title = session.page.with_untracked(|page| page.card.title.clone());
        let why = session.phase.with_untracked(|phase| match phase {
            Phase::Outside { why, .. } => why.as_ref().map(ToString::to_string),
            _ => None,
        });
        toaster.say(why.unwrap_or_else(|| t!(player.over, show = title)));
        dock.close();
    });
}
