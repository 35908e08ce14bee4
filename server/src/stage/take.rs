//! Taking a stage, and taking it over from somebody else.

use bandstand_domain::{ShowId, stream_keys::StreamKeyId};

use super::{
    notices::Cause,
    performer::{Claim, ClaimProof, Performer, Successor, highest_given},
    source::{OpenedSource, SourceId},
    stages::Stages,
    state::StageInput,
    store,
};
use crate::{
    clock,
    database::DatabaseError,
    ids::AccountId,
    sessions,
    stream_keys::{self, Holder, Tried},
};

/// The most stages that one artist is on, or about to be, at the same time: one that they play, and one
/// or two that they get ready.
const MAX_STAGES: usize = 3;

/// A stage taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// By which source.
    pub source: SourceId,
    /// Number of this publication.
    pub publication: i64,
}

/// Reason for which a stage can't be taken.
#[derive(Debug)]
pub enum PublishError<E> {
    /// The source can't be opened.
    Source(E),
    /// The show is over or gone.
    Over,
    /// The right to go on stage has ended.
    NoRight,
    /// The program that has this stream key was replaced, and its successor is on stage.
    Replaced,
    /// Programs throw each other off this stage with the same stream key.
    Contested,
    /// The artist keeps the stage for another source, which is on it.
    Kept,
    /// The artist is on as many other stages as one may be.
    Elsewhere,
    /// The database failed.
    Database(DatabaseError),
}

impl<E> From<DatabaseError> for PublishError<E> {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

/// Key with which nobody may be on stage; with its artist, and what they are told of it, when it was one.
#[derive(Clone, Debug)]
pub struct WrongKey(Option<(AccountId, Cause)>);

impl Stages {
    /// Takes the stage of `show` with the source that `open` opens when it is free; else that waits
    /// beside it until it can be shown, and takes over then. Whoever waits there already gives way.
    ///
    /// # Errors
    /// [`PublishError`]; nothing has changed then, unless it is that the database failed.
    pub async fn take<E>(
        &self,
        show: ShowId,
        claim: Claim,
        open: impl Future<Output = Result<OpenedSource, E>> + Send,
    ) -> Result<Published, PublishError<E>> {
        let _turn = self.turn(show).await;
        if let Some(key) = claim.key() {
            self.check_quarrel(show, key)?;
        }
        if self.is_kept_from(show, &claim).await? {
            return Err(PublishError::Kept);
        }
        if self.count_elsewhere(show, &claim.artist) >= MAX_STAGES {
            return Err(PublishError::Elsewhere);
        }
        // Whose right has ended takes nothing from anybody.
        if !self.stands(&claim).await? {
            return Err(PublishError::NoRight);
        }
        let OpenedSource { source, waits } = open.await.map_err(PublishError::Source)?;
        let taken = match waits || self.is_held_apart(show) {
            true => self.wait(show, source, claim).await,
            false => self.go_on(show, source, claim).await,
        };
        match taken {
            Ok(Some(publication)) => Ok(Published { source, publication }),
            Ok(None) => {
                self.sources.close(source).await;
                Err(PublishError::Over)
            }
            Err(error) => {
                self.sources.close(source).await;
                Err(error.into())
            }
        }
    }

    /// Finds the holder of the stream key `secret`. Of one that was revoked, `revoked` makes the cause that its
    /// artist is told.
    pub async fn holder(
        &self,
        secret: &str,
        revoked: fn(String) -> Cause,
    ) -> Result<Result<Holder, WrongKey>, DatabaseError> {
        Ok(match stream_keys::tried(&self.database, secret).await? {
            Tried::Good(holder) => Ok(holder),
            Tried::Revoked { account, name, is_token } => {
                let cause = if is_token { Cause::RevokedToken(name) } else { revoked(name) };
                Err(WrongKey(Some((account, cause))))
            }
            Tried::Nothing => Err(WrongKey(None)),
        })
    }

    /// Tells the artist whose key it was, if it was one: once its use is counted, so that nobody fills their
    /// studio with it.
    pub fn tell_wrong(&self, WrongKey(revoked): &WrongKey) {
        if let Some((artist, cause)) = revoked {
            self.notices().tell(artist, cause, clock::now());
        }
    }

    /// Tells whether the stage is kept for somebody else, who is on it and heard. Who is on it with the same right
    /// may come back, as after a broken line.
    async fn is_kept_from(&self, show: ShowId, claim: &Claim) -> Result<bool, DatabaseError> {
        let is_other = |it: &Performer| !it.silent && it.claim.by != claim.by;
        let by_other = self.performers().get(&show).is_some_and(is_other);
        Ok(by_other && store::is_kept(&self.database, show).await?)
    }

    /// Tells whether somebody is on the stage of `show` and heard, so that a newcomer waits beside it.
    pub fn is_held(&self, show: ShowId) -> bool {
        self.performers().get(&show).is_some_and(|it| !it.silent)
    }

    /// The source on the stage of `show` whose sound or picture the audience has.
    pub fn seen(&self, show: ShowId) -> Option<SourceId> {
        self.performers().get(&show).filter(|it| it.is_seen()).map(|it| it.source)
    }

    /// Tells whether somebody waits beside the stage of `show`.
    pub fn is_waited_for(&self, show: ShowId) -> bool {
        self.successors().contains_key(&show)
    }

    /// Tells whether it is held by a source of which the media core may know nothing. A session that the core
    /// takes for its only publisher waits all the same then, until something comes from it.
    fn is_held_apart(&self, show: ShowId) -> bool {
        let performer = self.performers().get(&show).filter(|it| !it.silent).map(|it| it.source);
        performer.is_some_and(|it| self.sources.is_apart(it))
    }

    /// Refuses who would only go on with a quarrel between programs.
    fn check_quarrel<E>(&self, show: ShowId, key: StreamKeyId) -> Result<(), PublishError<E>> {
        let waiting = self.successors().get(&show).cloned();
        let mut performers = self.performers();
        let Some(performer) = performers.get_mut(&show) else { return Ok(()) };
        if performer.keeps_off(key) {
            Err(PublishError::Replaced)
        } else if performer.is_contested(key, waiting.as_ref(), clock::now()) {
            Err(PublishError::Contested)
        } else {
            Ok(())
        }
    }

    /// Counts the stages other than that of `show` that the artist is on, or about to be.
    fn count_elsewhere(&self, show: ShowId, artist: &AccountId) -> usize {
        let theirs = |it: (&ShowId, &Claim)| *it.0 != show && it.1.artist == *artist;
        let on_stage =
            self.performers().iter().map(|it| (it.0, &it.1.claim)).filter(|it| theirs(*it)).count();
        let waiting =
            self.successors().iter().map(|it| (it.0, &it.1.claim)).filter(|it| theirs(*it)).count();
        on_stage + waiting
    }

    /// Tells whether the artist may still be on stage by this claim.
    async fn stands(&self, claim: &Claim) -> Result<bool, DatabaseError> {
        match &claim.by {
            ClaimProof::Key(key) => stream_keys::is_good(&self.database, *key).await,
            ClaimProof::Session(session) => Ok(sessions::is_open(&self.database, session, true)
                .await?
                && stream_keys::may_perform(&self.database, &claim.artist).await?),
        }
    }

    /// Lets a source go on a stage that was free; `None` when the show is over.
    async fn go_on(
        &self,
        show: ShowId,
        source: SourceId,
        claim: Claim,
    ) -> Result<Option<i64>, DatabaseError> {
        // Whoever was there is off it, though that wasn't heard yet, and won't be any more.
        let before = self.performers().remove(&show);
        if before.as_ref().is_some_and(Performer::is_seen) {
            self.happen(show, StageInput::Lost).await?;
        }
        if let Some(before) = &before {
            // Sources of another kind don't give way by themselves.
            self.sources.close(before.source).await;
        }
        let before = before.map(|it| Performer { silent: true, ..it });
        let given = highest_given(before.as_ref(), self.successors().get(&show));
        let taken = store::take(&self.database, show, given).await?;
        let Some(publication) = taken else { return Ok(None) };
        self.dismiss(show).await;
        let performer = Performer::new(source, publication, claim).after(before, clock::now());
        self.performers().insert(show, performer);
        Ok(Some(publication))
    }

    /// Lets a source wait beside a stage; `None` when the show is over. Its number is known to nobody else
    /// until it takes over.
    async fn wait(
        &self,
        show: ShowId,
        source: SourceId,
        claim: Claim,
    ) -> Result<Option<i64>, DatabaseError> {
        let known = store::publication(&self.database, show).await?;
        let Some(known) = known else { return Ok(None) };
        let earlier = self.dismiss(show).await;
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
        let successor = Successor { source, publication, claim, connected: false };
        self.successors().insert(show, successor);
        Ok(Some(publication))
    }

    /// Closes the source that waits beside the stage.
    async fn dismiss(&self, show: ShowId) -> Option<Successor> {
        let waiting = self.successors().remove(&show);
        if let Some(waiting) = &waiting {
            self.sources.close(waiting.source).await;
        }
        waiting
    }

    /// Somebody who waits could take over: they do, if they still may.
    pub(super) async fn take_over(
        &self,
        show: ShowId,
        source: SourceId,
    ) -> Result<(), DatabaseError> {
        let waiting = self.successors().get(&show).cloned();
        let Some(successor) = waiting.filter(|it| it.source == source) else { return Ok(()) };
        // Who was let in while nobody was heard on stage, or before it was kept, may be kept off now.
        let claim = &successor.claim;
        let replaced = claim
            .key()
            .is_some_and(|key| self.performers().get(&show).is_some_and(|it| it.keeps_off(key)));
        let kept = self.is_kept_from(show, claim).await?;
        if replaced || kept || !self.stands(claim).await? {
            if kept && claim.key().is_some() {
                self.notices().tell(&claim.artist, &Cause::Kept, clock::now());
            }
            self.successors().remove(&show);
            self.sources.close(source).await;
            return Ok(());
        }
        if !self.sources.hand_over(show, source).await {
            // It goes on waiting, or its end is on its way here.
            return Ok(());
        }
        let Successor { source, publication, claim, .. } = successor;
        tracing::info!(%show, publication, "stage taken over");
        let before = self.performers().get(&show).cloned();
        let replaced = before.as_ref().map(|it| it.source);
        let performer = Performer::new(source, publication, claim).after(before, clock::now());
        // Found by whoever looks for sessions to end, all the time.
        self.performers().insert(show, performer);
        self.successors().remove(&show);
        if let Some(replaced) = replaced {
            // Sources of another kind don't give way by themselves.
            self.sources.close(replaced).await;
        }
        Ok(())
    }
}
