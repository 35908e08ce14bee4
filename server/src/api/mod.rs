//! The API for programs, version 1: a device login by which a program gets its token, and what it may ask with
//! that. PROTOCOL.md describes it as it is spoken here.
//!
//! Nothing here is opened by a cookie, so no page of another origin can act as the person whose browser it is in.

mod device;
mod error;
mod shows;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef, State},
    http::{HeaderMap, StatusCode},
    routing::{delete, get, post},
};
use bandstand_domain::api_tokens::ApiScope;

use crate::{
    api_tokens::{self, TokenHolder},
    caller::Caller,
    crowd::Crowds,
    http::{
        limits::{Limit, by_address},
        security,
    },
    radio::mounts::Mounts,
    services::Services,
    stream_keys,
};
use error::ApiError;

/// The most bytes of a request.
const MAX_BODY: usize = 4 * 1024;

/// State from which the API answers. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct Api {
    /// The venue's services.
    pub services: Arc<Services>,
    /// The people at each show.
    pub crowds: Crowds,
    /// Sound over HTTP.
    pub mounts: Arc<Mounts>,
}

impl FromRef<Api> for Arc<Services> {
    fn from_ref(api: &Api) -> Self {
        api.services.clone()
    }
}

/// The ways of the API.
pub fn routes<S: Clone + Send + Sync + 'static>(api: Api) -> Router<S> {
    Router::new()
        .route("/api/v1/device", post(device::begin))
        .route("/api/v1/device/token", post(device::poll))
        .route("/api/v1/token", delete(give_back))
        .route("/api/v1/shows", get(shows::list))
        .route("/api/v1/shows/{show}", get(shows::show))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(api)
}

/// Whose token a request has, and that it grants `scope`.
async fn holder(
    api: &Api,
    caller: &Caller,
    headers: &HeaderMap,
    scope: Option<ApiScope>,
) -> Result<TokenHolder, ApiError> {
    count(api, caller)?;
    let secret = security::bearer(headers).ok_or(ApiError::NoToken)?;
    let database = &api.services.database;
    let known = api_tokens::known(database, secret).await?;
    let known = known.filter(|it| !it.revoked).ok_or(ApiError::BadToken)?;
    if !stream_keys::may_perform(database, &known.holder.account).await? {
        return Err(ApiError::BadToken);
    }
    if scope.is_some_and(|scope| !known.holder.scopes.contains(&scope)) {
        return Err(ApiError::OtherScope);
    }
    api_tokens::note_use(database, &known).await?;
    Ok(known.holder)
}

/// Counts a request.
fn count(api: &Api, caller: &Caller) -> Result<(), ApiError> {
    let counted = api.services.limits.check(Limit::Api, by_address(caller.address));
    counted.map_err(ApiError::TooMany)
}

/// `DELETE /api/v1/token`: the token that asks is good no more.
async fn give_back(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let holder = holder(&api, &caller, &headers, None).await?;
    api_tokens::revoke_for(&api.services, &holder.account, holder.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
