//! Exponential backoff with jitter.

use std::{future::Future, pin::pin};

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, closure::Closure};

/// The first wait, in milliseconds.
const FIRST_WAIT: u32 = 500;
/// The longest wait, in milliseconds.
const MAX_WAIT: u32 = 15_000;
/// The first wait of a probe, in milliseconds.
const FIRST_PROBE: u32 = 250;
/// Wait between probes while a restart is likely to be under way, in milliseconds.
const PROBE_WAIT: u32 = 1_500;
/// Probes after which the waits grow again: a minute has passed by then.
const PROBES: u32 = 50;

/// Waits that double from half a second to fifteen, each shortened by chance to between a half and
/// the whole, so that a thousand pages don't come back in the same moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
    probes: bool,
}

impl Backoff {
    /// Waits before cheap probes: they begin with a quarter of a second and stay under one and a half for
    /// a minute, in which a restart of the venue is over.
    pub fn of_probes() -> Self {
        Self { failures: 0, probes: true }
    }

    /// The next wait in milliseconds. `chance` is between 0 and 1.
    pub fn next(&mut self, chance: f64) -> u32 {
        let doubled = |first: u32, times: u32| first.saturating_mul(1 << times.min(10));
        let whole = match self.failures {
            failures if !self.probes => doubled(FIRST_WAIT, failures),
            failures @ ..PROBES => doubled(FIRST_PROBE, failures).min(PROBE_WAIT),
            failures => doubled(PROBE_WAIT, failures - PROBES + 1),
        };
        let whole = whole.min(MAX_WAIT);
        self.failures = self.failures.saturating_add(1);
        whole / 2 + (f64::from(whole / 2) * chance) as u32
    }

    /// Waits for the next wait, or until the machine is online again, the page is shown again, or `early` is
    /// done.
    pub async fn wait(&mut self, early: impl Future<Output = ()>) {
        let (tell, told) = oneshot::channel();
        let mut tell = Some(tell);
        let _online = Online::listen(Closure::new(move || {
            if let Some(tell) = tell.take() {
                let _ = tell.send(());
            }
        }));
        let timer = TimeoutFuture::new(self.next(js_sys::Math::random()));
        if let Either::Right(_) = select(timer, select(told, pin!(early))).await {
            self.reset();
        }
    }

    /// It worked: the next wait is the first again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The next wait is the longest.
    pub fn exhaust(&mut self) {
        self.failures = u32::MAX;
    }
}

/// Calls whenever the machine is online, or the page is shown, again, until it is dropped: who waits may be
/// aborted.
struct Online(Closure<dyn FnMut()>);

impl Online {
    const EVENTS: [&str; 2] = ["online", "pageshow"];

    fn listen(then: Closure<dyn FnMut()>) -> Self {
        let listener = then.as_ref().unchecked_ref();
        for event in Self::EVENTS {
            let _ = window().add_event_listener_with_callback(event, listener);
        }
        Self(then)
    }
}

impl Drop for Online {
    fn drop(&mut self) {
        let listener = self.0.as_ref().unchecked_ref();
        for event in Self::EVENTS {
            let _ = window().remove_event_listener_with_callback(event, listener);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_start_over() {
        let mut backoff = Backoff::default();
        let waits: Vec<u32> = (0..8).map(|_| backoff.next(1.0)).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
        assert_eq!(backoff.next(0.0), 7_500);
        backoff.reset();
        assert_eq!(backoff.next(0.0), 250);
        backoff.exhaust();
        assert_eq!(backoff.next(1.0), 15_000);
    }

    #[test]
    fn probes_keep_coming_for_a_minute_and_then_less_often() {
        let mut backoff = Backoff::of_probes();
        let waits: Vec<u32> = (0..5).map(|_| backoff.next(1.0)).collect();
        assert_eq!(waits, [250, 500, 1000, 1500, 1500]);
        let minute: u32 = (5..PROBES).map(|_| backoff.next(1.0)).sum();
        assert!((60_000..90_000).contains(&minute));
        let waits: Vec<u32> = (0..4).map(|_| backoff.next(1.0)).collect();
        assert_eq!(waits, [3000, 6000, 12_000, 15_000]);
        backoff.exhaust();
        assert_eq!(backoff.next(0.0), 7_500);
    }
}
