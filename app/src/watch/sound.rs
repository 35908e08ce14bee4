//! Sound of the stage, where it needs a word or a press. Comes with the controls.

use bandstand_domain::stage::StageState;
use leptos::prelude::*;

use crate::{
    player::{LOUD, PictureState, SoundState, WatchSession, icon},
    t,
};

/// A word for who hears nothing, because nothing comes from the stage.
#[component]
pub(super) fn Silence(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let silent = move || {
        let heard = session.player.sound().get() == SoundState::On;
        heard && session.player.silent().get() && session.stage.get() == StageState::Live
    };
    view! {
        <p class="stage-silence" role="status">{move || silent().then(|| t!(watch.no_sound))}</p>
    }
    .into_any()
}

/// The way to sound, where the browser wants a press first.
#[component]
pub(super) fn SoundPrompt(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let sound = session.player.sound();
    let playing = move || {
        matches!(
            session.player.picture().get(),
            PictureState::Shown | PictureState::SoundOnly | PictureState::Coming
        )
    };
    move || {
        let words = match sound.get() {
            SoundState::Held if playing() => t!(watch.tap_for_sound),
            SoundState::Refused if playing() => t!(watch.play),
            _ => return None,
        };
        Some(view! {
            <button class="button primary big sound-prompt" type="button" on:click=move |_| session.player.toggle_sound()>
                {icon(Signal::stored(LOUD))}
                {words}
            </button>
        })
    }
}
