//! Moments at which trying again is likely to help.

use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::VisibilityState;

/// Calls `act` whenever the machine is online again or the page is looked at again, for as long as the
/// page lives.
pub fn on_wake(act: impl Fn() + 'static) {
    let woken = Closure::<dyn FnMut()>::new(move || {
        if document().visibility_state() == VisibilityState::Visible {
            act();
        }
    });
    let listener = woken.as_ref().unchecked_ref();
    let _ = window().add_event_listener_with_callback("online", listener);
    let _ = document().add_event_listener_with_callback("visibilitychange", listener);
    woken.forget();
}
