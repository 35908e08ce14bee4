//! Titles that last: those that still play after a while are noted in the tracklist of their show, so that what
//! flickers (a jingle, a source that tells of each second) fills no list.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bandstand_domain::{Millis, ShowId, shows::Track};
use tokio::time::{Instant, sleep_until};

use crate::{clock, services::Services, shows};

/// Time after which a title is noted.
const LASTS: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 5_000 });

/// Watcher of what plays, at all shows. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct LastingTitles {
    services: Arc<Services>,
    /// Titles that play and aren't noted yet. While a show has an entry, a task waits for it.
    latest: Arc<Mutex<HashMap<ShowId, Begun>>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Begun {
    due: Instant,
    at: Millis,
    /// Empty when nothing plays.
    title: String,
}

impl LastingTitles {
    /// Nothing plays yet.
    pub fn new(services: Arc<Services>) -> Self {
        Self { services, latest: Arc::default() }
    }

    /// Hears that another title plays from now on; an empty text when nothing is known.
    pub fn hear(&self, show: ShowId, title: &str) {
        let due = Instant::now() + LASTS;
        let begun = Begun { due, at: clock::now(), title: title.to_owned() };
        match self.latest().entry(show) {
            Entry::Occupied(mut entry) => *entry.get_mut() = begun,
            Entry::Vacant(_) if title.is_empty() => {}
            Entry::Vacant(entry) => {
                entry.insert(begun);
                self.services.tasks.spawn(self.clone().wait(show));
            }
        }
    }

    async fn wait(self, show: ShowId) {
        loop {
            let begun = self.latest().get(&show).cloned();
            let Some(begun) = begun else { return };
            sleep_until(begun.due).await;
            {
                let mut latest = self.latest();
                if latest.get(&show) != Some(&begun) {
                    continue;
                }
                latest.remove(&show);
            }
            if !begun.title.is_empty() {
                let track = Track { at: begun.at, title: begun.title };
                if let Err(error) = shows::note_track(&self.services, show, track).await {
                    tracing::error!(%error, "a track could not be noted");
                }
            }
            return;
        }
    }

    fn latest(&self) -> MutexGuard<'_, HashMap<ShowId, Begun>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
