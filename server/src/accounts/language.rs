//! Choosing the language of pages and mails.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::State,
    http::HeaderMap,
    middleware::from_fn_with_state,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use bandstand_app::accounts::port::AccountSettings;
use bandstand_domain::{Language, Refusal};
use serde::Deserialize;

use crate::{
    app::venue::Venue,
    caller::Caller,
    http::{
        refused,
        security::{own_pages_only, own_referrer},
    },
};

/// What the end of every page asks for.
pub fn routes(venue: &Arc<Venue>) -> Router<Arc<Venue>> {
    let own = from_fn_with_state(venue.clone(), own_pages_only);
    Router::new().route("/language", post(choose)).layer(own)
}

#[derive(Deserialize)]
struct Choice {
    language: Language,
}

/// `POST /language`: pages in another language, and the account's mails; back to the page from which it
/// was asked.
async fn choose(
    caller: Caller,
    State(venue): State<Arc<Venue>>,
    headers: HeaderMap,
    Form(choice): Form<Choice>,
) -> Response {
    match caller.change_language(choice.language).await {
        // Guests have no mails, but a browser.
        Err(Refusal::NotLoggedIn) => caller.request_language.choose(choice.language),
        Err(refusal) => return refused(&refusal, refusal.to_string()),
        Ok(()) => {}
    }
    Redirect::to(&own_referrer(&venue.config, &headers).unwrap_or_else(|| "/".into()))
        .into_response()
}
