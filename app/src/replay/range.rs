//! Ranges of a recording's files, fetched.

use std::{ops::Range, pin::pin};

use bandstand_domain::recordings::RecordingFileId;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::ArrayBuffer;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestInit, Response};

/// Milliseconds after which a range that hasn't come is asked for again.
const TIMEOUT: u32 = 30_000;
const PARTIAL_CONTENT: u16 = 206;

/// Reason why a range didn't come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeError {
    /// The file isn't there any more, or not for this person.
    Gone,
    /// It may come when it is asked for again.
    Lost,
}

impl From<JsValue> for RangeError {
    fn from(_: JsValue) -> Self {
        Self::Lost
    }
}

/// Request that ends when nobody waits for it any more.
struct RequestGuard(AbortController);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Fetches bytes of a file.
///
/// # Errors
/// [`RangeError`].
pub async fn fetch(file: RecordingFileId, bytes: &Range<u64>) -> Result<ArrayBuffer, RangeError> {
    let guard = RequestGuard(AbortController::new()?);
    let fetched = fetch_until(file, bytes, &guard);
    match select(pin!(fetched), TimeoutFuture::new(TIMEOUT)).await {
        Either::Left((fetched, _)) => fetched,
        Either::Right(_) => Err(RangeError::Lost),
    }
}

async fn fetch_until(
    file: RecordingFileId,
    bytes: &Range<u64>,
    guard: &RequestGuard,
) -> Result<ArrayBuffer, RangeError> {
    let headers = Headers::new()?;
    headers.set("range", &format!("bytes={}-{}", bytes.start, bytes.end.saturating_sub(1)))?;
    let request = RequestInit::new();
    request.set_headers(&headers);
    request.set_signal(Some(&guard.0.signal()));
    let response = window().fetch_with_str_and_init(&format!("/recordings/{file}"), &request);
    let response: Response = JsFuture::from(response).await?.unchecked_into();
    match response.status() {
        PARTIAL_CONTENT => {}
        401 | 403 | 404 | 410 => return Err(RangeError::Gone),
        _ => return Err(RangeError::Lost),
    }
    let came: ArrayBuffer = JsFuture::from(response.array_buffer()?).await?.unchecked_into();
    let is_whole = u64::from(came.byte_length()) == bytes.end - bytes.start;
    is_whole.then_some(came).ok_or(RangeError::Lost)
}
