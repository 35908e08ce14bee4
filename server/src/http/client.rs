//! The client behind one request.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap, HeaderValue, header},
};
use tower_sessions::{Session, SessionStore};

use super::{forwarded::client_address, language::RequestLanguage, user_agent};
use crate::config::Config;

/// The client that makes a request, as far as HTTP tells.
#[derive(Clone, Debug)]
pub struct Client {
    /// The browser's session; empty until somebody logs in or says their name.
    pub session: Session,
    /// The client's address; for rate limits only, never logged.
    pub address: IpAddr,
    /// In which language they are answered.
    pub request_language: RequestLanguage,
    /// Browser and system, as people call them.
    pub user_agent: String,
}

impl Client {
    /// The client of a request that went through the session layer.
    pub fn of(config: &Config, extensions: &Extensions, headers: &HeaderMap) -> Option<Self> {
        let session = extensions.get::<Session>()?.clone();
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        let address = client_address(config, peer.ip(), headers);
        let header = |name| headers.get(name).and_then(|it: &HeaderValue| it.to_str().ok());
        let request_language = extensions.get::<RequestLanguage>()?.clone();
        let user_agent = user_agent::describe(header(header::USER_AGENT));
        Some(Self { session, address, request_language, user_agent })
    }

    /// Nobody, for what is rendered without a request.
    pub fn nobody(store: impl SessionStore) -> Self {
        Self {
            session: Session::new(None, std::sync::Arc::new(store), None),
            address: Ipv4Addr::LOCALHOST.into(),
            request_language: RequestLanguage::default(),
            user_agent: String::new(),
        }
    }
}
