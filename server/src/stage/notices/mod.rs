//! Notices to artists of what is wrong with what they send, shown in their studio.
//!
//! The latest of each artist are kept in memory, and go over the live channel to every page on which
//! that artist follows a show of theirs.

mod cause;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bandstand_domain::{
    Language, Millis, ShowId, Text,
    channel::{Notice, ServerFrame},
    texts::Catalogue,
};

pub use self::cause::Cause;
use crate::{
    channel::{encoded_frame::EncodedFrame, hub::Outbox},
    ids::AccountId,
};

/// The most notices that are kept for one artist.
const MAX_NOTICES: usize = 5;
/// Lifetime of a notice, in milliseconds.
const LIFE: i64 = Millis::HOUR;
/// The most artists for whom notices are kept; whoever was told something the longest ago gives way.
const MAX_ARTISTS: usize = 10_000;

/// Notices that tell artists what is wrong. Cloning gives another handle to the same.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// By the private identity of the artist's account, the oldest first.
    kept: HashMap<AccountId, VecDeque<Told>>,
    /// Open studio pages, by the same and by subscription.
    studios: HashMap<AccountId, HashMap<u64, Studio>>,
}

/// A notice before it is put into the words of a page's language.
#[derive(Clone, Debug)]
struct Told {
    at: Millis,
    text: Text,
}

#[derive(Debug)]
struct Studio {
    show: ShowId,
    language: Language,
    outbox: Outbox,
}

/// A page on which an artist hears what is wrong; dropped, it doesn't any more.
#[derive(Debug)]
pub struct Listening {
    notices: Notices,
    artist: AccountId,
    subscription: u64,
}

impl Notices {
    /// Tells an artist what is wrong: at once where they look, and later where they will. The same
    /// again is told as of now.
    pub fn tell(&self, artist: &AccountId, cause: &Cause, now: Millis) {
        let text = cause.words();
        let mut state = self.state();
        if state.kept.len() >= MAX_ARTISTS && !state.kept.contains_key(artist) {
            state.forget_oldest();
        }
        let kept = state.kept.entry(artist.to_owned()).or_default();
        kept.retain(|notice| notice.text != text && notice.at > now.plus(-LIFE));
        if kept.len() == MAX_NOTICES {
            kept.pop_front();
        }
        kept.push_back(Told { at: now, text });
        state.send(artist);
    }

    /// All is well: somebody is on stage.
    pub fn settle(&self, artist: &AccountId) {
        let mut state = self.state();
        if state.kept.remove(artist).is_some() {
            state.send(artist);
        }
    }

    /// The artist follows `show` of theirs as `subscription`; what is known goes there first.
    pub fn listen(
        &self,
        artist: AccountId,
        show: ShowId,
        language: Language,
        subscription: u64,
        outbox: Outbox,
        now: Millis,
    ) -> Listening {
        let mut state = self.state();
        if let Some(kept) = state.kept.get_mut(&artist) {
            kept.retain(|notice| notice.at > now.plus(-LIFE));
        }
        let studio = Studio { show, language, outbox };
        if state.kept.get(&artist).is_some_and(|kept| !kept.is_empty()) {
            studio.send(subscription, state.kept.get(&artist));
        }
        state.studios.entry(artist.clone()).or_default().insert(subscription, studio);
        drop(state);
        Listening { notices: self.clone(), artist, subscription }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Sends what is kept for an artist to where they look.
    fn send(&self, artist: &AccountId) {
        for (subscription, studio) in self.studios.get(artist).into_iter().flatten() {
            studio.send(*subscription, self.kept.get(artist));
        }
    }

    fn forget_oldest(&mut self) {
        let latest = |kept: &VecDeque<Told>| kept.back().map(|notice| notice.at);
        let oldest = self.kept.iter().min_by_key(|(_, kept)| latest(kept));
        if let Some(artist) = oldest.map(|(artist, _)| artist.clone()) {
            self.kept.remove(&artist);
        }
    }
}

impl Studio {
    /// A page without room for it hears of it with the next one.
    fn send(&self, subscription: u64, kept: Option<&VecDeque<Told>>) {
        let catalogue = Catalogue::of(self.language);
        // The latest first.
        let kept = kept.into_iter().flatten().rev();
        let notices =
            kept.map(|told| Notice { at: told.at, text: catalogue.say(&told.text) }).collect();
        let frame = ServerFrame::Notices { show: self.show, notices };
        self.outbox.ephemeral(subscription, EncodedFrame::text(&frame));
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut state = self.notices.state();
        if let Some(studios) = state.studios.get_mut(&self.artist) {
            studios.remove(&self.subscription);
            if studios.is_empty() {
                state.studios.remove(&self.artist);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;
    use uuid::Uuid;

    use super::*;
    use crate::channel::hub::Frame;

    #[test]
    fn the_latest_are_kept_and_go_to_the_artist_alone() {
        let notices = Notices::default();
        let show = ShowId(Uuid::nil());
        let (outbox, mut frames) = Outbox::new(CancellationToken::new());
        let (other_box, mut others) = Outbox::new(CancellationToken::new());
        let _other =
            notices.listen(AccountId::new("eve"), show, Language::English, 8, other_box, Millis(0));
        notices.tell(&AccountId::new("ada"), &Cause::NothingOn, Millis(0));
        for at in 1..9 {
            // The same again is one.
            notices.tell(
                &AccountId::new("ada"),
                &Cause::Revoked(format!("key {}", at % 7)),
                Millis(at),
            );
        }
        let listening =
            notices.listen(AccountId::new("ada"), show, Language::English, 7, outbox, Millis(9));
        let mut told = || match frames.try_recv() {
            Ok(Frame::Ephemeral { subscription: 7, encoded }) => match encoded.decode() {
                ServerFrame::Notices { notices, .. } => Some(notices),
                other => panic!("{other:?}"),
            },
            _ => None,
        };
        let at: Vec<i64> = told().unwrap().iter().map(|notice| notice.at.0).collect();
        assert_eq!(at, [8, 7, 6, 5, 4]);
        notices.tell(&AccountId::new("ada"), &Cause::NothingOn, Millis(LIFE + 6));
        let at: Vec<i64> = told().unwrap().iter().map(|notice| notice.at.0).collect();
        assert_eq!(at, [LIFE + 6, 8, 7]);
        notices.settle(&AccountId::new("ada"));
        assert_eq!(told().unwrap(), []);
        drop(listening);
        notices.tell(&AccountId::new("ada"), &Cause::NothingOn, Millis(LIFE + 7));
        assert!(told().is_none() && others.try_recv().is_err());
        assert!(!notices.state().studios.contains_key(&AccountId::new("ada")));
    }
}
