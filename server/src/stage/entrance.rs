//! The door's form, for pages whose program hasn't come yet.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::Path,
    middleware::from_fn_with_state,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use bandstand_domain::{
    Refusal, ShowId,
    stage::{StageError, StageReason},
};
use serde::Deserialize;

use crate::{
    accounts::guests,
    caller::Caller,
    http::{
        limits::{Limit, by_address},
        refused,
        security::same_origin,
    },
    services::Services,
    shows::access,
};

/// Route of the form before each show.
pub fn routes(services: &Services) -> Router<Arc<Services>> {
    let own = from_fn_with_state(services.config.clone(), same_origin);
    Router::new().route("/shows/{id}/enter", post(enter)).layer(own)
}

#[derive(Deserialize)]
struct Guest {
    name: String,
}

/// `POST /shows/{id}/enter`: a guest says how they are called, and comes back to the show's page, which then
/// lets them in by itself.
async fn enter(caller: Caller, Path(id): Path<String>, Form(guest): Form<Guest>) -> Response {
    match admit(&caller, &id, &guest.name).await {
        Ok(show) => Redirect::to(&format!("/shows/{show}")).into_response(),
        Err(refusal) => refused(&refusal, caller.request_language.say(&refusal)),
    }
}

async fn admit(caller: &Caller, id: &str, name: &str) -> Result<ShowId, StageError> {
    let show: ShowId = id.parse().map_err(|_| Refusal::NotFound)?;
    caller.limited(Limit::Join, by_address(caller.address))?;
    if access::facts(&caller.services.database, show).await?.members_only {
        return Err(Refusal::Because(StageReason::MembersOnly));
    }
    match guests::enter(caller, name).await {
        // Somebody who has logged in elsewhere meanwhile needs no name.
        Ok(_) | Err(Refusal::Forbidden) => Ok(show),
        Err(refusal) => Err(refusal),
    }
}
