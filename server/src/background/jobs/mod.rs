//! What is done apart from any request: a queue in the database that survives restarts.
//!
//! A job is leased, tried, and then done, tried again later, or given up. It is done **at least
//! once**: should the program die between a mail server's acknowledgement and the note that the job
//! is over, the mail goes out a second time, with the same `Message-ID`, by which its reader's
//! programs know it. Nothing else sends twice.

mod store;

use std::{sync::Arc, time::Duration};

use bandstand_domain::Millis;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument, info_span};

pub use store::{add, sweep};

use crate::{
    accounts::letters::{self, Composed, Occasion},
    app::venue::Venue,
    database::{Database, DatabaseError},
    mail::{Letter, MailError},
};
use store::Leased;

/// Jobs that are done at the same time, so that one slow mail holds up few others.
const WORKERS: usize = 2;
/// How often the queue is looked at when nobody says that there is something in it.
const LOOK: Duration = Duration::from_secs(5);
/// How often a job is tried. With the waits of [`wait`], that takes about a day and a half.
const ATTEMPTS: i64 = 17;
/// How long one attempt may take; less than a lease.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long jobs under way may take when the venue closes.
const FAREWELL: Duration = Duration::from_secs(5);

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// A mail, composed when it is sent.
    Letter(Occasion),
}

/// Those who do jobs.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    wake: Arc<Notify>,
    tracker: TaskTracker,
}

/// What became of an attempt.
#[derive(Debug)]
enum Outcome {
    /// Done, or nothing is left to do.
    Done,
    /// It may work later.
    Later(String),
    /// It will never work.
    Never(String),
}

impl Jobs {
    /// Says that there may be something to do.
    pub fn wake(&self) {
        self.wake.notify_waiters();
        self.wake.notify_one();
    }

    /// Starts to do jobs, until the venue closes.
    pub fn start(&self, venue: &Arc<Venue>) {
        for _ in 0..WORKERS {
            self.tracker.spawn(work(venue.clone(), self.wake.clone()));
        }
        self.tracker.close();
    }

    /// Waits for jobs under way, for a bounded time. What isn't done by then is leased out again.
    pub async fn end(&self) {
        self.wake.notify_waiters();
        if timeout(FAREWELL, self.tracker.wait()).await.is_err() {
            tracing::info!("jobs under way were left behind");
        }
    }
}

async fn work(venue: Arc<Venue>, wake: Arc<Notify>) {
    let closing: CancellationToken = venue.closing.clone();
    while !closing.is_cancelled() {
        let woken = wake.notified();
        match store::lease(&venue.database).await {
            Ok(Some(leased)) => {
                let span = info_span!("job", id = leased.id, attempt = leased.attempt);
                if let Err(error) = attend(&venue, leased).instrument(span).await {
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
            () = closing.cancelled() => {}
        }
    }
}

/// Does one job and notes what became of it.
async fn attend(venue: &Arc<Venue>, leased: Leased) -> Result<(), DatabaseError> {
    let Leased { id, job, attempt } = leased;
    let outcome = match &job {
        Some(job) => timeout(PATIENCE, attempt_at(venue, &id, job, attempt))
            .await
            .unwrap_or_else(|_| Outcome::Later("it took too long".into())),
        None => Outcome::Never("this version doesn't know it".into()),
    };
    match outcome {
        Outcome::Done => finish(&venue.database, &id, &venue.closing).await,
        Outcome::Later(why) if attempt < ATTEMPTS => {
            tracing::info!(why, "a job will be tried again");
            store::postpone(&venue.database, &id, wait(attempt)).await
        }
        Outcome::Later(why) | Outcome::Never(why) => {
            tracing::warn!(why, "a job was given up");
            store::finish(&venue.database, &id, Some(&why)).await
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

async fn attempt_at(venue: &Arc<Venue>, id: &str, job: &Job, attempt: i64) -> Outcome {
    let Job::Letter(occasion) = job;
    let letter: Letter = match letters::compose(venue, occasion, attempt == 1).await {
        Ok(Composed::Letter(letter)) => letter,
        Ok(Composed::Nothing) => return Outcome::Done,
        Ok(Composed::NotYet) => return Outcome::Later("too many letters to strangers".into()),
        Err(error) => return Outcome::Later(error.to_string()),
    };
    match venue.mail.send(id, &letter).await {
        Ok(()) => Outcome::Done,
        Err(error @ MailError::Refused(_)) => Outcome::Never(error.to_string()),
        Err(error) => Outcome::Later(error.to_string()),
    }
}

/// How long to wait after an attempt, in milliseconds: 10 s, doubled each time, at most 6 h.
fn wait(attempt: i64) -> i64 {
    let doublings = u32::try_from(attempt - 1).unwrap_or_default().min(20);
    ((10 * Millis::SECOND) << doublings).min(6 * Millis::HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_a_job_is_tried_for_more_than_a_day() {
        assert_eq!(wait(1), 10 * Millis::SECOND);
        assert_eq!(wait(4), 80 * Millis::SECOND);
        assert_eq!(wait(60), 6 * Millis::HOUR);
        let all: i64 = (1..ATTEMPTS).map(wait).sum();
        assert!((24 * Millis::HOUR..72 * Millis::HOUR).contains(&all), "{}", all / Millis::HOUR);
    }
}
