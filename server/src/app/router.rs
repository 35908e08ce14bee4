//! Everything that the venue answers over HTTP: the features' routes and the layers around them.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, limit::RequestBodyLimitLayer,
    timeout::TimeoutLayer,
};

#[cfg(debug_assertions)]
use super::reload;
use super::{StartError, live, metrics, pages, site::Site, texts, venue::Venue};
use crate::{
    accounts,
    http::{language, log, security},
    mail::mailbox,
    people, sessions,
};

/// The most bytes that a server function takes. The longest form is a show with its description.
pub(super) const LARGEST_FORM: usize = 64 * 1024;
/// How long an answer may take. What a server function does goes on after it: see
/// [`crate::http::to_its_end`].
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
        .merge(accounts::routes(&venue))
        .merge(pictures)
        .merge(live::routes(&venue))
        .merge(mailbox::routes(&venue))
        .layer(from_fn(sessions::note_end))
        .layer(sessions::layer(&venue))
        .layer(from_fn(sessions::settle_cookies))
        .layer(from_fn_with_state(venue.clone(), language::layer))
        .merge(texts::routes())
        .route("/healthz", get(|| async { "ok" }))
        .route("/metrics", get(metrics::show))
        .layer(from_fn(security::no_nul))
        .layer(CatchPanicLayer::custom(log::Panicked))
        .layer(from_fn_with_state(venue.clone(), security::headers))
        .layer(from_fn(log::request))
        .with_state(venue))
}
