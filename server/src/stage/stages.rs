//! Stages and their performers: joins what sources report with what the database says.
//!
//! **Invariant:** what happens to one stage happens one after the other ([`Stages::turn`]), and only
//! the source that stands here as the one on stage can change its state. What an older one still
//! sends or says of itself finds that it isn't the one any more; a newer one waits beside the stage
//! until its source says that it can be shown and its right still stands, and has changed nothing
//! until then.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bandstand_domain::{ShowId, channel::Topic, stream_keys::StreamKeyId};

use super::{
    notices::{Cause, Notices},
    performer::{Claim, Performer, Successor},
    source::{SourceEvent, SourceId, Sources},
    state::StageInput,
    store::{self, Outcome},
};
use crate::{
    background::bus::{Bus, BusListener, BusMessage},
    clock,
    database::{Database, DatabaseError},
};

/// Stages whose turns are kept apart; two that share one wait for each other without need.
const TURNS: usize = 64;

/// Registry of the performers on all stages.
#[derive(Debug)]
pub struct Stages {
    pub(super) database: Database,
    bus: Bus,
    pub(super) sources: Arc<dyn Sources>,
    notices: Notices,
    performers: Mutex<HashMap<ShowId, Performer>>,
    successors: Mutex<HashMap<ShowId, Successor>>,
    turns: Vec<tokio::sync::Mutex<()>>,
}

impl Stages {
    /// No performers yet.
    pub fn new(database: Database, bus: Bus, sources: Arc<dyn Sources>) -> Self {
        let turns = (0..TURNS).map(|_| tokio::sync::Mutex::default()).collect();
        let (performers, successors) = (Mutex::default(), Mutex::default());
        let notices = Notices::default();
        Self { database, bus, sources, notices, performers, successors, turns }
    }

    /// The artist takes a break or comes back from it.
    pub async fn pause(&self, show: ShowId, paused: bool) -> Result<Outcome, DatabaseError> {
        let _turn = self.turn(show).await;
        let outcome = self.happen(show, StageInput::Pause(paused)).await?;
        if let (Outcome::Changed(_) | Outcome::Same, Some(performer)) =
            (&outcome, self.performers().get_mut(&show))
        {
            performer.paused = paused;
        }
        Ok(outcome)
    }

    /// The artist keeps the stage for whoever is on it, or lets newer sources take over again.
    pub async fn keep(&self, show: ShowId, keep: bool) -> Result<Outcome, DatabaseError> {
        let _turn = self.turn(show).await;
        self.happen(show, StageInput::Keep(keep)).await
    }

    /// The show is recorded while it is live, or no longer.
    pub async fn record(&self, show: ShowId, record: bool) -> Result<Outcome, DatabaseError> {
        let _turn = self.turn(show).await;
        self.happen(show, StageInput::Record(record)).await
    }

    /// A recorder is at the show, or no longer.
    pub async fn note_recorded(
        &self,
        show: ShowId,
        recorded: bool,
    ) -> Result<Outcome, DatabaseError> {
        let _turn = self.turn(show).await;
        self.happen(show, StageInput::Recorded(recorded)).await
    }

    /// The show ends, by its artist or else by the operator, whose word is final.
    pub async fn end(&self, show: ShowId, by_artist: bool) -> Result<Outcome, DatabaseError> {
        let _turn = self.turn(show).await;
        self.finish(show, if by_artist { StageInput::End } else { StageInput::Close }).await
    }

    /// The artist takes back the end of the show.
    pub async fn reopen(&self, show: ShowId) -> Result<Outcome, DatabaseError> {
        let _turn = self.turn(show).await;
        self.happen(show, StageInput::Reopen).await
    }

    /// Takes everybody off the stage of `show` and its picture from everybody.
    pub async fn close(&self, show: ShowId) {
        let _turn = self.turn(show).await;
        self.clear(show).await;
    }

    /// Takes off the stage whoever is there, or waits to be, with the stream key `key`.
    pub async fn revoke(&self, key: StreamKeyId) {
        // Who takes over meanwhile is here or there, never in neither.
        let of_key = |it: (SourceId, &Claim)| (it.1.key() == Some(key)).then_some(it.0);
        let mut sources: Vec<SourceId> =
            self.successors().values().filter_map(|it| of_key((it.source, &it.claim))).collect();
        sources.extend(self.performers().values().filter_map(|it| of_key((it.source, &it.claim))));
        for source in sources {
            self.sources.close(source).await;
        }
    }

    /// Tells whether an artist is on stage who took it after the publication `had`, and has been seen there:
    /// an artist whose answer was lost on the way is on it, too, and doesn't know.
    pub async fn is_taken_since(&self, show: ShowId, had: i64) -> bool {
        let _turn = self.turn(show).await;
        self.performers().get(&show).is_some_and(|it| it.publication > had && it.arrived)
    }

    /// Shows on whose stage somebody is.
    pub fn performed(&self) -> Vec<ShowId> {
        self.performers().keys().copied().collect()
    }

    /// The stream keys with which somebody is on stage, or waits to be.
    pub fn keys(&self) -> Vec<StreamKeyId> {
        let mut keys: Vec<_> = self.successors().values().filter_map(|it| it.claim.key()).collect();
        keys.extend(self.performers().values().filter_map(|it| it.claim.key()));
        keys
    }

    /// Follows what becomes of the source `source` of `show`.
    pub async fn heard(&self, show: ShowId, source: SourceId, event: SourceEvent) {
        let _turn = self.turn(show).await;
        let done = match event {
            SourceEvent::Ended(cause) => {
                self.explain(show, source, cause);
                self.lost(show, source).await
            }
            SourceEvent::Silent => self.silent(show, source, true).await,
            SourceEvent::Back => self.silent(show, source, false).await,
            SourceEvent::Waiting => self.take_over(show, source).await,
            SourceEvent::Connected => {
                if let Some(it) = self.successors().get_mut(&show)
                    && it.source == source
                {
                    it.connected = true;
                }
                Ok(())
            }
            SourceEvent::Media => {
                // Of one that waits it is said only when the media core knows of nobody else on stage.
                let taken = self.take_over(show, source).await;
                taken.and(self.arrived(show, source).await)
            }
        };
        if let Err(error) = done {
            // The next comparison makes it good.
            tracing::error!(%show, %error, "a change of the stage can't be kept");
        }
    }

    /// The notices to artists.
    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// Gives what plays at `show` from now on a title; empty when nothing is known.
    pub fn set_title(&self, show: ShowId, title: &str) {
        self.sources.set_title(show, title);
    }

    /// Counts the shows in each state that has an artist.
    pub async fn counts(&self) -> Result<[(&'static str, i64); 3], DatabaseError> {
        store::counts(&self.database).await
    }

    pub(super) async fn arrived(
        &self,
        show: ShowId,
        source: SourceId,
    ) -> Result<(), DatabaseError> {
        let performer = self.performers().get(&show).cloned();
        let Some(performer) = performer.filter(|it| it.source == source && !it.arrived) else {
            return Ok(());
        };
        let publication = performer.publication;
        match self.happen(show, StageInput::Arrived { publication }).await? {
            Outcome::Changed(_) | Outcome::Same => {
                if let Some(performer) = self.performers().get_mut(&show) {
                    performer.arrive();
                }
                self.notices.settle(&performer.claim.artist);
            }
            Outcome::Gone | Outcome::InputRefused(_) => {
                self.clear(show).await;
            }
        }
        Ok(())
    }

    /// Nothing comes from who is on stage, or something comes again.
    pub(super) async fn silent(
        &self,
        show: ShowId,
        source: SourceId,
        silent: bool,
    ) -> Result<(), DatabaseError> {
        let performer = self.performers().get(&show).cloned();
        let performer = performer.filter(|it| it.source == source && it.silent != silent);
        let Some(Performer { arrived: true, paused, .. }) = performer else { return Ok(()) };
        let input = if silent { StageInput::Lost } else { StageInput::Back { paused } };
        self.happen(show, input).await?;
        if let Some(performer) = self.performers().get_mut(&show) {
            performer.silent = silent;
        }
        Ok(())
    }

    /// Tells the artist why a program of theirs is not on stage.
    fn explain(&self, show: ShowId, source: SourceId, cause: Option<Cause>) {
        let on_stage = self.performers().get(&show).map(|it| (it.source, it.claim.clone()));
        let waiting = self.successors().get(&show).map(|it| (it.source, it.claim.clone()));
        let theirs = on_stage.into_iter().chain(waiting).find(|it| it.0 == source);
        if let Some((_, claim)) = theirs
            && claim.key().is_some()
            && let Some(cause) = cause
        {
            self.notices.tell(&claim.artist, &cause, clock::now());
        }
    }

    fn stops_waiting(&self, show: ShowId, source: SourceId) {
        let mut successors = self.successors();
        if successors.get(&show).is_some_and(|it| it.source == source) {
            successors.remove(&show);
        }
    }

    pub(super) async fn lost(&self, show: ShowId, source: SourceId) -> Result<(), DatabaseError> {
        self.stops_waiting(show, source);
        if self.performers().get(&show).is_some_and(|it| it.source == source) {
            self.performers().remove(&show);
            self.happen(show, StageInput::Lost).await?;
        }
        Ok(())
    }

    pub(super) async fn happen(
        &self,
        show: ShowId,
        input: StageInput,
    ) -> Result<Outcome, DatabaseError> {
        let outcome = store::happen(&self.database, show, input, clock::now()).await?;
        if let Outcome::Changed(stage) = outcome {
            tracing::info!(%show, state = ?stage.state, publication = stage.publication, "stage");
            for topic in [Topic::Show(show), Topic::Shows] {
                self.bus.publish(BusMessage::TopicNews(topic)).await;
            }
            let changed = BusMessage::StageChanged(show, stage.state, stage.ended_at);
            self.bus.publish(changed).await;
        }
        Ok(outcome)
    }

    async fn finish(&self, show: ShowId, input: StageInput) -> Result<Outcome, DatabaseError> {
        let outcome = self.happen(show, input).await?;
        self.clear(show).await;
        Ok(outcome)
    }

    pub(super) async fn clear(&self, show: ShowId) {
        self.performers().remove(&show);
        self.successors().remove(&show);
        self.sources.close_stage(show).await;
    }

    /// Waits until nothing else happens to the stage of `show`.
    pub(super) async fn turn(&self, show: ShowId) -> tokio::sync::MutexGuard<'_, ()> {
        let index = usize::try_from(show.seed() % TURNS as u64).unwrap_or_default();
        self.turns[index].lock().await
    }

    pub(super) fn performers(&self) -> MutexGuard<'_, HashMap<ShowId, Performer>> {
        self.performers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn successors(&self) -> MutexGuard<'_, HashMap<ShowId, Successor>> {
        self.successors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl BusListener for Stages {
    async fn receive(&self, message: &BusMessage) {
        match message {
            BusMessage::ShowDeleted(show) => self.close(*show).await,
            BusMessage::StreamKeyRevoked(key) => self.revoke(*key).await,
            BusMessage::TopicNews(_)
            | BusMessage::StageChanged(..)
            | BusMessage::SessionsEnded(_)
            | BusMessage::ShowClosedToGuests(_)
            | BusMessage::RoomLeft(..) => {}
        }
    }
}
