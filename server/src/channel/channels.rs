//! All live channels, and the way to open one.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{
    hub::Hub, socket::Connection, topic_source::TopicSources, websocket::WebSocketUpgrade,
};
use crate::{
    background::tasks::TaskGroup,
    config::Config,
    http::{
        client::Client,
        connections::Connections,
        limits::{Limit, Limits, by_address},
        security::is_own,
    },
    sessions::{self, open_sessions::OpenSessions},
};

/// The most live channels of the venue.
const MAX_CHANNELS: usize = 20_000;
/// The most live channels from one address; wide enough for a school behind one.
const MAX_CHANNELS_FROM_ADDRESS: usize = 256;

/// State that all live channels share.
#[derive(Debug)]
pub struct Channels {
    pub(super) config: Arc<Config>,
    pub(super) limits: Arc<Limits>,
    pub(super) hub: Arc<Hub>,
    pub(super) open_sessions: Arc<OpenSessions>,
    pub(super) tasks: TaskGroup,
    pub(super) sources: TopicSources,
    connections: Connections,
}

impl Channels {
    /// No channels yet.
    pub fn new(
        config: Arc<Config>,
        limits: Arc<Limits>,
        hub: Arc<Hub>,
        open_sessions: Arc<OpenSessions>,
        tasks: TaskGroup,
        sources: TopicSources,
    ) -> Arc<Self> {
        let from_address = config.widened(MAX_CHANNELS_FROM_ADDRESS);
        let connections = Connections::new(MAX_CHANNELS, from_address);
        Arc::new(Self { config, limits, hub, open_sessions, tasks, sources, connections })
    }

    /// Number of open channels.
    pub fn count(&self) -> usize {
        self.connections.count()
    }
}

/// The way to the live channel.
pub fn routes<S: Clone + Send + Sync + 'static>(channels: Arc<Channels>) -> Router<S> {
    Router::new().route("/live", get(open)).with_state(channels)
}

/// Opens the live channel.
async fn open(
    State(channels): State<Arc<Channels>>,
    parts: Parts,
    upgrade: WebSocketUpgrade,
) -> Response {
    // Browsers let any page open a WebSocket to anywhere, with cookies: only Origin tells them apart.
    if !is_own(&channels.config, &parts.headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(client) = Client::of(&channels.config, &parts.extensions, &parts.headers) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let address = by_address(client.address);
    let busy = |retry_after: u32| {
        let headers = [(header::RETRY_AFTER, retry_after.to_string())];
        (StatusCode::SERVICE_UNAVAILABLE, headers).into_response()
    };
    if let Err(retry_after) = channels.limits.check(Limit::Connect, address) {
        return busy(retry_after);
    }
    let session = match sessions::name_of(&client.session).await {
        Ok(session) => session,
        Err(error) => {
            tracing::error!(%error, "a session can't be read");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let Ok(admission) = channels.connections.admit(address) else { return busy(10) };
    upgrade.on_upgrade(move |socket| {
        let tasks = channels.tasks.clone();
        tasks.count(Connection::new(channels, client, socket, admission, session).run())
    })
}
