//! The media sessions that were opened over HTTP and aren't over.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bandstand_domain::ShowId;
use bandstand_sfu::{IceCredentials, SessionId};

use crate::http::connections::Admission;

/// Which way a session's media flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From an artist (WHIP).
    In,
    /// To a viewer (WHEP).
    Out,
}

/// The strong entity tag of a session's ICE state (RFC 9725 section 4.3.1). Each restart
/// makes another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag(u64);

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{:016x}\"", self.0)
    }
}

/// What is known of an open session.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Which way.
    pub way: Way,
    /// At which show.
    pub show: ShowId,
    /// Its ICE state.
    pub tag: Tag,
    /// By which ICE credentials the client is known.
    pub credentials: IceCredentials,
    /// Higher pictures the client doesn't want.
    pub most_lines: Option<u16>,
    /// Of a viewer, its place among those of its address; given up with the last of these.
    _place: Option<Arc<Admission>>,
    /// Held by who changes its ICE state.
    pub turn: Arc<tokio::sync::Mutex<()>>,
}

/// The open sessions: never more than the media core allows, because what is over is taken out.
#[derive(Clone, Debug, Default)]
pub struct Sessions(Arc<Mutex<HashMap<SessionId, Opened>>>);

impl Sessions {
    /// A session was opened by a client known by `credentials`, and has a `place` until it is over.
    pub fn opened(
        &self,
        session: SessionId,
        way: Way,
        show: ShowId,
        credentials: IceCredentials,
        place: Option<Admission>,
    ) -> Tag {
        let tag = Tag(rand::random());
        let turn = Arc::default();
        let _place = place.map(Arc::new);
        let opened = Opened { way, show, tag, credentials, most_lines: None, _place, turn };
        self.all().insert(session, opened);
        tag
    }

    /// A session's ICE began anew, for a client known by `credentials`; none if it is over.
    pub fn restarted(&self, session: SessionId, credentials: IceCredentials) -> Option<Tag> {
        let mut all = self.all();
        let opened = all.get_mut(&session)?;
        (opened.tag, opened.credentials) = (Tag(rand::random()), credentials);
        Some(opened.tag)
    }

    /// The client wants no pictures of more lines, or any again.
    pub fn bounded(&self, session: SessionId, most_lines: Option<u16>) {
        if let Some(opened) = self.all().get_mut(&session) {
            opened.most_lines = most_lines;
        }
    }

    /// An open session.
    pub fn find(&self, session: SessionId) -> Option<Opened> {
        self.all().get(&session).cloned()
    }

    /// A session is over.
    pub fn ended(&self, session: SessionId) {
        self.all().remove(&session);
    }

    /// The names of all open sessions.
    pub fn names(&self) -> HashSet<SessionId> {
        self.all().keys().copied().collect()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<SessionId, Opened>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
