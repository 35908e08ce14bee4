//! HTTP: routes, sessions, security headers, limits, static files.

pub mod connections;
pub mod forwarded;
pub mod limits;
mod log;
mod metrics;
mod pages;
#[cfg(debug_assertions)]
mod reload;
pub mod security;
mod serve;
mod site;
pub mod timed_stream;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::{StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use bandstand_domain::{Refusal, refusal::Reason};
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, limit::RequestBodyLimitLayer,
    timeout::TimeoutLayer,
};

pub use log::note_panics;
pub use serve::{Running, StartError, start};

use crate::{accounts, live, mail::mailbox, people, venue::Venue};
use serve::Place;
use site::Site;

/// The most bytes that a server function takes. The longest form is a show with its description.
const LARGEST_FORM: usize = 64 * 1024;
/// How long an answer may take. What a server function does goes on after it: see [`to_its_end`].
const PATIENCE: Duration = Duration::from_secs(30);

/// Everything that the venue answers over HTTP.
///
/// # Errors
/// When the pages aren't built.
pub fn router(venue: Arc<Venue>) -> Result<Router, StartError> {
    let site = Site::open(&venue.config.site)?;
    let pages = pages::routes(&venue, &site)
        .layer(from_fn(sessions::keep))
        .layer(CompressionLayer::new().quality(tower_http::CompressionLevel::Fastest))
        .layer(RequestBodyLimitLayer::new(LARGEST_FORM))
        .layer(from_fn_with_state(venue.clone(), security::own_pages_only))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE));
    #[cfg(debug_assertions)]
    let pages = match reload::stamp() {
        Some(stamp) => pages.merge(reload::routes(stamp)),
        None => pages,
    };
    let pictures = people::routes()
        .layer(from_fn(sessions::keep))
        .layer(from_fn_with_state(venue.clone(), security::own_pages_only))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE));
    Ok(Router::new()
        .merge(pages)
        .merge(accounts::routes())
        .merge(pictures)
        .merge(live::routes(&venue))
        .merge(mailbox::routes(&venue))
        .layer(from_fn(sessions::note_end))
        .layer(sessions::layer(&venue))
        .layer(from_fn(sessions::settle_cookies))
        .route("/healthz", get(|| async { "ok" }))
        .route("/metrics", get(metrics::show))
        .layer(from_fn(security::no_nul))
        .layer(CatchPanicLayer::custom(log::Panicked))
        .layer(from_fn_with_state(venue.clone(), security::headers))
        .layer(from_fn(log::request))
        .with_state(venue))
}

/// Does what a request asks for to its end, though its client may hang up before: what follows a commit,
/// such as waking those who wait for it, would be lost then. The venue waits for it when it closes.
/// Nothing cuts `work` short: a body that it reads, it reads in bounded time. Until then the `place` of its
/// connection is taken, so there is never more under way than there may be connections.
pub async fn to_its_end(
    venue: &Venue,
    place: Option<Place>,
    work: impl Future<Output = Response> + Send + 'static,
) -> Response {
    let whole = async move {
        let response = work.await;
        drop(place);
        response
    };
    let done = venue.under_way.spawn(whole).await;
    // It panicked, which is noted already.
    done.unwrap_or_else(|_| refusal(StatusCode::INTERNAL_SERVER_ERROR, "\"Broken\""))
}

/// What a feature refused, as the answer to a request that is no server function's: its status, when it
/// will be possible again, and `body`.
pub fn refused<E: Reason>(refusal: &Refusal<E>, body: impl IntoResponse) -> Response {
    let status = StatusCode::from_u16(refusal.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body).into_response();
    if let Refusal::TooMany { retry_after } = refusal {
        response.headers_mut().insert(header::RETRY_AFTER, (*retry_after).into());
    }
    response
}

/// A refusal that no feature makes, as the pages read it.
fn refusal(status: StatusCode, refusal: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], refusal).into_response()
}
