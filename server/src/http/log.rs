//! What is noted of requests: nothing that tells who made them.

use std::{any::Any, time::Instant};

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
    http::{Response, StatusCode},
    middleware::Next,
};
use tower_http::catch_panic::ResponseForPanic;

/// Notes method, route, status and duration; never an address, a query or a cookie.
pub async fn request(request: Request, next: Next) -> Response<Body> {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    tracing::debug!(
        %method,
        route = route.as_ref().map_or("-", MatchedPath::as_str),
        status = response.status().as_u16(),
        ms = begun.elapsed().as_millis(),
        "request"
    );
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
