//! Controls of the player, hidden while they aren't wanted.

use leptos::{
    __reexports::send_wrapper::SendWrapper,
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    player::{PictureState, SoundButton, SoundState, WatchSession, icon, on_key},
    t, ui, web,
};

const LARGE: &str = "M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z";
const FLOATING: &str = "M3 5h18v6h-2V7H5v10h6v2H3zm10 8h8v6h-8z";

/// Sound, volume, picture in picture and full screen, once there is something to be controlled; `m` and
/// `f` on the keyboard.
#[component]
pub(super) fn Controls(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let playing = Memo::new(move |_| {
        !matches!(
            session.player.picture().get(),
            PictureState::Off | PictureState::Coming | PictureState::Impossible
        )
    });
    view! {
        <Show when=move || playing.get()>{ui::later(move || controls(session))}</Show>
    }
}

/// Comes with the connection, without which there is nothing to be controlled.
#[wasm_split(media, wasm_split_path = ::leptos::wasm_split, fallible)]
fn controls(session: WatchSession) -> Result<AnyView, SplitLoaderError> {
    let player = session.player;
    let large = RwSignal::new(false);
    let floats = RwSignal::new(false);
    let on = move || player.sound().get() == SoundState::On;

    Effect::new(move || {
        floats.set(web::get(&document(), "pictureInPictureEnabled").is_truthy());
        on_key(move |key| match key {
            "m" => player.toggle_sound(),
            "f" => fill_screen(session),
            _ => {}
        });
        let changed = document_listener("fullscreenchange", move || {
            large.set(web::get(&document(), "fullscreenElement").is_object());
        });
        on_cleanup(move || drop(changed));
    });

    let view = view! {
        <div class="stage-controls">
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
                class="button round"
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
                aria-label=move || if large.get() { t!(watch.leave_full_screen) } else { t!(watch.full_screen) }
                on:click=move |_| fill_screen(session)
            >
                {icon(Signal::stored(LARGE))}
            </button>
        </div>
    };
    Ok(view.into_any())
}

/// Listens to an event of the document until it is dropped.
fn document_listener(name: &'static str, heard: impl FnMut() + 'static) -> impl Send + Sync {
    struct Listener(&'static str, wasm_bindgen::closure::Closure<dyn FnMut()>);
    impl Drop for Listener {
        fn drop(&mut self) {
            let listener = self.1.as_ref().unchecked_ref();
            let _ = document().remove_event_listener_with_callback(self.0, listener);
        }
    }
    let listener = Listener(name, wasm_bindgen::closure::Closure::new(heard));
    let _ = document().add_event_listener_with_callback(name, listener.1.as_ref().unchecked_ref());
    SendWrapper::new(listener)
}

/// Fills the screen with stage and crowd, or leaves it. An iPhone only knows full screen for the video.
fn fill_screen(session: WatchSession) {
    let Some(scene) = session.scene.get_untracked() else { return };
    let attempts: [(JsValue, &str); 3] = [
        (scene.clone().into(), "requestFullscreen"),
        (scene.into(), "webkitRequestFullscreen"),
        (session.player.video().into(), "webkitEnterFullscreen"),
    ];
    if web::get(&document(), "fullscreenElement").is_object() {
        settle(document().into(), "exitFullscreen");
    } else if let Some((object, method)) = attempts
        .into_iter()
        .find(|(object, method)| object.is_object() && web::get(object, method).is_function())
    {
        settle(object, method);
    }
}

fn float(session: WatchSession) {
    if web::get(&document(), "pictureInPictureElement").is_object() {
        settle(document().into(), "exitPictureInPicture");
    } else if let Some(video) = session.player.video() {
        settle(video.into(), "requestPictureInPicture");
    }
}

/// Calls a method whose refusal changes nothing: the browser shows by itself what it does.
fn settle(object: JsValue, method: &'static str) {
    leptos::task::spawn_local(async move {
        let _ = web::call(&object, method, &[]).await;
    });
}
