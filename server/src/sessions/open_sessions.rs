//! Live channels and media that each session holds open, of a browser or of players, which are cut once it has
//! ended.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bandstand_domain::ShowId;
use tokio_util::sync::CancellationToken;

use crate::{
    background::bus::{BusListener, BusMessage},
    database::{Database, DatabaseError},
    ids::SessionName,
};

/// The most media that one session holds at once: a person has a few tabs, and what a broken line leaves
/// behind is over after half a minute.
pub const MAX_MEDIA: usize = 10;
/// The most players of an account that listen at once: a person has a kitchen and a car, and what a broken line
/// leaves behind is over after half a minute.
pub const MAX_PLAYERS: usize = 3;

/// The open sessions, by name, with the tokens that cut what each holds.
#[derive(Debug)]
pub struct OpenSessions {
    database: Database,
    max_media: usize,
    max_players: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    sessions: HashMap<SessionName, Holding>,
}

#[derive(Debug, Default)]
struct Holding {
    channels: HashMap<u64, CancellationToken>,
    media: HashMap<u64, CancellationToken>,
    /// Shows that the session has entered.
    shows: HashSet<ShowId>,
}

/// Something that a session holds open; dropped, it doesn't any more.
#[derive(Debug)]
pub struct SessionGuard {
    state: Arc<Mutex<State>>,
    name: SessionName,
    number: u64,
    ended: CancellationToken,
}

impl OpenSessions {
    /// Nothing is held; a browser's session may hold so much media, and one of players so many of them.
    pub fn new(database: Database, max_media: usize, max_players: usize) -> Self {
        Self { database, max_media, max_players, state: Arc::default() }
    }

    /// The session `name` holds a live channel open, which ends once `ended` is cancelled.
    pub fn channel(&self, name: SessionName, ended: CancellationToken) -> SessionGuard {
        let mut state = lock(&self.state);
        let number = state.number();
        state.sessions.entry(name.clone()).or_default().channels.insert(number, ended.clone());
        drop(state);
        SessionGuard { state: self.state.clone(), name, number, ended }
    }

    /// The session `name`, which holds a live channel open, comes in at `show`.
    pub fn enters(&self, name: &SessionName, show: ShowId) {
        if let Some(holding) = lock(&self.state).sessions.get_mut(name) {
            holding.shows.insert(show);
        }
    }

    /// Tells whether the session `name` may hold more media.
    pub fn has_room(&self, name: &SessionName) -> bool {
        let state = lock(&self.state);
        state.sessions.get(name).is_none_or(|it| it.media.len() < self.max_media)
    }

    /// The session `name` sends or gets the media of `show`; `None` when that is one too many.
    pub fn media(&self, name: &SessionName, show: ShowId) -> Option<SessionGuard> {
        self.hold(name, show, self.max_media)
    }

    /// A player of the session `name` gets the sound of `show`; `None` when that is one too many.
    pub fn player(&self, name: &SessionName, show: ShowId) -> Option<SessionGuard> {
        self.hold(name, show, self.max_players)
    }

    fn hold(&self, name: &SessionName, show: ShowId, most: usize) -> Option<SessionGuard> {
        let mut state = lock(&self.state);
        if state.sessions.get(name).is_some_and(|it| it.media.len() >= most) {
            return None;
        }
        let (number, ended) = (state.number(), CancellationToken::new());
        let holding = state.sessions.entry(name.to_owned()).or_default();
        holding.media.insert(number, ended.clone());
        holding.shows.insert(show);
        drop(state);
        Some(SessionGuard { state: self.state.clone(), name: name.to_owned(), number, ended })
    }

    /// Cuts what the session `name` holds.
    pub fn end(&self, name: &SessionName) {
        let Some(holding) = lock(&self.state).sessions.remove(name) else { return };
        for ended in holding.channels.into_values().chain(holding.media.into_values()) {
            ended.cancel();
        }
    }

    /// The sessions that hold something open and have come in at `show`.
    fn at(&self, show: ShowId) -> Vec<SessionName> {
        let state = lock(&self.state);
        let there = state.sessions.iter().filter(|(_, holding)| holding.shows.contains(&show));
        there.map(|(name, _)| name.clone()).collect()
    }

    /// Cuts what guests hold open who are at `show`: it is no longer for them. Their pages come back and
    /// find the door closed.
    async fn cut_guests(&self, show: ShowId) -> Result<(), DatabaseError> {
        for name in super::guests_among(&self.database, self.at(show)).await? {
            self.end(&name);
        }
        Ok(())
    }
}

#[async_trait]
impl BusListener for OpenSessions {
    async fn receive(&self, message: &BusMessage) {
        match message {
            BusMessage::SessionsEnded(names) => names.iter().for_each(|name| self.end(name)),
            BusMessage::ShowClosedToGuests(show) => {
                if let Err(error) = self.cut_guests(*show).await {
                    error.log();
                }
            }
            BusMessage::TopicNews(_)
            | BusMessage::StageChanged(..)
            | BusMessage::ShowDeleted(_)
            | BusMessage::StreamKeyRevoked(_)
            | BusMessage::RoomLeft(..) => {}
        }
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl SessionGuard {
    /// The session that holds it.
    pub fn name(&self) -> &SessionName {
        &self.name
    }

    /// Cancelled once the session has ended.
    pub fn ended(&self) -> &CancellationToken {
        &self.ended
    }
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        let Some(holding) = state.sessions.get_mut(&self.name) else { return };
        holding.channels.remove(&self.number);
        holding.media.remove(&self.number);
        if holding.channels.is_empty() && holding.media.is_empty() {
            state.sessions.remove(&self.name);
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_let_go_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let url = Database::sqlite_url(&folder.path().join("test.db"));
        let database = Database::open(&url).await.unwrap();
        let open = OpenSessions::new(database.clone(), MAX_MEDIA, MAX_PLAYERS);
        let (one, other) = (CancellationToken::new(), CancellationToken::new());
        let guard = open.channel(SessionName::new("ana"), one.clone());
        let kept = open.channel(SessionName::new("ana"), other.clone());
        drop(guard);
        let show = ShowId(uuid::Uuid::nil());
        let media: Vec<_> =
            (0..MAX_MEDIA).map(|_| open.media(&SessionName::new("ana"), show).unwrap()).collect();
        assert!(
            open.media(&SessionName::new("ana"), show).is_none()
                && !open.has_room(&SessionName::new("ana"))
        );
        open.end(&SessionName::new("ana"));
        assert!(other.is_cancelled() && !one.is_cancelled());
        assert!(media.iter().all(|media| media.ended().is_cancelled()));
        drop((kept, media));
        assert!(lock(&open.state).sessions.is_empty());
        database.close().await;
    }
}
