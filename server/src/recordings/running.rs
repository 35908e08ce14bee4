//! Recorders that run: one for each show that is live and is to be recorded.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, Weak},
    thread,
    time::Instant,
};

use async_trait::async_trait;
use bandstand_domain::{ShowId, recordings::RecordingStop, stage::StageState};
use tokio::sync::{Mutex, oneshot};
use tokio_util::sync::CancellationToken;

use super::{folder, mp3, recorder::ShowRecorder, store, storing::Storing};
use crate::{
    accounts::store::lock,
    background::bus::{BusListener, BusMessage},
    clock,
    database::DatabaseError,
    media::stage_recording::StageReaders,
    services::Services,
    shows::{self, ShowFacts},
    stage::{notices::Cause, stages::Stages},
    storage::folders::make_private,
};

/// Failures of a show's recorders after which it isn't recorded any more.
const MAX_FAILURES: u32 = 4;

/// Recorders of the venue.
#[derive(Debug)]
pub struct Recorders {
    this: Weak<Recorders>,
    services: Arc<Services>,
    stages: Arc<Stages>,
    readers: StageReaders,
    storing: Arc<Storing>,
    running: Mutex<HashMap<ShowId, Running>>,
    /// Number of failures of each show's recorders.
    failures: std::sync::Mutex<HashMap<ShowId, u32>>,
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
        readers: StageReaders,
        storing: Arc<Storing>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this| Recorders {
            this: this.clone(),
            services,
            stages,
            readers,
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
        let facts = facts.filter(|it| it.records && !it.deleted);
        match (facts, running.contains_key(&show)) {
            (Some(facts), false)
                if matches!(facts.stage, StageState::Live | StageState::Paused) =>
            {
                if let Some(recorder) = self.begin(&facts).await? {
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
        // Both clocks at once; and never before what is there, though somebody has put the clock back.
        let began = (Instant::now(), clock::now().max(latest));
        let (stop, ended) = (self.services.tasks.closing().child_token(), CancellationToken::new());
        let who = (show, facts.artist_account.clone());
        let recorder = ShowRecorder::new(self.services.clone(), who, stage, stop.clone(), began);
        let (done, why) = oneshot::channel();
        let made = make_private(&folder(&self.services.config)).and_then(|()| {
            let named = thread::Builder::new().name("recorder".into());
            named.spawn(move || {
                // Nobody waits for it once the venue has closed.
                let _ = done.send(recorder.run());
            })
        });
        let failed = made.err().map(|error| {
            tracing::error!(%error, "a recorder can't begin");
            RecordingStop::Failed
        });
        tracing::info!(%show, "recording");
        let (this, ending) = (self.this.clone(), ended.clone());
        let storing = self.storing.clone();
        let services = self.services.clone();
        self.services.tasks.spawn_to_its_end(async move {
            // A recorder that is gone without a word has panicked.
            let why = why.await.unwrap_or(Some(RecordingStop::Failed));
            ending.cancel();
            if let (Some(this), Some(why)) = (this.upgrade(), failed.or(why)) {
                this.stopped(show, why).await;
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
            let count = failures.entry(show).or_default();
            *count += 1;
            if *count < MAX_FAILURES {
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
