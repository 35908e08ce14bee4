//! Choice of a show's medium.

use bandstand_domain::shows::{MAX_HOURS, Medium};
use leptos::{html, prelude::*};

use crate::t;

/// Picture and sound, or sound alone.
#[component]
pub(super) fn MediumChoice(
    /// The medium so far.
    medium: RwSignal<Medium>,
    /// The most hours of sound alone.
    audio_hours: u32,
) -> impl IntoView {
    let audio = NodeRef::<html::Input>::new();
    let begun = medium.get_untracked() == Medium::Audio;
    // What was chosen before the page came alive counts.
    Effect::new(move || {
        if let Some(input) = audio.get() {
            medium.set(if input.checked() { Medium::Audio } else { Medium::Video });
        }
    });
    view! {
        <fieldset class="field">
            <legend>{t!(shows.editor.medium)}</legend>
            <div class="pair">
                <label class="choice">
                    <input type="radio" name="medium" value="video" checked=!begun on:change=move |_| medium.set(Medium::Video)/>
                    <strong>{t!(shows.editor.video)}</strong>
                    <span>{t!(shows.editor.video_hint)} " " {t!(shows.editor.at_most, hours = MAX_HOURS)}</span>
                </label>
                <label class="choice">
                    <input type="radio" name="medium" value="audio" checked=begun node_ref=audio on:change=move |_| medium.set(Medium::Audio)/>
                    <strong>{t!(shows.editor.audio)}</strong>
                    <span>{t!(shows.editor.audio_hint)} " " {t!(shows.editor.at_most, hours = audio_hours)}</span>
                </label>
            </div>
        </fieldset>
    }
    .into_any()
}
