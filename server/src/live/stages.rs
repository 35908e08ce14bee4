//! Who is on which stage: brings together what the media core sees and what the database says.
//!
//! **Invariant:** what happens to one stage happens one after the other ([`Stages::turn`]), and only
//! the session that stands here as the one on stage can change its state. What an older session still
//! sends or says of itself finds that it isn't the one any more.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bandstand_domain::{ShowId, live::Topic, stream_keys::StreamKeyId};
use bandstand_sfu::{Event, OfferError, Role, SessionId, Sfu, StageId};

use super::{
    hub::Hub,
    stage::{Happening, NotPossible},
    store::{self, Outcome},
};
use crate::{
    clock,
    database::{Database, DatabaseError},
};

/// Stages whose turns are kept apart; two that share one wait for each other without need.
const TURNS: usize = 64;

/// Who is on which stage.
#[derive(Debug)]
pub struct Stages {
    database: Database,
    hub: Hub,
    sfu: Sfu,
    performers: Mutex<HashMap<ShowId, Performer>>,
    turns: Vec<tokio::sync::Mutex<()>>,
}

/// The most stream keys that are remembered as replaced; the oldest gives way.
const MOST_REPLACED: usize = 16;

#[derive(Clone, Debug)]
struct Performer {
    session: SessionId,
    publication: i64,
    /// Whether the audience was told.
    arrived: bool,
    /// They take a break.
    paused: bool,
    /// The audience was told that nothing comes from them.
    silent: bool,
    /// The stream key by which they came, when it was one.
    key: Option<StreamKeyId>,
    /// The stream keys whose programs were thrown off the stage since it was last free. Such programs
    /// come back by themselves, and would throw off again whoever the artist wants there.
    replaced: Vec<StreamKeyId>,
}

impl Performer {
    /// The keys that must not come back while the next one, who may have one too, is on stage.
    fn replaced_by(self, next: Option<StreamKeyId>) -> Vec<StreamKeyId> {
        let mut replaced = self.replaced;
        if let Some(key) = self.key
            && self.key != next
        {
            replaced.retain(|other| *other != key);
            replaced.push(key);
        }
        let surplus = replaced.len().saturating_sub(MOST_REPLACED);
        replaced.drain(..surplus);
        replaced
    }
}

/// A stage taken.
#[derive(Debug)]
pub struct Taken {
    /// The media core's session.
    pub session: SessionId,
    /// Which taking of the stage this is.
    pub publication: i64,
    /// The answer to the offer.
    pub answer: String,
}

/// Why a stage can't be taken.
#[derive(Debug)]
pub enum NotTaken {
    /// The media core refuses the offer.
    Offer(OfferError),
    /// The show is over or gone.
    Over,
    /// The program that has this stream key was replaced, and its successor is on stage.
    Replaced,
    /// The database failed.
    Database(DatabaseError),
}

impl Stages {
    /// No performers yet.
    pub fn new(database: Database, hub: Hub, sfu: Sfu) -> Self {
        let turns = (0..TURNS).map(|_| tokio::sync::Mutex::default()).collect();
        Self { database, hub, sfu, performers: Mutex::default(), turns }
    }

    /// Takes the stage of `show`, from whoever is there; with a stream key, or by a ticket.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn take(
        &self,
        show: ShowId,
        offer: String,
        key: Option<StreamKeyId>,
    ) -> Result<Taken, NotTaken> {
        let _turn = self.turn(show).await;
        let before = self.performers().get(&show).cloned();
        let replaced = before.as_ref().map(|before| before.replaced.as_slice());
        if key.is_some_and(|key| replaced.is_some_and(|replaced| replaced.contains(&key))) {
            return Err(NotTaken::Replaced);
        }
        let accepted = self.sfu.publish(stage_id(show), offer).await.map_err(NotTaken::Offer)?;
        let session = accepted.session;
        // Whoever was there is off the stage by now, whatever comes.
        match store::take(&self.database, show).await {
            Ok(Some(publication)) => {
                let replaced = before.map(|before| before.replaced_by(key)).unwrap_or_default();
                let (arrived, paused, silent) = (false, false, false);
                let performer =
                    Performer { session, publication, arrived, paused, silent, key, replaced };
                self.performers().insert(show, performer);
                Ok(Taken { session, publication, answer: accepted.answer_sdp })
            }
            refused => {
                self.performers().remove(&show);
                self.sfu.close(session).await;
                Err(match refused {
                    Err(error) => NotTaken::Database(error),
                    Ok(_) => NotTaken::Over,
                })
            }
        }
    }

    /// The artist takes a break or comes back from it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pause(&self, show: ShowId, paused: bool) -> Result<Outcome, DatabaseError> {
        let _turn = self.turn(show).await;
        let outcome = self.happen(show, Happening::Pause(paused)).await?;
        if let (Outcome::Changed(_) | Outcome::Same, Some(performer)) =
            (&outcome, self.performers().get_mut(&show))
        {
            performer.paused = paused;
        }
        Ok(outcome)
    }

    /// The show ends, for good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end(&self, show: ShowId) -> Result<Outcome, DatabaseError> {
        let _turn = self.turn(show).await;
        self.finish(show).await
    }

    /// Takes everybody off the stage of `show` and its picture from everybody.
    pub async fn close(&self, show: ShowId) {
        let _turn = self.turn(show).await;
        self.clear(show).await;
    }

    /// Takes off the stage whoever is there with the stream key `key`.
    pub async fn revoke(&self, key: StreamKeyId) {
        let sessions: Vec<SessionId> = self
            .performers()
            .values()
            .filter(|it| it.key == Some(key))
            .map(|it| it.session)
            .collect();
        for session in sessions {
            self.sfu.close(session).await;
        }
    }

    /// Whether somebody is on stage who took it after the publication `had`, and has been seen there: an
    /// artist whose answer was lost on the way is on it, too, and doesn't know.
    pub async fn is_taken_since(&self, show: ShowId, had: i64) -> bool {
        let _turn = self.turn(show).await;
        self.performers().get(&show).is_some_and(|it| it.publication > had && it.arrived)
    }

    /// The stream keys with which somebody is on stage.
    pub fn keys(&self) -> Vec<StreamKeyId> {
        self.performers().values().filter_map(|it| it.key).collect()
    }

    /// Follows what the media core reports.
    pub async fn heard(&self, event: Event) {
        let (Event::PublisherMedia { stage, session }
        | Event::PublisherSilent { stage, session }
        | Event::PublisherBack { stage, session }
        | Event::SessionEnded { stage, session, role: Role::Publisher, .. }) = &event
        else {
            return;
        };
        let Ok(show) = stage.as_str().parse() else { return };
        let _turn = self.turn(show).await;
        let done = match event {
            Event::SessionEnded { .. } => self.lost(show, *session).await,
            Event::PublisherSilent { .. } => self.silent(show, *session, true).await,
            Event::PublisherBack { .. } => self.silent(show, *session, false).await,
            _ => self.arrived(show, *session).await,
        };
        if let Err(error) = done {
            // The next comparison makes it good.
            tracing::error!(%show, %error, "a change of the stage can't be kept");
        }
    }

    /// Compares what the media core has, what stands here and what the database says, and makes good
    /// what was missed: a lost event, a failed write, a crash of the program before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn compare(&self) -> Result<(), DatabaseError> {
        let performers = self.performers().clone();
        let sessions: HashMap<SessionId, (bool, bool)> = if performers.is_empty() {
            HashMap::new()
        } else {
            let statistics = self.sfu.statistics().await;
            let sessions = statistics.sessions.iter();
            sessions.map(|it| (it.session, (it.media, it.silent))).collect()
        };
        for (show, performer) in &performers {
            let _turn = self.turn(*show).await;
            match sessions.get(&performer.session) {
                None => self.lost(*show, performer.session).await?,
                Some((media, silent)) => {
                    if *media {
                        self.arrived(*show, performer.session).await?;
                    }
                    // What was heard since is newer than what was asked.
                    let silent_before = self.performers().get(show).map(|it| it.silent);
                    if silent_before == Some(performer.silent) {
                        self.silent(*show, performer.session, *silent).await?;
                    }
                }
            }
        }
        let said: HashSet<ShowId> = store::on_stage(&self.database).await?.into_iter().collect();
        for show in said {
            let _turn = self.turn(show).await;
            if !self.performers().contains_key(&show) {
                self.happen(show, Happening::Lost).await?;
            }
        }
        Ok(())
    }

    /// Ends the shows whose artist was lost and whose end has long passed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_abandoned(&self) -> Result<(), DatabaseError> {
        for show in store::abandoned(&self.database, clock::now()).await? {
            let _turn = self.turn(show).await;
            // Else the artist has come back since the database was asked.
            if !self.performers().contains_key(&show) {
                self.finish(show).await?;
            }
        }
        Ok(())
    }

    /// How many shows are in each state that has an artist.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn counts(&self) -> Result<[(&'static str, i64); 3], DatabaseError> {
        store::counts(&self.database).await
    }

    async fn arrived(&self, show: ShowId, session: SessionId) -> Result<(), DatabaseError> {
        let performer = self.performers().get(&show).cloned();
        let Some(performer) = performer.filter(|it| it.session == session && !it.arrived) else {
            return Ok(());
        };
        let publication = performer.publication;
        match self.happen(show, Happening::Arrived { publication }).await? {
            Outcome::Changed(_) | Outcome::Same => {
                if let Some(performer) = self.performers().get_mut(&show) {
                    performer.arrived = true;
                }
            }
            Outcome::Gone | Outcome::NotPossible(NotPossible::Over | NotPossible::NobodyThere) => {
                self.clear(show).await;
            }
        }
        Ok(())
    }

    /// Nothing comes from who is on stage, or something comes again.
    async fn silent(
        &self,
        show: ShowId,
        session: SessionId,
        silent: bool,
    ) -> Result<(), DatabaseError> {
        let performer = self.performers().get(&show).cloned();
        let performer = performer.filter(|it| it.session == session && it.silent != silent);
        let Some(Performer { arrived: true, paused, .. }) = performer else { return Ok(()) };
        let happening = if silent { Happening::Lost } else { Happening::Back { paused } };
        self.happen(show, happening).await?;
        if let Some(performer) = self.performers().get_mut(&show) {
            performer.silent = silent;
        }
        Ok(())
    }

    async fn lost(&self, show: ShowId, session: SessionId) -> Result<(), DatabaseError> {
        if self.performers().get(&show).is_some_and(|it| it.session == session) {
            self.performers().remove(&show);
            self.happen(show, Happening::Lost).await?;
        }
        Ok(())
    }

    async fn happen(&self, show: ShowId, happening: Happening) -> Result<Outcome, DatabaseError> {
        let outcome = store::happen(&self.database, show, happening, clock::now()).await?;
        if let Outcome::Changed(stage) = outcome {
            tracing::info!(%show, state = ?stage.state, publication = stage.publication, "stage");
            self.hub.wake(Topic::Show(show));
            self.hub.wake(Topic::Shows);
        }
        Ok(outcome)
    }

    async fn finish(&self, show: ShowId) -> Result<Outcome, DatabaseError> {
        let outcome = self.happen(show, Happening::End).await?;
        self.clear(show).await;
        Ok(outcome)
    }

    async fn clear(&self, show: ShowId) {
        self.performers().remove(&show);
        self.sfu.close_stage(stage_id(show)).await;
    }

    /// Waits until nothing else happens to the stage of `show`.
    async fn turn(&self, show: ShowId) -> tokio::sync::MutexGuard<'_, ()> {
        let index = usize::try_from(show.seed() % TURNS as u64).unwrap_or_default();
        self.turns[index].lock().await
    }

    fn performers(&self) -> MutexGuard<'_, HashMap<ShowId, Performer>> {
        self.performers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A show's stage, as the media core calls it.
pub fn stage_id(show: ShowId) -> StageId {
    StageId::from(show.to_string())
}
