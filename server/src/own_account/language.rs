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
    caller::Caller,
    http::{
        refused,
        security::{own_referrer, same_origin},
    },
    services::Services,
};

/// Routes of the language form at the end of every page.
pub fn routes(services: &Services) -> Router<Arc<Services>> {
    let own = from_fn_with_state(services.config.clone(), same_origin);
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
    State(services): State<Arc<Services>>,
    headers: HeaderMap,
    Form(choice): Form<Choice>,
) -> Response {
    match caller.change_language(choice.language).await {
        // Guests have no mails, but a browser.
        Err(Refusal::NotLoggedIn) => caller.request_language.choose(choice.language),
        Err(refusal) => return refused(&refusal, caller.request_language.say(&refusal)),
        Ok(()) => {}
    }
    Redirect::to(&own_referrer(&services.config, &headers).unwrap_or_else(|| "/".into()))
        .into_response()
}
