//! Button for the sound of the player.

use leptos::prelude::*;

use super::{
    icon::{LOUD, SILENT, icon},
    playback::Player,
    sound::SoundState,
};
use crate::t;

/// Turns the sound on or off.
#[component]
pub(crate) fn SoundButton(
    /// The player.
    player: Player,
) -> impl IntoView {
    let on = move || player.sound().get() == SoundState::On;
    view! {
        <button
            class="button round" type="button" title=t!(watch.sound_key) aria-keyshortcuts="m"
            aria-label=move || if on() { t!(watch.sound_off) } else { t!(watch.sound_on) }
            on:click=move |_| player.toggle_sound()
        >
            {icon(Signal::derive(move || if on() { LOUD } else { SILENT }))}
        </button>
    }
    .into_any()
}
