//! The caller: the client behind one request, with what it takes to do what it asks for.

use std::{error::Error, hash::Hash, ops::Deref, sync::Arc};

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{Extensions, HeaderMap, StatusCode, request::Parts},
};
use bandstand_domain::Refusal;
use tower_sessions::Session;

use crate::{
    http::{client::Client, limits::Limit},
    services::Services,
};

/// Caller of the current request. Features implement their ports for it, so that every operation has an
/// actor. `accounts` resolves it to an account or a guest.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Services for every feature.
    pub services: Arc<Services>,
    /// The client.
    pub client: Client,
}

impl Deref for Caller {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Caller {
    /// The caller of a request that went through the session layer.
    pub fn of(
        services: Arc<Services>,
        extensions: &Extensions,
        headers: &HeaderMap,
    ) -> Option<Self> {
        let client = Client::of(&services.config, extensions, headers)?;
        Some(Self { services, client })
    }

    /// The same caller, whose session is read anew: it may have ended since, or belong to somebody else.
    pub fn again(&self) -> Self {
        let store = Arc::new(self.services.sessions.clone());
        let session = Session::new(self.session.id(), store, None);
        Self { services: self.services.clone(), client: Client { session, ..self.client.clone() } }
    }

    /// Nobody, for what is rendered without a request.
    pub fn nobody(services: Arc<Services>) -> Self {
        let client = Client::nobody(services.sessions.clone());
        Self { services, client }
    }

    /// Counts one more of what is limited, by `key`.
    ///
    /// # Errors
    /// `TooMany`.
    pub(crate) fn limited<E: Error>(&self, limit: Limit, key: impl Hash) -> Result<(), Refusal<E>> {
        let checked = self.services.limits.check(limit, key);
        checked.map_err(|retry_after| Refusal::TooMany { retry_after })
    }
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Arc<Services>: FromRef<S>,
{
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Self::of(Arc::from_ref(state), &parts.extensions, &parts.headers)
            .ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}
