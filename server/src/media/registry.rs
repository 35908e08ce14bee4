//! The registry of media sessions: those that were opened over HTTP and aren't over.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bandstand_domain::ShowId;
use bandstand_sfu::{IceCredentials, SessionId, Sfu};
use tokio_util::sync::CancellationToken;

use crate::{
    background::tasks::TaskGroup, http::connections::Admission,
    sessions::open_sessions::SessionGuard,
};

/// Direction in which a session's media flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaDirection {
    /// From an artist (WHIP).
    In,
    /// To a viewer (WHEP).
    Out,
    /// To somebody at the door (WHEP), a picture alone.
    Door,
    /// To the artist's own devices (WHEP), from a rehearsal.
    Rehearsal,
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

/// An open session.
#[derive(Clone, Debug)]
pub struct MediaSession {
    /// Direction of its media.
    pub direction: MediaDirection,
    /// At which show.
    pub show: ShowId,
    /// Its ICE state.
    pub tag: Tag,
    /// By which ICE credentials the client is known.
    pub credentials: IceCredentials,
    /// Higher pictures the client doesn't want.
    pub max_height: Option<u16>,
    /// Of a viewer, its place among those of its address; given up with the last of these.
    _place: Option<Arc<Admission>>,
    /// Held by who changes its ICE state.
    pub turn: Arc<tokio::sync::Mutex<()>>,
}

/// A session that is open, or about to be.
#[derive(Debug, Default)]
struct Entry {
    /// The session; none before it is open.
    opened: Option<MediaSession>,
    /// Ends the task that waits for the end of the browser session behind it.
    over: Option<tokio_util::sync::DropGuard>,
}

/// The open sessions: never more than the media core allows, because what is over is taken out.
#[derive(Debug)]
pub struct MediaSessions {
    sfu: Sfu,
    tasks: TaskGroup,
    entries: Mutex<HashMap<SessionId, Entry>>,
}

impl MediaSessions {
    /// None yet; they are sessions of `sfu`.
    pub fn new(sfu: Sfu, tasks: TaskGroup) -> Self {
        Self { sfu, tasks, entries: Mutex::default() }
    }

    /// Ties a session to the browser session behind `guard`: it is closed once that has ended.
    pub fn tie(&self, session: SessionId, guard: SessionGuard) {
        let over = CancellationToken::new();
        let (sfu, waits) = (self.sfu.clone(), over.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = guard.ended().cancelled() => { sfu.close(session).await; }
                () = waits.cancelled() => {}
            }
        });
        self.entries().entry(session).or_default().over = Some(over.drop_guard());
    }

    /// A session was opened by a client known by `credentials`, and has a `place` until it is over.
    pub fn opened(
        &self,
        session: SessionId,
        direction: MediaDirection,
        show: ShowId,
        credentials: IceCredentials,
        place: Option<Admission>,
    ) -> Tag {
        let tag = Tag(rand::random());
        let (turn, _place) = (Arc::default(), place.map(Arc::new));
        let opened =
            MediaSession { direction, show, tag, credentials, max_height: None, _place, turn };
        self.entries().entry(session).or_default().opened = Some(opened);
        tag
    }

    /// A session's ICE began anew, for a client known by `credentials`; none if it is over.
    pub fn restarted(&self, session: SessionId, credentials: IceCredentials) -> Option<Tag> {
        let mut entries = self.entries();
        let opened = entries.get_mut(&session)?.opened.as_mut()?;
        (opened.tag, opened.credentials) = (Tag(rand::random()), credentials);
        Some(opened.tag)
    }

    /// The client wants no pictures of more lines, or any again.
    pub fn bounded(&self, session: SessionId, max_height: Option<u16>) {
        if let Some(opened) = self.entries().get_mut(&session).and_then(|it| it.opened.as_mut()) {
            opened.max_height = max_height;
        }
    }

    /// An open session.
    pub fn find(&self, session: SessionId) -> Option<MediaSession> {
        self.entries().get(&session)?.opened.clone()
    }

    /// Tells whether somebody watches `show`, or is about to.
    pub fn has_viewers(&self, show: ShowId) -> bool {
        let watches = |it: &MediaSession| it.direction == MediaDirection::Out && it.show == show;
        self.entries().values().any(|it| it.opened.as_ref().is_some_and(watches))
    }

    /// Ends the sessions of those who look in at the door of `show`.
    pub async fn close_door(&self, show: ShowId) {
        let at_door = |it: &MediaSession| it.direction == MediaDirection::Door && it.show == show;
        let looking: Vec<_> = {
            let entries = self.entries();
            let looking = entries.iter().filter(|(_, it)| it.opened.as_ref().is_some_and(at_door));
            looking.map(|(session, _)| *session).collect()
        };
        for session in looking {
            self.sfu.close(session).await;
        }
    }

    /// A session is over.
    pub fn ended(&self, session: SessionId) {
        self.entries().remove(&session);
    }

    /// The number of viewers of each show, doors and rehearsals apart.
    pub fn viewers(&self) -> HashMap<ShowId, usize> {
        let mut viewers = HashMap::new();
        for opened in self.entries().values().filter_map(|it| it.opened.as_ref()) {
            if opened.direction == MediaDirection::Out {
                *viewers.entry(opened.show).or_default() += 1;
            }
        }
        viewers
    }

    /// Forgets sessions that are over and of which nothing was heard, because there was no room for the
    /// event.
    pub async fn forget_ended(&self) {
        // Names first: what begins in between is not among them.
        let known: HashSet<_> = self.entries().keys().copied().collect();
        if known.is_empty() {
            return;
        }
        let stats = self.sfu.stats().await;
        let living: HashSet<_> = stats.sessions.iter().map(|it| it.session).collect();
        for over in known.difference(&living) {
            self.ended(*over);
        }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<SessionId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
