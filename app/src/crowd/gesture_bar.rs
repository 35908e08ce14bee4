//! Buttons that move the viewer's figure.

use std::time::Duration;

use bandstand_domain::{
    crowd::{GESTURES_A_SECOND, Gesture},
    texts::Key,
};
use leptos::{
    ev,
    leptos_dom::helpers::IntervalHandle,
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{CrowdHandle, figure_picker::FigureButton, handle::now};
use crate::{
    t,
    texts::{keys, language, word},
    ui::{later, on_key},
};

/// Time between two gestures while a button is held, in milliseconds.
const HELD: u64 = 260;

/// Gestures on offer: which, its name, its picture (what a pen draws in a square of 24).
const GESTURES: [(Gesture, Key, &str); 4] = [
    (
        Gesture::Applause,
        keys::crowd::gestures::clap,
        "M12 2v2M8.2 2.8l.8 1.8M15.8 2.8L15 4.6M5.5 21.5c-1.8-6-.2-12.2 5-14.3M18.5 21.5c1.8-6 \
         .2-12.2-5-14.3M12 17a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4M8.6 21.8c.5-1.6 1.7-2.4 \
         3.4-2.4s2.9.8 3.4 2.4",
    ),
    (
        Gesture::Heart,
        keys::crowd::gestures::heart,
        "M12 20.5C5.5 15.8 2.8 12.4 2.8 8.8 2.8 6 5 4 7.5 4c1.9 0 3.5 1 4.5 2.8C13 5 14.6 4 16.5 \
         4 19 4 21.2 6 21.2 8.8c0 3.6-2.7 7-9.2 11.7z",
    ),
    (
        Gesture::Wave,
        keys::crowd::gestures::wave,
        "M10.5 13.5a3.6 3.6 0 1 0 0-7.2 3.6 3.6 0 0 0 0 7.2M4 21.8c.4-3.6 2.6-5.4 6.5-5.4 4.6 0 \
         7.8-3.2 7.3-9.6M15.4 3.6c1-.8 2.2-1.1 3.6-.9M21.6 5c.4 1.2.4 2.5-.1 3.7",
    ),
    (
        Gesture::Jump,
        keys::crowd::gestures::jump,
        "M12 8.4a2.9 2.9 0 1 0 0-5.8 2.9 2.9 0 0 0 0 5.8M4.8 4.2c.5 4 3 6.6 7.2 6.6s6.7-2.6 \
         7.2-6.6M12 10.8v3.4M7.6 18.6c.4-2.7 1.9-4.4 4.4-4.4s4 1.7 4.4 4.4M7 22h10",
    ),
];
fn picture(drawn: &'static str) -> impl IntoView {
    view! {
        <svg class="gesture-picture" viewBox="0 0 24 24" aria-hidden="true">
            <path d=drawn></path>
        </svg>
    }
}

/// Lets no more than [`GESTURES_A_SECOND`] through in any second.
#[derive(Clone, Copy, Debug)]
struct Pace([f64; GESTURES_A_SECOND as usize]);

impl Pace {
    fn new() -> Self {
        Self([f64::NEG_INFINITY; GESTURES_A_SECOND as usize])
    }

    /// Returns whether one more is fine at `now`, in milliseconds.
    fn allows(&mut self, now: f64) -> bool {
        if now - self.0[0] < 1_000.0 {
            return false;
        }
        self.0.rotate_left(1);
        self.0[GESTURES_A_SECOND as usize - 1] = now;
        true
    }
}

/// Applause, heart with how many there were, wave and jump.
#[component]
pub fn GestureBar(
    /// The crowd, which knows how many hearts there were.
    crowd: CrowdHandle,
    /// Sends a gesture to the venue.
    #[prop(into)]
    on_gesture: Callback<Gesture>,
    /// True if one is present, so that gestures make sense.
    #[prop(into)]
    enabled: Signal<bool>,
) -> impl IntoView {
    later(move || bar(crowd, on_gesture, enabled))
}

/// The buttons come with the painting: a page is alive without them.
#[wasm_split(crowd, wasm_split_path = ::leptos::wasm_split, fallible)]
fn bar(
    crowd: CrowdHandle,
    on_gesture: Callback<Gesture>,
    enabled: Signal<bool>,
) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Buttons crowd on_gesture enabled/> }.into_any())
}

#[component]
fn Buttons(
    crowd: CrowdHandle,
    on_gesture: Callback<Gesture>,
    enabled: Signal<bool>,
) -> impl IntoView {
    let pace = StoredValue::new(Pace::new());
    let held = StoredValue::new(None::<IntervalHandle>);
    let make = move |gesture| {
        let fine = pace.try_update_value(|pace| pace.allows(now())).unwrap_or(false);
        if fine && enabled.get_untracked() {
            on_gesture.run(gesture);
        }
    };
    let release = move || {
        if let Some(Some(timer)) = held.try_update_value(Option::take) {
            timer.clear();
        }
    };
    let press = move |gesture| {
        release();
        make(gesture);
        let timer = set_interval_with_handle(move || make(gesture), Duration::from_millis(HELD));
        held.set_value(timer.ok());
    };
    on_cleanup(release);
    Effect::new(move || {
        on_key(move |key| {
            let number = key.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            if let Some((gesture, ..)) = number.and_then(|number| GESTURES.get(number)) {
                make(*gesture);
            }
        });
    });
    let mut number = 0;
    let buttons = GESTURES.map(|(gesture, name, drawn)| {
        let (name, likes) = (word(name), crowd.likes());
        let hearts = gesture == Gesture::Heart;
        // One's own heart is one of them.
        let label = move || match likes.get() {
            count if hearts && count > 0 => t!(crowd.gestures.hearts, count = count),
            _ => name.to_owned(),
        };
        let count = move || Some(likes.get()).filter(|count| *count > 0).map(|count| language().number(count as i64));
        number += 1;
        view! {
            <button
                type="button"
                class="gesture"
                class:gesture-heart=hearts
                aria-label=label
                aria-keyshortcuts=number
                title=t!(crowd.gestures.by_key, name = name, key = number)
                disabled=move || !enabled.get()
                on:pointerdown=move |event: ev::PointerEvent| {
                    if event.button() == 0 {
                        press(gesture);
                    }
                }
                on:pointerup=move |_| release()
                on:pointerleave=move |_| release()
                on:pointercancel=move |_| release()
                on:contextmenu=move |event: ev::MouseEvent| event.prevent_default()
                // A pointer's click was a press before; this is the keyboard's.
                on:click=move |event: ev::MouseEvent| {
                    if event.detail() == 0 {
                        make(gesture);
                    }
                }
            >
                {picture(drawn)}
                {hearts.then(|| view! { <span class="gesture-count" aria-hidden="true">{count}</span> })}
            </button>
        }
    });
    view! {
        <div class="gesture-bar" role="group" aria-label=t!(crowd.gestures.label)>
            {buttons}
            <FigureButton enabled/>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_gestures_in_any_second() {
        let mut pace = Pace::new();
        let sent = (0..100).filter(|i| pace.allows(f64::from(*i) * 20.0)).count();
        assert_eq!(sent, 10);
        assert!(pace.allows(3_000.0));
    }
}
