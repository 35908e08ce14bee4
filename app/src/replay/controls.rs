//! Controls of a recording: the seek bar with its chapters and loud moments, and buttons.

use std::time::Duration;

use bandstand_domain::recordings::{Chapter, write_time};
use leptos::{ev::KeyboardEvent, html, prelude::*};
use wasm_bindgen::JsCast;

use super::{chapters::marks, loud::loud_marks, playback::Playback, screen::words};
use crate::{
    player::{LARGE, LOUD, PAUSE, PLAY, SILENT, icon},
    t, ui, web,
};

/// Seconds by which arrows, `j` and `l`, and the keys for pages go.
const ARROW: i64 = 5;
const LETTER: i64 = 10;
const PAGE: i64 = 30;

/// Controls; `k` or the space bar, `j`, `l`, `m` and `f` on the keyboard.
#[component]
pub(super) fn ReplayControls(
    /// The playback.
    playback: Playback,
    /// Chapters.
    chapters: Memo<Vec<Chapter>>,
    /// Loud moments.
    loud: StoredValue<Vec<u64>>,
    /// Fills the screen, or leaves it.
    fill_screen: Callback<()>,
    /// Further buttons.
    more: AnyView,
) -> impl IntoView {
    let full = RwSignal::new(false);
    let first = NodeRef::<html::Button>::new();
    Effect::new(move || {
        // The button by which it began is gone, and the focus with it.
        if let Some(first) = first.get() {
            web::focus_in_place(&first);
        }
    });
    Effect::new(move || {
        let keys = window_event_listener(leptos::ev::keydown, move |event| {
            press(playback, fill_screen, &event);
        });
        let changed = web::listen(&document(), &["fullscreenchange"], move || {
            full.set(web::is_full_screen());
        });
        on_cleanup(move || {
            keys.remove();
            drop(changed);
        });
    });
    let playing = move || if playback.playing.get() { t!(replay.pause) } else { t!(replay.play) };
    let heard = move || playback.volume.get() > 0;
    let sound = move || if heard() { t!(watch.sound_off) } else { t!(watch.sound_on) };
    let anew = move |_| {
        playback.seek(0);
        // The button goes, and the focus would with it.
        if let Some(first) = first.get_untracked() {
            web::focus_in_place(&first);
        }
    };
    view! {
        <section class="replay-controls" aria-label=t!(replay.controls)>
            <SeekBar playback chapters loud/>
            <div class="replay-buttons">
                <button
                    class="button round primary" type="button" node_ref=first
                    title=playing aria-label=playing aria-keyshortcuts="k"
                    on:click=move |_| playback.toggle()
                >
                    {icon(Signal::derive(move || if playback.playing.get() { PAUSE } else { PLAY }))}
                </button>
                <span class="clock">
                    {move || write_time(playback.time())} " / " {write_time(playback.length())}
                </span>
                <span class="grow"></span>
                <button
                    class="button round" type="button"
                    title=t!(watch.sound_key) aria-label=sound aria-keyshortcuts="m"
                    on:click=move |_| playback.toggle_sound()
                >
                    {icon(Signal::derive(move || if heard() { LOUD } else { SILENT }))}
                </button>
                <input
                    class="volume" type="range" min="0" max="100" step="5" aria-label=t!(watch.volume)
                    prop:value=move || playback.volume.get().to_string()
                    on:input=move |event| {
                        if let Ok(volume) = event_target_value(&event).parse() {
                            playback.set_volume(volume);
                        }
                    }
                />
                <button
                    class="button round" type="button"
                    title=t!(watch.full_screen_key) aria-keyshortcuts="f"
                    aria-label=move || if full.get() { t!(watch.leave_full_screen) } else { t!(watch.full_screen) }
                    on:click=move |_| fill_screen.run(())
                >
                    {icon(Signal::stored(LARGE))}
                </button>
                <button
                    class="button" type="button" hidden=move || !playback.resumed.get()
                    on:click=anew
                >
                    {t!(replay.from_beginning)}
                </button>
                {more}
            </div>
            <p class="replay-note" role="status">{move || words(playback)}</p>
        </section>
    }
    .into_any()
}

/// Bar on which one sees the time and goes elsewhere.
#[component]
fn SeekBar(
    playback: Playback,
    chapters: Memo<Vec<Chapter>>,
    loud: StoredValue<Vec<u64>>,
) -> impl IntoView {
    // Where it is being dragged to, in seconds.
    let dragged = RwSignal::new(None::<u64>);
    let seconds = Memo::new(move |_| dragged.get().unwrap_or_else(|| playback.time() / 1_000));
    let length = playback.length();
    let place = move || {
        t!(replay.place, time = write_time(seconds.get() * 1_000), length = write_time(length))
    };
    let value = |event: &leptos::ev::Event| event_target_value(event).parse::<u64>().ok();
    let go = move |event| {
        dragged.set(None);
        if let Some(second) = value(&event) {
            playback.seek((second * 1_000).min(length));
        }
    };
    // Dragged back to where it was, it says nothing more.
    let let_go = move |_| set_timeout(move || dragged.set(None), Duration::ZERO);
    let keyed = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => playback.seek_by(-ARROW),
            "ArrowRight" | "ArrowUp" => playback.seek_by(ARROW),
            "PageDown" => playback.seek_by(-PAGE),
            "PageUp" => playback.seek_by(PAGE),
            "Home" => playback.seek(0),
            "End" => playback.seek(length),
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <div class="replay-bar">
            <input
                type="range" min="0" step="1" max=length.div_ceil(1_000).to_string()
                aria-label=t!(replay.seek) aria-valuetext=place
                prop:value=move || seconds.get().to_string()
                on:input=move |event| dragged.set(value(&event))
                on:change=go
                on:pointerup=let_go
                on:pointercancel=let_go
                on:keydown=keyed
            />
            <svg viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true">
                <path d=move || chapters.with(|it| marks(it, length))/>
                <path class="loud" d=loud.with_value(|it| loud_marks(it, length))/>
            </svg>
        </div>
    }
    .into_any()
}

/// Obeys a key, unless it is meant for something else.
fn press(playback: Playback, fill_screen: Callback<()>, event: &KeyboardEvent) {
    if ui::is_meant_elsewhere(event) {
        return;
    }
    match event.key().as_str() {
        "k" => playback.toggle(),
        // It presses what has the focus.
        " " if !is_pressed(event) => playback.toggle(),
        "j" => playback.seek_by(-LETTER),
        "l" => playback.seek_by(LETTER),
        "m" => playback.toggle_sound(),
        "f" => fill_screen.run(()),
        _ => return,
    }
    // Else the page would scroll.
    event.prevent_default();
}

fn is_pressed(event: &KeyboardEvent) -> bool {
    let element = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    element.is_some_and(|it| it.matches("button, a, summary").unwrap_or_default())
}
