//! The buttons with which one moves one's figure.

use bandstand_domain::{ShowId, crowd::Gesture};
use leptos::prelude::*;

use super::Crowd;

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
    let _ = (show, crowd, on_gesture, enabled);
    view! { <div class="gesture-bar"></div> }
}
