//! Links of mails in whose address a program encoded the `#`.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    response::{IntoResponse, Redirect},
    routing::get,
};
use bandstand_domain::accounts::link_in;

use crate::services::Services;

/// Leads `/confirm%23…` and `/reset%23…` to the page that was meant.
pub fn routes() -> Router<Arc<Services>> {
    Router::new()
        .route("/confirm%23{link}", get(async |path| meant("/confirm", path)))
        .route("/reset%23{link}", get(async |path| meant("/reset", path)))
}

fn meant(page: &str, Path(held): Path<String>) -> impl IntoResponse + use<> {
    let link = link_in(&held).unwrap_or_default();
    Redirect::to(&format!("{page}#{}", link.reveal()))
}
