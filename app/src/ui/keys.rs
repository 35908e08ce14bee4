//! Keys that do something wherever on the page the focus is, unless one types.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

/// Calls `pressed` with each key that is meant for nothing else, until the effect that is running is
/// cleaned up.
pub fn on_key(pressed: impl Fn(&str) + 'static) {
    let keys = window_event_listener(ev::keydown, move |event| {
        if !is_meant_elsewhere(&event) {
            pressed(&event.key());
        }
    });
    on_cleanup(move || keys.remove());
}

/// True for a key that is typed, or meant for the browser.
pub(crate) fn is_meant_elsewhere(event: &ev::KeyboardEvent) -> bool {
    event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(event)
}

/// Nothing is typed into sliders.
const TYPED_INTO: &str = "input:not([type=range]), textarea, select, [contenteditable]";

fn is_typing(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| element.matches(TYPED_INTO).unwrap_or_default())
}
