//! Probe: whether the venue is there at all.
//!
//! A request weighs less than a socket that fails, and is not held back: Firefox makes a page wait longer
//! and longer before it tries a WebSocket again (RFC 6455 section 7.2.3), for minutes after some failures.

use gloo_timers::{callback::Timeout, future::TimeoutFuture};
use leptos::prelude::window;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, RequestCache, RequestInit, Response};

/// Address that the venue answers as soon as it is open.
const ADDRESS: &str = "/healthz";
/// Milliseconds after which no answer is expected any more: packets that vanish are sent again by the
/// system later and later, a new connection begins with the first.
const TIMEOUT: u32 = 4_000;

/// People who come back in a millisecond. All at once, each would wait for all the others, the artist too.
const TURNS: u32 = 2;
/// Milliseconds that all of them take at most, however many they are.
const MAX_TURN: u32 = 3_000;

/// Asks whether the venue is there; where it is, waits for this page's turn among an `audience` that comes
/// back in the same moment.
pub async fn is_there(audience: u32) -> bool {
    let is_there = is_answered().await;
    let turns = (audience / TURNS).min(MAX_TURN);
    let turn = (f64::from(turns) * js_sys::Math::random()) as u32;
    if is_there && turn > 0 {
        TimeoutFuture::new(turn).await;
    }
    is_there
}

async fn is_answered() -> bool {
    let init = RequestInit::new();
    init.set_method("HEAD");
    init.set_cache(RequestCache::NoStore);
    let Ok(controller) = AbortController::new() else { return true };
    init.set_signal(Some(&controller.signal()));
    let timeout = Timeout::new(TIMEOUT, move || controller.abort());
    let answer = JsFuture::from(window().fetch_with_str_and_init(ADDRESS, &init)).await;
    drop(timeout);
    // A proxy answers by itself while the venue is away (502 to 504), or because it hides this address.
    answer.is_ok_and(|answer| answer.unchecked_into::<Response>().status() < 500)
}
