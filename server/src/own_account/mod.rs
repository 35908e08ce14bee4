//! Life cycle of one's own account: registration, sign-in, settings, deletion, data export. It knows all
//! features that keep something of a person.

pub mod deletion;
mod export;
mod helpers;
mod language;
mod link_pages;
pub mod operator;
mod settings;
mod sign_in;

use std::sync::Arc;

use axum::Router;

use crate::services::Services;

/// The file with one's own data, the choice of a language, and what leads to pages that links meant.
pub fn routes(services: &Services) -> Router<Arc<Services>> {
    export::routes().merge(language::routes(services)).merge(link_pages::routes())
}
