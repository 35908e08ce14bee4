//! The person behind one request.

use std::{
    error::Error,
    hash::Hash,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header, request::Parts},
};
use bandstand_domain::{Refusal, accounts::Viewer};
use tower_sessions::Session;

use crate::{
    accounts::{self, Account, device},
    app::venue::Venue,
    database::DatabaseError,
    http::{forwarded::client_address, language::RequestLanguage, limits::Limit},
    sessions::Store,
};

/// Who makes the current request, and from where. Every feature implements its port for it, so that
/// what is done is always done as somebody.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The venue in which the request is made.
    pub venue: Arc<Venue>,
    /// The browser's session; empty until somebody logs in or says their name.
    pub session: Session,
    /// Where the request comes from; for limits only, never logged.
    pub address: IpAddr,
    /// In which language they are answered.
    pub request_language: RequestLanguage,
    /// In what they come, as they would call it.
    pub device: String,
}

impl Caller {
    /// The caller of a request that went through the session layer.
    pub fn of(venue: Arc<Venue>, extensions: &Extensions, headers: &HeaderMap) -> Option<Self> {
        let session = extensions.get::<Session>()?.clone();
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        let address = client_address(&venue.config, peer.ip(), headers);
        let header = |name| headers.get(name).and_then(|it: &HeaderValue| it.to_str().ok());
        let request_language = extensions.get::<RequestLanguage>()?.clone();
        let device = device::describe(header(header::USER_AGENT));
        Some(Self { venue, session, address, request_language, device })
    }

    /// Nobody, for what is rendered without a request.
    pub fn nobody(venue: Arc<Venue>) -> Self {
        let store = Arc::new(Store::new(venue.database.clone()));
        let session = Session::new(None, store, None);
        let address = Ipv4Addr::LOCALHOST.into();
        let request_language = RequestLanguage::default();
        Self { venue, session, address, request_language, device: String::new() }
    }

    /// Who it is, as they may see themselves; nobody when there is neither an account nor a guest's
    /// name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn viewer(&self) -> Result<Option<Viewer>, DatabaseError> {
        accounts::viewer(self).await
    }

    /// The account that is logged in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account(&self) -> Result<Option<Account>, DatabaseError> {
        accounts::account(self).await
    }

    /// The account that is logged in, for what takes one.
    ///
    /// # Errors
    /// `NotLoggedIn`, `Broken`.
    pub(crate) async fn own_account<E: Error>(&self) -> Result<Account, Refusal<E>> {
        self.account().await?.ok_or(Refusal::NotLoggedIn)
    }

    /// The account that is logged in, for what takes one that puts on shows.
    ///
    /// # Errors
    /// `NotLoggedIn`, `Forbidden`, `Broken`.
    pub(crate) async fn own_stage<E: Error>(&self) -> Result<Account, Refusal<E>> {
        let account = self.own_account().await?;
        if account.artist { Ok(account) } else { Err(Refusal::Forbidden) }
    }

    /// Counts one more of what is limited, by `key`.
    ///
    /// # Errors
    /// `TooMany`.
    pub(crate) fn limited<E: Error>(&self, limit: Limit, key: impl Hash) -> Result<(), Refusal<E>> {
        self.venue.limits.check(limit, key).map_err(|retry_after| Refusal::TooMany { retry_after })
    }
}

impl FromRequestParts<Arc<Venue>> for Caller {
    type Rejection = StatusCode;

    async fn from_request_parts(
        parts: &mut Parts,
        venue: &Arc<Venue>,
    ) -> Result<Self, Self::Rejection> {
        Self::of(venue.clone(), &parts.extensions, &parts.headers)
            .ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}
