//! Repetition at an interval.

use std::time::Duration;

use leptos::prelude::{on_cleanup, set_interval_with_handle};

/// Calls `tick` once every `period`, until what it is called in (an effect, a component) is over. Only in
/// the browser.
pub fn every(period: Duration, tick: impl Fn() + 'static) {
    if let Ok(timer) = set_interval_with_handle(tick, period) {
        on_cleanup(move || timer.clear());
    }
}
