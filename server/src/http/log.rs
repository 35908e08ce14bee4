//! Spans and events of requests, which tell nothing of who made them (docs/LOGGING.md).

use std::{
    any::Any,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
    http::{Response, StatusCode},
    middleware::Next,
};
use tower_http::catch_panic::ResponseForPanic;
use tracing::{Instrument, info_span};

/// Number of the next request of this process.
static NEXT_REQUEST: AtomicU64 = AtomicU64::new(1);

/// Opens the span of a request, with its number, method and route, and notes status and duration; never
/// an address, a query or a cookie.
pub async fn request(request: Request, next: Next) -> Response<Body> {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let span =
        info_span!("request", id = NEXT_REQUEST.fetch_add(1, Ordering::Relaxed), %method, route);
    let response = next.run(request).instrument(span.clone()).await;
    let (status, ms) = (response.status().as_u16(), begun.elapsed().as_millis());
    span.in_scope(|| tracing::debug!(status, ms, "answered"));
    response
}

/// Answers a request whose handler panicked. The panic hook has already noted why.
#[derive(Clone, Copy, Debug)]
pub struct Panicked;

impl ResponseForPanic for Panicked {
    type ResponseBody = Body;

    fn response_for_panic(&mut self, _: Box<dyn Any + Send + 'static>) -> Response<Body> {
        super::refusal(StatusCode::INTERNAL_SERVER_ERROR, "\"Broken\"")
    }
}

/// Notes panics with their place, once. What one peer's packets or offer can cause is no alarm.
pub fn note_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("no message");
        if bandstand_sfu::panics_are_contained() {
            tracing::debug!(place, message, "a media session broke its protocol library");
        } else {
            tracing::error!(place, message, "panic");
        }
    }));
}
