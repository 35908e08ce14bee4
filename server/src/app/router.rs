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
use super::{StartError, metrics, pages, site::Site, texts, venue::Venue};
use crate::{
    api::{self, Api},
    channel::channels,
    happenings,
    http::{language, log, page_cache, security},
    mail::mailbox,
    media, notifications, own_account, people, pictures, radio, recordings, rooms, sessions, shows,
    stage, uploads,
};

/// The most bytes that a server function takes. The longest form is a show with its description.
pub(super) const MAX_FORM: usize = 64 * 1024;
/// Timeout of an answer. The work of a server function goes on after it: see
/// [`crate::http::run_detached`].
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Everything that the venue answers over HTTP.
///
/// # Errors
/// Fails when the pages aren't built.
pub fn router(venue: &Arc<Venue>) -> Result<Router, StartError> {
    let Venue { services, channels, crowds, media, .. } = &**venue;
    let config = &services.config;
    let same_origin = || from_fn_with_state(config.clone(), security::same_origin);
    let timeout =
        || TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_TIMEOUT);
    let site = Site::open(&config.site)?;
    let pages = pages::routes(venue, &site)
        .layer(from_fn(sessions::keep))
        .layer(CompressionLayer::new().quality(tower_http::CompressionLevel::Fastest))
        .layer(RequestBodyLimitLayer::new(MAX_FORM))
        .layer(same_origin())
        .layer(timeout());
    #[cfg(debug_assertions)]
    let pages = match reload::stamp() {
        Some(stamp) => pages.merge(reload::routes(stamp)),
        None => pages,
    };
    let mounts = venue.radio.mounts.clone();
    let api = api::routes(Api { services: services.clone(), crowds: crowds.clone(), mounts });
    let pictures = people::routes()
        .merge(shows::artwork_routes())
        .merge(rooms::picture::picture_routes())
        .merge(rooms::code::code_routes())
        .merge(recordings::routes(config))
        .with_state(services.clone())
        .merge(pictures::routes(services.files.clone()))
        .layer(from_fn(sessions::keep))
        .layer(same_origin())
        .layer(timeout());
    // Without a timeout: pieces come for as long as a bad line takes, within bounds of their own.
    let uploads = uploads::routes(config)
        .with_state(services.clone())
        .layer(from_fn(sessions::keep))
        .layer(same_origin());
    Ok(Router::new()
        .merge(pages)
        .merge(
            own_account::routes(services)
                .merge(notifications::routes())
                .merge(happenings::routes())
                .merge(shows::routes())
                .merge(stage::routes(services))
                .with_state(services.clone()),
        )
        .merge(pictures)
        .merge(uploads)
        .merge(api.layer(timeout()))
        .merge(channels::routes(channels.clone()))
        .merge(media::routes(media.clone()))
        .merge(radio::routes(venue.radio.clone()))
        .merge(mailbox::routes(&services.mail, config))
        .layer(from_fn(sessions::note_end))
        .layer(sessions::layer(services.sessions.clone(), config.secure()))
        .layer(from_fn(sessions::settle_cookies))
        .layer(from_fn_with_state(venue.page_cache.clone(), page_cache::serve))
        .layer(from_fn_with_state(config.clone(), language::layer))
        .merge(texts::routes())
        .route("/healthz", get(|| async { "ok" }))
        .route("/metrics", get(metrics::show).with_state(venue.clone()))
        .layer(from_fn(security::no_nul))
        .layer(CatchPanicLayer::custom(log::Panicked))
        .layer(from_fn_with_state(config.clone(), security::headers))
        .layer(from_fn(log::request)))
}
