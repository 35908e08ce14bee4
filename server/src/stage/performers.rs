//! Who is on which stage: brings together what the media core sees and what the database says.
//!
//! **Invariant:** what happens to one stage happens one after the other ([`Stages::turn`]), and only
//! the session that stands here as the one on stage can change its state. What an older session still
//! sends or says of itself finds that it isn't the one any more; a newer one waits beside the stage
//! until the media core says that it can be shown and its right still stands, and has changed nothing
//! until then.

mod places;

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bandstand_domain::{ShowId, channel::Topic, stream_keys::StreamKeyId};
use bandstand_sfu::{
    EndReason, OfferError, SessionId, SessionRole, Sfu, SfuEvent, StageId, TakeoverCondition,
};

pub use self::places::{By, Claim};
use self::places::{Performer, Successor};
use super::{
    notices::{Cause, Notices},
    state::{Happening, NotPossible},
    store::{self, Outcome},
};
use crate::{
    channel::hub::Hub,
    clock,
    database::{Database, DatabaseError},
    sessions, stream_keys,
};

/// Stages whose turns are kept apart; two that share one wait for each other without need.
const TURNS: usize = 64;

/// Who is on which stage.
#[derive(Debug)]
pub struct Stages {
    database: Database,
    hub: Hub,
    sfu: Sfu,
    notices: Notices,
    performers: Mutex<HashMap<ShowId, Performer>>,
    successors: Mutex<HashMap<ShowId, Successor>>,
    turns: Vec<tokio::sync::Mutex<()>>,
}

/// The most stages that one artist is on, or about to be, at the same time: one that they play, and one
/// or two that they get ready.
const MOST_STAGES: usize = 3;

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
    /// The right to go on stage has ended.
    NoRight,
    /// The program that has this stream key was replaced, and its successor is on stage.
    Replaced,
    /// Programs throw each other off this stage with the same stream key.
    Contested,
    /// The artist is on as many other stages as one may be.
    Elsewhere,
    /// The database failed.
    Database(DatabaseError),
}

impl From<DatabaseError> for NotTaken {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl Stages {
    /// No performers yet.
    pub fn new(database: Database, hub: Hub, sfu: Sfu, notices: Notices) -> Self {
        let turns = (0..TURNS).map(|_| tokio::sync::Mutex::default()).collect();
        let (performers, successors) = (Mutex::default(), Mutex::default());
        Self { database, hub, sfu, notices, performers, successors, turns }
    }

    /// Takes the stage of `show` when it is free; else waits beside it until what is `awaited` has
    /// come, and takes over then. Whoever waits there already gives way.
    ///
    /// # Errors
    /// [`NotTaken`]; nothing has changed then.
    pub async fn take(
        &self,
        show: ShowId,
        offer: String,
        awaited: TakeoverCondition,
        claim: Claim,
    ) -> Result<Taken, NotTaken> {
        let _turn = self.turn(show).await;
        if let Some(key) = claim.key() {
            self.check_quarrel(show, key)?;
        }
        if self.count_elsewhere(show, &claim.artist) >= MOST_STAGES {
            return Err(NotTaken::Elsewhere);
        }
        // Whose right has ended takes nothing from anybody.
        if !self.stands(&claim).await? {
            return Err(NotTaken::NoRight);
        }
        let accepted = self.sfu.publish(stage_id(show), offer, awaited).await;
        let accepted = accepted.map_err(NotTaken::Offer)?;
        let (session, answer) = (accepted.session, accepted.answer_sdp);
        let taken = match accepted.standby {
            true => self.wait(show, session, claim).await,
            false => self.go_on(show, session, claim).await,
        };
        match taken {
            Ok(publication) => Ok(Taken { session, publication, answer }),
            Err(why) => {
                self.sfu.close(session).await;
                Err(why)
            }
        }
    }

    /// Refuses who would only go on with a quarrel between programs.
    fn check_quarrel(&self, show: ShowId, key: StreamKeyId) -> Result<(), NotTaken> {
        let waiting = self.successors().get(&show).cloned();
        let mut performers = self.performers();
        let Some(performer) = performers.get_mut(&show) else { return Ok(()) };
        if performer.keeps_off(key) {
            Err(NotTaken::Replaced)
        } else if performer.is_contested(key, waiting.as_ref(), clock::now()) {
            Err(NotTaken::Contested)
        } else {
            Ok(())
        }
    }

    /// How many other stages than that of `show` an artist is on, or about to be.
    fn count_elsewhere(&self, show: ShowId, artist: &str) -> usize {
        let theirs = |it: (&ShowId, &Claim)| *it.0 != show && it.1.artist == artist;
        let on_stage =
            self.performers().iter().map(|it| (it.0, &it.1.claim)).filter(|it| theirs(*it)).count();
        let waiting =
            self.successors().iter().map(|it| (it.0, &it.1.claim)).filter(|it| theirs(*it)).count();
        on_stage + waiting
    }

    /// Whether somebody may still be on stage by this right.
    async fn stands(&self, claim: &Claim) -> Result<bool, DatabaseError> {
        match &claim.by {
            By::Key(key) => stream_keys::is_good(&self.database, *key).await,
            By::Ticket(session) => Ok(sessions::is_open(&self.database, session, true).await?
                && stream_keys::may_perform(&self.database, &claim.artist).await?),
        }
    }

    /// A session is on a stage that was free.
    async fn go_on(&self, show: ShowId, session: SessionId, claim: Claim) -> Result<i64, NotTaken> {
        // Whoever was there is off it, though that wasn't heard yet, and won't be any more.
        let before = self.performers().remove(&show);
        if before.as_ref().is_some_and(Performer::is_seen) {
            self.happen(show, Happening::Lost).await?;
        }
        let before = before.map(|it| Performer { silent: true, ..it });
        let given = places::highest_given(before.as_ref(), self.successors().get(&show));
        let taken = store::take(&self.database, show, given).await?;
        let publication = taken.ok_or(NotTaken::Over)?;
        self.successors().remove(&show);
        let performer = Performer::new(session, publication, claim).after(before, clock::now());
        self.performers().insert(show, performer);
        Ok(publication)
    }

    /// A session waits beside a stage. Its number is known to nobody else until it takes over.
    async fn wait(&self, show: ShowId, session: SessionId, claim: Claim) -> Result<i64, NotTaken> {
        let known = store::publication(&self.database, show).await?.ok_or(NotTaken::Over)?;
        let earlier = self.successors().remove(&show);
        let mut performers = self.performers();
        let performer = performers.get_mut(&show);
        let given = performer.as_ref().map_or(known, |it| it.given.max(known));
        let given = earlier.as_ref().map_or(given, |it| given.max(it.publication));
        let publication = given + 1;
        if let Some(performer) = performer {
            performer.given = publication;
            if earlier.is_some_and(|it| it.connected) {
                performer.turns.note(clock::now());
            }
        }
        drop(performers);
        let successor = Successor { session, publication, claim, connected: false };
        self.successors().insert(show, successor);
        Ok(publication)
    }

    /// Somebody who waits could take over: they do, if they still may.
    async fn take_over(&self, show: ShowId, session: SessionId) -> Result<(), DatabaseError> {
        let waiting = self.successors().get(&show).cloned();
        let Some(successor) = waiting.filter(|it| it.session == session) else { return Ok(()) };
        // Who was let in while nobody was heard on stage may be kept off again.
        let kept_off = successor
            .claim
            .key()
            .is_some_and(|key| self.performers().get(&show).is_some_and(|it| it.keeps_off(key)));
        if kept_off || !self.stands(&successor.claim).await? {
            self.successors().remove(&show);
            self.sfu.close(session).await;
            return Ok(());
        }
        if !self.sfu.hand_over(session).await {
            // It goes on waiting, or its end is on its way here.
            return Ok(());
        }
        let Successor { session, publication, claim, .. } = successor;
        tracing::info!(%show, publication, "stage taken over");
        let before = self.performers().get(&show).cloned();
        let performer = Performer::new(session, publication, claim).after(before, clock::now());
        // Found by whoever looks for sessions to end, all the time.
        self.performers().insert(show, performer);
        self.successors().remove(&show);
        Ok(())
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

    /// Takes off the stage whoever is there, or waits to be, with the stream key `key`.
    pub async fn revoke(&self, key: StreamKeyId) {
        // Who takes over meanwhile is here or there, never in neither.
        let of_key = |it: (SessionId, &Claim)| (it.1.key() == Some(key)).then_some(it.0);
        let mut sessions: Vec<SessionId> =
            self.successors().values().filter_map(|it| of_key((it.session, &it.claim))).collect();
        sessions
            .extend(self.performers().values().filter_map(|it| of_key((it.session, &it.claim))));
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

    /// The stream keys with which somebody is on stage, or waits to be.
    pub fn keys(&self) -> Vec<StreamKeyId> {
        let mut keys: Vec<_> = self.successors().values().filter_map(|it| it.claim.key()).collect();
        keys.extend(self.performers().values().filter_map(|it| it.claim.key()));
        keys
    }

    /// Follows what the media core reports.
    pub async fn heard(&self, event: SfuEvent) {
        let (SfuEvent::PublisherConnected { stage, session }
        | SfuEvent::PublisherMedia { stage, session }
        | SfuEvent::PublisherWaiting { stage, session }
        | SfuEvent::PublisherSilent { stage, session }
        | SfuEvent::PublisherBack { stage, session }
        | SfuEvent::SessionEnded { stage, session, role: SessionRole::Publisher, .. }) = &event
        else {
            return;
        };
        let Ok(show) = stage.as_str().parse() else { return };
        let _turn = self.turn(show).await;
        let done = match event {
            SfuEvent::SessionEnded { reason, .. } => {
                self.explain(show, *session, reason);
                self.lost(show, *session).await
            }
            SfuEvent::PublisherSilent { .. } => self.silent(show, *session, true).await,
            SfuEvent::PublisherBack { .. } => self.silent(show, *session, false).await,
            SfuEvent::PublisherWaiting { .. } => self.take_over(show, *session).await,
            SfuEvent::PublisherConnected { .. } => {
                if let Some(it) = self.successors().get_mut(&show)
                    && it.session == *session
                {
                    it.connected = true;
                }
                Ok(())
            }
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
        let (performers, successors) = (self.performers().clone(), self.successors().clone());
        let nobody = performers.is_empty() && successors.is_empty();
        let sessions: HashMap<SessionId, (bool, bool)> = if nobody {
            HashMap::new()
        } else {
            let stats = self.sfu.stats().await;
            let sessions = stats.sessions.iter();
            sessions
                .map(|it| {
                    (it.session, (it.has_media(), it.publisher().is_some_and(|it| it.silent)))
                })
                .collect()
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
        for (show, successor) in &successors {
            let _turn = self.turn(*show).await;
            if !sessions.contains_key(&successor.session) {
                self.lost(*show, successor.session).await?;
            } else if !self.performers().contains_key(show) {
                self.take_over(*show, successor.session).await?;
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
            // Else the artist has come back since the database was asked, or is about to.
            if !self.performers().contains_key(&show) && !self.successors().contains_key(&show) {
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
                    performer.arrive();
                }
                self.notices.settle(&performer.claim.artist);
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

    /// Tells the artist why a program of theirs is not on stage.
    fn explain(&self, show: ShowId, session: SessionId, reason: EndReason) {
        let on_stage = self.performers().get(&show).map(|it| (it.session, it.claim.clone()));
        let waiting = self.successors().get(&show).map(|it| (it.session, it.claim.clone()));
        let theirs = on_stage.into_iter().chain(waiting).find(|it| it.0 == session);
        if let Some((_, claim)) = theirs
            && claim.key().is_some()
            && let Some(cause) = Cause::of_end(reason)
        {
            self.notices.tell(&claim.artist, &cause, clock::now());
        }
    }

    fn stops_waiting(&self, show: ShowId, session: SessionId) {
        let mut successors = self.successors();
        if successors.get(&show).is_some_and(|it| it.session == session) {
            successors.remove(&show);
        }
    }

    async fn lost(&self, show: ShowId, session: SessionId) -> Result<(), DatabaseError> {
        self.stops_waiting(show, session);
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
        self.successors().remove(&show);
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

    fn successors(&self) -> MutexGuard<'_, HashMap<ShowId, Successor>> {
        self.successors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A show's stage, as the media core calls it.
pub fn stage_id(show: ShowId) -> StageId {
    StageId::from(show.to_string())
}
