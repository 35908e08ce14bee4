//! What each session holds open: live channels and media. Once a session has ended, all of it is cut.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bandstand_domain::ShowId;
use bandstand_sfu::SessionId;
use tokio_util::sync::CancellationToken;

/// The most media that one session holds at once: a person has a few tabs, and what a broken line leaves
/// behind is over after half a minute.
pub const MOST_MEDIA: usize = 10;

/// What each session holds open, by the session's name.
#[derive(Clone, Debug)]
pub struct Holdings {
    most_media: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    sessions: HashMap<String, Holding>,
    /// The same from the other side, to find what the media core says is over.
    media: HashMap<SessionId, String>,
}

#[derive(Debug, Default)]
struct Holding {
    channels: HashMap<u64, CancellationToken>,
    media: HashSet<SessionId>,
    /// Where it has come in.
    shows: HashSet<ShowId>,
}

/// A live channel that a session holds open; dropped, it doesn't any more.
#[derive(Debug)]
pub struct Hold {
    holdings: Holdings,
    name: String,
    number: u64,
}

impl Holdings {
    /// Nothing is held; one session may hold so much media.
    pub fn new(most_media: usize) -> Self {
        Self { most_media, state: Arc::default() }
    }

    /// The session `name` holds a live channel open, which ends once `cut` is cancelled.
    pub fn channel(&self, name: String, cut: CancellationToken) -> Hold {
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        state.sessions.entry(name.clone()).or_default().channels.insert(number, cut);
        drop(state);
        Hold { holdings: self.clone(), name, number }
    }

    /// The session `name`, which holds a live channel open, comes in at `show`.
    pub fn enters(&self, name: &str, show: ShowId) {
        if let Some(holding) = self.state().sessions.get_mut(name) {
            holding.shows.insert(show);
        }
    }

    /// The sessions that hold something open and have come in at `show`.
    pub fn at(&self, show: ShowId) -> Vec<String> {
        let state = self.state();
        let there = state.sessions.iter().filter(|(_, holding)| holding.shows.contains(&show));
        there.map(|(name, _)| name.clone()).collect()
    }

    /// Whether the session `name` may hold more media.
    pub fn has_room(&self, name: &str) -> bool {
        self.state().sessions.get(name).is_none_or(|it| it.media.len() < self.most_media)
    }

    /// The session `name` sends or gets the media of `show`; false, and nothing is held, when that is one
    /// too many.
    #[must_use]
    pub fn media(&self, name: &str, show: ShowId, media: SessionId) -> bool {
        let mut state = self.state();
        let holding = state.sessions.entry(name.to_owned()).or_default();
        if holding.media.len() >= self.most_media {
            return false;
        }
        holding.media.insert(media);
        holding.shows.insert(show);
        state.media.insert(media, name.to_owned());
        true
    }

    /// The media core says that `media` is over.
    pub fn media_over(&self, media: SessionId) {
        let mut state = self.state();
        if let Some(name) = state.media.remove(&media) {
            if let Some(holding) = state.sessions.get_mut(&name) {
                holding.media.remove(&media);
            }
            state.forget_if_empty(&name);
        }
    }

    /// All media that somebody holds.
    pub fn all_media(&self) -> HashSet<SessionId> {
        self.state().media.keys().copied().collect()
    }

    /// Cuts the live channels of the session `name`, and answers which media is to be closed.
    pub fn end(&self, name: &str) -> Vec<SessionId> {
        let mut state = self.state();
        let Some(holding) = state.sessions.remove(name) else { return Vec::new() };
        for media in &holding.media {
            state.media.remove(media);
        }
        drop(state);
        for cut in holding.channels.into_values() {
            cut.cancel();
        }
        holding.media.into_iter().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget_if_empty(&mut self, name: &str) {
        let empty =
            self.sessions.get(name).is_some_and(|it| it.channels.is_empty() && it.media.is_empty());
        if empty {
            self.sessions.remove(name);
        }
    }
}

impl Hold {
    /// The session that holds it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self.holdings.state();
        if let Some(holding) = state.sessions.get_mut(&self.name) {
            holding.channels.remove(&self.number);
        }
        state.forget_if_empty(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_let_go_is_forgotten() {
        let holdings = Holdings::new(MOST_MEDIA);
        let (one, other) = (CancellationToken::new(), CancellationToken::new());
        let hold = holdings.channel("ana".into(), one.clone());
        let kept = holdings.channel("ana".into(), other.clone());
        drop(hold);
        assert!(holdings.end("ana").is_empty());
        assert!(other.is_cancelled() && !one.is_cancelled());
        drop(kept);
        assert!(holdings.state().sessions.is_empty());
    }
}
