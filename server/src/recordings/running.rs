//! Recorders that run: one for each show that is live and is to be recorded.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bandstand_domain::{Millis, ShowId, recordings::RecordingStop, stage::StageState};
use tokio::sync::{Mutex, oneshot};
use tokio_util::sync::CancellationToken;

use super::{folder, mp3, recorder::ShowRecorder, show_input::ShowInput, store, storing::Storing};
use crate::{
    accounts::store::lock,
    background::bus::{BusListener, BusMessage},
    clock,
    database::DatabaseError,
    media::stage_recording::StageReaders,
    radio::{mount_reader::MountReader, mounts::Mounts},
    services::Services,
    shows::{self, ShowFacts},
    stage::{notices::Cause, stages::Stages},
    storage::folders::make_private,
};

/// Failures of a show's recorders after which it isn't recorded any more, and the least time from one to the next
/// attempt.
const MAX_FAILURES: u32 = 4;
const RETRY_PAUSE: Duration = Duration::from_secs(5);
/// The most that sound turns out to have been heard before it came.
const MAX_AHEAD: i64 = 10 * Millis::SECOND;

/// Recorders of the venue.
#[derive(Debug)]
pub struct Recorders {
    this: Weak<Recorders>,
    services: Arc<Services>,
    stages: Arc<Stages>,
    readers: StageReaders,
    mounts: Arc<Mounts>,
    storing: Arc<Storing>,
    running: Mutex<HashMap<ShowId, Running>>,
    /// Failures of each show's recorders.
    failures: std::sync::Mutex<HashMap<ShowId, Failures>>,
}

/// Failures of a show's recorders: how many, and when the last was.
#[derive(Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

/// Recorder that runs.
#[derive(Debug)]
struct Running {
    /// Ends it.
    stop: CancellationToken,
    /// Cancelled once it has ended.
    ended: CancellationToken,
}

impl Recorders {
    /// None yet.
    pub fn new(
        services: Arc<Services>,
        stages: Arc<Stages>,
        (readers, mounts): (StageReaders, Arc<Mounts>),
        storing: Arc<Storing>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this| Recorders {
            this: this.clone(),
            services,
            stages,
            readers,
            mounts,
            storing,
            running: Mutex::default(),
            failures: std::sync::Mutex::default(),
        })
    }

    /// Has every show recorded that is to be, and no other.
    ///
    /// # Errors
    /// Returns an error when the database fails.
    pub async fn compare(&self) -> Result<(), DatabaseError> {
        let recorded: Vec<_> = self.running.lock().await.keys().copied().collect();
        let mut shows = self.stages.performed();
        shows.extend(recorded);
        shows.sort_unstable();
        shows.dedup();
        for show in shows {
            self.settle(show).await?;
        }
        Ok(())
    }

    /// Begins or ends to record `show`, as its stage and its artist say.
    async fn settle(&self, show: ShowId) -> Result<(), DatabaseError> {
        let mut running = self.running.lock().await;
        running.retain(|_, it| !it.ended.is_cancelled());
        let facts = shows::facts(&self.services.database, show).await?;
        let told = facts.as_ref().is_some_and(|it| it.recorded);
        let facts = facts.filter(|it| it.records && !it.deleted);
        match (&facts, running.contains_key(&show)) {
            (Some(facts), false)
                if matches!(facts.stage, StageState::Live | StageState::Paused)
                    && self.is_due(show) =>
            {
                if let Some(recorder) = self.begin(facts).await? {
                    running.insert(show, recorder);
                }
            }
            (Some(facts), true) if facts.stage.is_on_air() => {}
            (_, true) => {
                if let Some(recorder) = running.remove(&show) {
                    recorder.stop.cancel();
                }
                self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(&show);
            }
            (_, false) => {}
        }
        // The audience is told of the recorder, and not of the switch.
        let recorded = running.contains_key(&show);
        if recorded != told {
            self.stages.note_recorded(show, recorded).await?;
        }
        Ok(())
    }

    /// Tells whether a recorder of `show` may begin: none has failed a moment ago.
    fn is_due(&self, show: ShowId) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(&show).is_none_or(|it| it.last.elapsed() >= RETRY_PAUSE)
    }

    /// Tells the audience that a recorder of `show` has ended, unless another one is at it.
    async fn note_end(&self, show: ShowId) -> Result<(), DatabaseError> {
        let mut running = self.running.lock().await;
        running.retain(|_, it| !it.ended.is_cancelled());
        if !running.contains_key(&show) {
            self.stages.note_recorded(show, false).await?;
        }
        Ok(())
    }

    /// Notes that a show is recorded. What is recorded from now on is a draft, whatever was published before.
    async fn note_begin(&self, facts: &ShowFacts) -> Result<(), DatabaseError> {
        let (services, show) = (&self.services, facts.id);
        let mut write = services.database.begin().await?;
        lock(&mut write, &facts.artist_account).await?;
        store::begin(&mut write, show, clock::now()).await?;
        let gone = mp3::forget(&mut write, show).await?;
        if facts.replay {
            shows::set_replay(&mut write, show, None).await?;
            shows::append_changed(&mut write, show).await?;
        }
        write.commit().await?;
        services.files.remove(&gone).await;
        if facts.replay {
            shows::announce(services, show).await;
        }
        Ok(())
    }

    async fn begin(&self, facts: &ShowFacts) -> Result<Option<Running>, DatabaseError> {
        let show = facts.id;
        let Ok(stage) = self.readers.read(show).await else { return Ok(None) };
        self.note_begin(facts).await?;
        let latest = store::latest_end(&self.services.database, show).await?;
        // Both clocks at once; and never before what is there, though somebody has put the clock back. Sound that is
        // ahead may turn out to have been heard before.
        let (instant, now) = (Instant::now(), clock::now());
        let ahead = now.since(latest).clamp(0, MAX_AHEAD);
        let ahead_time = Duration::from_millis(ahead.unsigned_abs());
        let began = match instant.checked_sub(ahead_time) {
            Some(instant) => (instant, now.max(latest).plus(-ahead)),
            None => (instant, now.max(latest)),
        };
        let (stop, ended) = (self.services.tasks.closing().child_token(), CancellationToken::new());
        let who = (show, facts.artist_account.clone());
        let input = ShowInput::new(stage, MountReader::new(self.mounts.clone(), show));
        let recorder = ShowRecorder::new(self.services.clone(), who, input, stop.clone(), began);
        let (done, why) = oneshot::channel();
        let made = make_private(&folder(&self.services.config)).and_then(|()| {
            let named = thread::Builder::new().name("recorder".into());
            named.spawn(move || {
                // Nobody waits for it once the venue has closed.
                let _ = done.send(recorder.run());
            })
        });
        if let Err(error) = made {
            tracing::error!(%error, "a recorder can't begin");
            self.stopped(show, RecordingStop::Failed).await;
            return Ok(None);
        }
        tracing::info!(%show, "recording");
        let (this, ending) = (self.this.clone(), ended.clone());
        let storing = self.storing.clone();
        let services = self.services.clone();
        self.services.tasks.spawn_to_its_end(async move {
            // A recorder that is gone without a word has panicked.
            let why = why.await.unwrap_or(Some(RecordingStop::Failed));
            ending.cancel();
            if let (Some(this), Some(why)) = (this.upgrade(), why) {
                this.stopped(show, why).await;
            }
            if !services.tasks.closing().is_cancelled()
                && let Some(this) = this.upgrade()
                && let Err(error) = this.note_end(show).await
            {
                // The next comparison makes it good.
                tracing::error!(%show, %error, "the end of a recorder can't be told yet");
            }
            // When the venue closes, the next start does it: nobody waits for large files.
            if !services.tasks.closing().is_cancelled()
                && let Err(error) = storing.store_all().await
            {
                tracing::error!(%error, "recordings can't be stored yet");
            }
        });
        Ok(Some(Running { stop, ended }))
    }

    /// Tells the artist that their show isn't recorded any more, and doesn't try it again before they do. What has
    /// failed for another reason than want of room is tried again some times.
    async fn stopped(&self, show: ShowId, why: RecordingStop) {
        if why == RecordingStop::Failed {
            let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
            let none = || Failures { count: 0, last: Instant::now() };
            let failures = failures.entry(show).or_insert_with(none);
            *failures = Failures { count: failures.count + 1, last: Instant::now() };
            if failures.count < MAX_FAILURES {
                tracing::warn!(%show, "a recording has failed, and begins anew");
                return;
            }
        }
        tracing::warn!(%show, ?why, "a recording has ended before its show");
        let noted = async {
            store::stop(&self.services.database, show, why).await?;
            self.stages.record(show, false).await?;
            shows::facts(&self.services.database, show).await
        };
        match noted.await {
            Ok(Some(facts)) => {
                let cause = Cause::Recording(why);
                self.stages.notices().tell(&facts.artist_account, &cause, clock::now());
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%show, %error, "the end of a recording can't be noted"),
        }
    }
}

#[async_trait]
impl BusListener for Recorders {
    async fn receive(&self, message: &BusMessage) {
        let (BusMessage::StageChanged(show, ..) | BusMessage::ShowDeleted(show)) = message else {
            return;
        };
        let (show, this) = (*show, self.this.clone());
        // Who changes the stage doesn't wait for it.
        self.services.tasks.spawn(async move {
            if let Some(this) = this.upgrade()
                && let Err(error) = this.settle(show).await
            {
                // The next comparison makes it good.
                tracing::error!(%show, %error, "a show can't be recorded yet");
            }
        });
    }
}
