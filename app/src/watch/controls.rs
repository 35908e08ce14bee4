//! Controls of the player, hidden while they aren't wanted.

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    arrangement::Arrangement,
    sound::{Silence, SoundPrompt},
};
use crate::{
    player::{LARGE, PictureState, SoundButton, SoundState, WatchSession, icon, on_lock_screen},
    t, ui, web,
};

const FLOATING: &str = "M3 5h18v6h-2V7H5v10h6v2H3zm10 8h8v6h-8z";

/// Sound, volume, picture in picture and full screen, once there is something to be controlled; `m` and
/// `f` on the keyboard.
#[component]
pub(super) fn Controls(
    /// The page's session.
    session: WatchSession,
    /// Arrangement of the viewer.
    arranged: Arrangement,
) -> impl IntoView {
    let playing = Memo::new(move |_| {
        !matches!(session.player.picture().get(), PictureState::Off | PictureState::Impossible)
    });
    ui::later_while(playing, move || controls(session, arranged))
}

/// Comes with the connection, without which there is nothing to be controlled.
#[wasm_split(media, wasm_split_path = ::leptos::wasm_split, fallible)]
fn controls(session: WatchSession, arranged: Arrangement) -> Result<AnyView, SplitLoaderError> {
    let player = session.player;
    let full = RwSignal::new(false);
    let large = move || full.get() || arranged.filled.get();
    let floats = RwSignal::new(false);
    let on = move || player.sound().get() == SoundState::On;

    on_lock_screen(session);
    Effect::new(move || {
        floats.set(web::get(&document(), "pictureInPictureEnabled").is_truthy());
        ui::on_key(move |key| match key {
            "m" => player.toggle_sound(),
            "f" => fill_screen(session, arranged),
            "Escape" => arranged.filled.set(false),
            _ => {}
        });
        let changed = web::listen(&document(), &["fullscreenchange"], move || {
            full.set(web::is_full_screen());
        });
        on_cleanup(move || drop(changed));
    });

    let view = view! {
        <Silence session/>
        <SoundPrompt session/>
        <div class="stage-controls" hidden=move || player.picture().get() == PictureState::Coming>
            <SoundButton player/>
            <input
                class="volume"
                type="range" min="0" max="100" step="5"
                aria-label=t!(watch.volume)
                prop:value=move || if on() { player.volume().get().to_string() } else { "0".into() }
                on:input=move |event| {
                    if let Ok(wanted) = event_target_value(&event).parse() {
                        player.set_volume(wanted);
                    }
                }
            />
            <button
                class="button round floating"
                type="button"
                title=t!(watch.picture_in_picture)
                aria-label=t!(watch.picture_in_picture)
                hidden=move || !(floats.get() && player.picture().get() == PictureState::Shown)
                on:click=move |_| float(session)
            >
                {icon(Signal::stored(FLOATING))}
            </button>
            <button
                class="button round"
                type="button"
                title=t!(watch.full_screen_key)
                aria-keyshortcuts="f"
                aria-label=move || if large() { t!(watch.leave_full_screen) } else { t!(watch.full_screen) }
                on:click=move |_| fill_screen(session, arranged)
            >
                {icon(Signal::stored(LARGE))}
            </button>
        </div>
    };
    Ok(view.into_any())
}

/// Fills the screen with the whole show, or leaves it. Where a browser lets only videos fill the screen, as
/// on an iPhone, the show fills the page: a video alone would be without crowd, hands and chat.
fn fill_screen(session: WatchSession, arranged: Arrangement) {
    let Some(show) = session.scene.get_untracked().and_then(|scene| scene.parent_element()) else {
        return;
    };
    if !web::toggle_full_screen(&show) {
        arranged.filled.update(|filled| *filled = !*filled);
    }
}

fn float(session: WatchSession) {
    if web::get(&document(), "pictureInPictureElement").is_object() {
        web::settle(document().into(), "exitPictureInPicture");
    } else if let Some(video) = session.player.video() {
        web::settle(video.into(), "requestPictureInPicture");
    }
}
