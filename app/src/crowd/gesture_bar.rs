//! The buttons with which one moves one's figure.

use std::time::Duration;

use bandstand_domain::{
    Refusal, ShowId,
    crowd::{CrowdReason, GESTURES_A_SECOND, Gesture, LIKE_COOL_DOWN},
};
use leptos::{ev, leptos_dom::helpers::IntervalHandle, prelude::*, task::spawn_local};

use super::{Crowd, api::like_show, handle::now};
use crate::failure::Failed;

/// Time between two gestures while a button is held, in milliseconds.
const HELD: u64 = 260;

/// Gestures on offer: which, its picture, its name.
const GESTURES: [(Gesture, &str, &str); 4] = [
    (Gesture::Applause, "👏", "Clap"),
    (Gesture::Heart, "❤️", "Heart"),
    (Gesture::Wave, "👋", "Wave"),
    (Gesture::Jump, "🤸", "Jump"),
];

/// Lets no more than [`GESTURES_A_SECOND`] through in any second.
#[derive(Clone, Copy, Debug)]
struct Pace([f64; GESTURES_A_SECOND as usize]);

impl Pace {
    fn new() -> Self {
        Self([f64::NEG_INFINITY; GESTURES_A_SECOND as usize])
    }

    /// Whether one more is fine at `now`, in milliseconds.
    fn allows(&mut self, now: f64) -> bool {
        if now - self.0[0] < 1_000.0 {
            return false;
        }
        self.0.rotate_left(1);
        self.0[GESTURES_A_SECOND as usize - 1] = now;
        true
    }
}

/// Applause, heart, wave, jump, and the like with its cool-down.
#[component]
pub fn GestureBar(
    /// The show that is liked.
    show: ShowId,
    /// Its crowd, which learns how many likes there are.
    crowd: Crowd,
    /// Sends a gesture to the venue.
    #[prop(into)]
    on_gesture: Callback<Gesture>,
    /// Whether one is present, so that gestures make sense.
    #[prop(into)]
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
    let buttons = GESTURES.map(|(gesture, picture, name)| {
        view! {
            <button
                type="button"
                class="gesture"
                aria-label=name
                title=name
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
                <span class="gesture-picture" aria-hidden="true">
                    {picture}
                </span>
            </button>
        }
    });
    view! {
        <div class="gesture-bar" role="group" aria-label="Move your figure">
            {buttons}
            <LikeButton show crowd enabled/>
        </div>
    }
    .into_any()
}

/// Likes a show, now and then.
#[component]
fn LikeButton(
    /// The show that is liked.
    show: ShowId,
    /// Its crowd.
    crowd: Crowd,
    /// Whether one may.
    enabled: Signal<bool>,
) -> impl IntoView {
    let left = RwSignal::new(0_u32);
    let asking = RwSignal::new(false);
    let trouble = RwSignal::new(None::<String>);
    // The instant from which one may like again; what is left is reckoned from it, so that a page
    // that slept shows the right number.
    let ready_at = StoredValue::new(0.0_f64);
    let ticking = StoredValue::new(None::<IntervalHandle>);
    let stop = move || {
        if let Some(Some(timer)) = ticking.try_update_value(Option::take) {
            timer.clear();
        }
    };
    let cool_down = move |seconds: u32| {
        stop();
        ready_at.set_value(now() + f64::from(seconds) * 1_000.0);
        left.set(seconds);
        let tick = move || {
            let rest = ((ready_at.get_value() - now()) / 1_000.0).ceil().max(0.0) as u32;
            if rest != left.get_untracked() {
                left.set(rest);
            }
            if rest == 0 {
                stop();
            }
        };
        ticking.set_value(set_interval_with_handle(tick, Duration::from_millis(250)).ok());
    };
    on_cleanup(stop);
    let like = move |_| {
        if left.get_untracked() > 0 || asking.get_untracked() || !enabled.get_untracked() {
            return;
        }
        asking.set(true);
        trouble.set(None);
        spawn_local(async move {
            let answer = like_show(show).await;
            if asking.try_set(false).is_some() {
                // The page is another one by now.
                return;
            }
            match answer {
                Ok(likes) => {
                    crowd.liked(likes);
                    cool_down(LIKE_COOL_DOWN);
                }
                Err(Failed(Refusal::Because(CrowdReason::CoolDown { seconds }))) => {
                    cool_down(seconds);
                }
                Err(Failed(refusal)) => trouble.set(Some(refusal.to_string())),
            }
        });
    };
    let name = move || match left.get() {
        0 => "Like this show".to_string(),
        left => format!("Liked; again in {left} s"),
    };
    view! {
        <button
            type="button"
            class="gesture gesture-like"
            class:gesture-cooling=move || { left.get() > 0 }
            aria-label=name
            title="Like this show"
            aria-disabled=move || (left.get() > 0 || asking.get()).to_string()
            disabled=move || !enabled.get()
            on:click=like
        >
            <span class="gesture-picture" aria-hidden="true">
                "👍"
            </span>
            <span class="gesture-left" aria-hidden="true">
                {move || Some(left.get()).filter(|left| *left > 0).map(|left| format!("{left} s"))}
            </span>
        </button>
        <p class="gesture-trouble" role="status">
            {move || trouble.get()}
        </p>
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
