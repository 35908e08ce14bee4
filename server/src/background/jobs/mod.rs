//! Job queue in the database: work apart from any request, which survives restarts.
//!
//! A job is leased, tried, and then done, tried again later, or given up. It is done **at least
//! once**: should the program die between a mail server's acknowledgement and the note that the job
//! is over, the mail goes out a second time, with the same `Message-ID`, by which its reader's
//! programs know it. Nothing else sends twice.
//!
//! A job that may take hours has a worker of its own, which does one after the other: nobody's mail waits for it.
//! Its lease is renewed for as long as it goes on.

mod store;

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bandstand_domain::Millis;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument, info_span};

pub use store::{DeadJob, JobCount, Request, add, counts, dead, request, sweep};

use super::retry::RetryDelays;
use crate::database::{Database, DatabaseError};
use store::Leased;

/// Jobs that are done at the same time, so that one slow mail holds up few others.
const WORKERS: usize = 2;
/// Time between two renewals of the lease of a job that takes long.
const RENEWAL: Duration = Duration::from_secs(60);
/// Polling interval of the queue, for jobs that no [`Jobs::wake`] announces.
const LOOK: Duration = Duration::from_secs(5);
/// Backoff after an attempt.
const DELAYS: RetryDelays = RetryDelays { first: 10 * Millis::SECOND, most: 6 * Millis::HOUR };
/// Most attempts at one job. With [`DELAYS`], they take about a day and a half.
const ATTEMPTS: i64 = 17;
/// Timeout of one attempt at a job that isn't long; shorter than a lease.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(120);
/// Grace period for jobs under way when the venue closes.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// A kind of job, which a feature defines.
pub trait Job: Serialize + DeserializeOwned {
    /// By which name its payload is kept in the queue.
    const NAME: &'static str;
    /// True if it may take hours. Its handler has to look by itself whether the venue closes.
    const IS_LONG: bool = false;
}

/// One attempt at a job.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The job's identity; the same at each attempt.
    pub id: String,
    /// The [`Job`] as JSON.
    pub payload: Value,
    /// Number of this attempt, from 1 on.
    pub number: i64,
}

impl Attempt {
    /// Tells whether it is given up unless this attempt succeeds.
    pub fn is_last(&self) -> bool {
        self.number >= ATTEMPTS
    }
}

/// The outcome of an attempt.
#[derive(Debug)]
pub enum JobOutcome {
    /// Done, or nothing is left to do.
    Done,
    /// It may work later.
    Later(String),
    /// It will never work.
    Never(String),
    /// The venue closes: it is begun anew at the next start, and this attempt isn't counted.
    Interrupted,
}

impl JobOutcome {
    /// The payload is none that this version knows.
    pub fn unknown() -> Self {
        Self::Never("this version doesn't know it".into())
    }
}

/// Does the jobs of one kind.
#[async_trait]
pub trait JobHandler: Send + Sync {
    /// Tries to do a job.
    async fn attempt(&self, attempt: Attempt) -> JobOutcome;
}

/// Handlers, by the names of the jobs that they do.
pub type JobHandlers = HashMap<&'static str, Box<dyn JobHandler>>;

/// The workers of the queue.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    wake: Arc<Notify>,
    tracker: TaskTracker,
}

struct Worker {
    /// True of the one that does jobs that take long, and no others.
    is_long: bool,
    database: Database,
    closing: CancellationToken,
    handlers: Arc<JobHandlers>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Worker(…)")
    }
}

impl Jobs {
    /// Says that there may be something to do.
    pub fn wake(&self) {
        self.wake.notify_waiters();
        self.wake.notify_one();
    }

    /// Starts to do jobs, until `closing` is cancelled.
    pub fn start(&self, database: &Database, closing: &CancellationToken, handlers: JobHandlers) {
        let handlers = Arc::new(handlers);
        for number in 0..=WORKERS {
            let is_long = number == WORKERS;
            let (database, closing) = (database.clone(), closing.clone());
            let worker = Worker { is_long, database, closing, handlers: handlers.clone() };
            self.tracker.spawn(worker.run(self.wake.clone()));
        }
        self.tracker.close();
    }

    /// Waits for jobs under way, for a bounded time. What isn't done by then is leased out again.
    pub async fn end(&self) {
        self.wake.notify_waiters();
        if timeout(SHUTDOWN_GRACE, self.tracker.wait()).await.is_err() {
            tracing::info!("jobs under way were left behind");
        }
    }
}

impl Worker {
    async fn run(self, wake: Arc<Notify>) {
        while !self.closing.is_cancelled() {
            let woken = wake.notified();
            match store::lease(&self.database, self.is_long).await {
                Ok(Some(leased)) => {
                    let span = info_span!("job", id = leased.id, attempt = leased.attempt);
                    if let Err(error) = self.attend(leased).instrument(span).await {
                        tracing::error!(%error, "the queue of jobs can't be kept");
                        sleep(Duration::from_secs(1)).await;
                    }
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "the queue of jobs can't be read"),
            }
            tokio::select! {
                () = woken => {}
                () = sleep(LOOK) => {}
                () = self.closing.cancelled() => {}
            }
        }
    }

    /// Does one job and notes what became of it.
    async fn attend(&self, leased: Leased) -> Result<(), DatabaseError> {
        let Leased { id, job, attempt } = leased;
        let job = job.and_then(|(name, payload)| Some((self.handlers.get(&*name)?, payload)));
        let outcome = match job {
            Some((handler, payload)) => {
                let work = handler.attempt(Attempt { id: id.clone(), payload, number: attempt });
                let late = |_| JobOutcome::Later("it took too long".into());
                match self.is_long {
                    true => self.renewing(&id, work).await,
                    false => timeout(ATTEMPT_TIMEOUT, work).await.unwrap_or_else(late),
                }
            }
            None => JobOutcome::unknown(),
        };
        match outcome {
            JobOutcome::Interrupted => store::give_back(&self.database, &id).await,
            JobOutcome::Done => finish(&self.database, &id, &self.closing).await,
            JobOutcome::Later(why) if attempt < ATTEMPTS => {
                tracing::info!(why, "a job will be tried again");
                store::postpone(&self.database, &id, DELAYS.after(attempt)).await
            }
            JobOutcome::Later(why) | JobOutcome::Never(why) => {
                tracing::warn!(why, "a job was given up");
                store::finish(&self.database, &id, Some(&why)).await
            }
        }
    }

    /// Does what takes long, and keeps its job leased. Both go on at once: the work may hold the connection that the
    /// renewal waits for.
    async fn renewing(&self, id: &str, work: impl Future<Output = JobOutcome>) -> JobOutcome {
        let renewal = async {
            loop {
                sleep(RENEWAL).await;
                if let Err(error) = store::renew(&self.database, id).await {
                    // It is leased for longer than until the next one.
                    tracing::warn!(%error, "the lease of a job can't be renewed yet");
                }
            }
        };
        tokio::select! {
            outcome = work => outcome,
            () = renewal => JobOutcome::Interrupted,
        }
    }
}

/// Notes that a job is done. What was acknowledged must not be sent again: while the database fails,
/// this goes on trying.
async fn finish(
    database: &Database,
    id: &str,
    closing: &CancellationToken,
) -> Result<(), DatabaseError> {
    loop {
        match store::finish(database, id, None).await {
            Err(error) if !closing.is_cancelled() => {
                tracing::error!(%error, "that a job is done can't be noted yet");
                sleep(Duration::from_secs(1)).await;
            }
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_is_tried_for_more_than_a_day() {
        let all: i64 = (1..ATTEMPTS).map(|it| DELAYS.after(it)).sum();
        assert!((24 * Millis::HOUR..72 * Millis::HOUR).contains(&all), "{}", all / Millis::HOUR);
    }
}
