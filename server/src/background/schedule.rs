//! Periodic work: one table, each row a task of its own.
//!
//! A run never overlaps the next of the same work; one that is late isn't made up for. How each went is
//! kept for the metrics.

use std::{
    error::Error,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bandstand_domain::Millis;
use futures::TryFutureExt;
use tokio::time::{MissedTickBehavior, interval};

use super::tasks::TaskGroup;
use crate::clock;

/// A second.
pub const SECOND: Duration = Duration::from_secs(1);
/// A minute.
pub const MINUTE: Duration = Duration::from_secs(60);
/// An hour.
pub const HOUR: Duration = Duration::from_secs(3_600);

/// The failure of a run, for the log.
type WorkError = Box<dyn Error + Send + Sync>;
type Run = Pin<Box<dyn Future<Output = Result<(), WorkError>> + Send>>;

/// One row of the table of periodic work.
pub struct PeriodicWork {
    name: &'static str,
    period: Duration,
    run: Box<dyn Fn() -> Run + Send + Sync>,
}

impl fmt::Debug for PeriodicWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeriodicWork({} every {:?})", self.name, self.period)
    }
}

/// Work called `name` in logs and metrics, done with `context` at the start and then once a `period`.
pub fn every<C, F, E>(
    period: Duration,
    name: &'static str,
    context: &C,
    run: impl Fn(C) -> F + Send + Sync + 'static,
) -> PeriodicWork
where
    C: Clone + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<WorkError> + 'static,
{
    let context = context.clone();
    let run = move || -> Run { Box::pin(run(context.clone()).map_err(Into::into)) };
    PeriodicWork { name, period, run: Box::new(run) }
}

/// The history of one periodic work in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkHistory {
    /// The name of the work.
    pub name: &'static str,
    /// The end of the last run without failure.
    pub last_success: Option<Millis>,
    /// The end of the last run with a failure.
    pub last_failure: Option<Millis>,
    /// Runs with a failure.
    pub failures: u64,
}

/// The schedule. Cloning gives another handle to the same.
#[derive(Clone, Debug, Default)]
pub struct Schedule(Arc<Mutex<Vec<WorkHistory>>>);

impl Schedule {
    /// Starts all work of `table`; it ends with `tasks`.
    pub fn start(&self, tasks: &TaskGroup, table: Vec<PeriodicWork>) {
        for work in table {
            let index = {
                let mut histories = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                histories.push(WorkHistory {
                    name: work.name,
                    last_success: None,
                    last_failure: None,
                    failures: 0,
                });
                histories.len() - 1
            };
            let schedule = self.clone();
            tasks.spawn(async move {
                let mut ticks = interval(work.period);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                loop {
                    ticks.tick().await;
                    let done = (work.run)().await;
                    schedule.note(index, &work, done);
                }
            });
        }
    }

    /// Returns the history of each work.
    pub fn histories(&self) -> Vec<WorkHistory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes the end of a run. Of frequent work, the first failure in a row is logged.
    fn note(&self, index: usize, work: &PeriodicWork, done: Result<(), WorkError>) {
        let mut histories = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let history = &mut histories[index];
        match done {
            Ok(()) => history.last_success = Some(clock::now()),
            Err(error) => {
                let in_a_row = history.last_failure > history.last_success;
                if !in_a_row || work.period >= MINUTE {
                    tracing::error!(%error, work = work.name, "periodic work failed");
                }
                history.last_failure = Some(clock::now());
                history.failures += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn failing_work_is_done_again_next_period() {
        let (schedule, tasks) = (Schedule::default(), TaskGroup::default());
        let runs = Arc::new(AtomicU32::new(0));
        let table = vec![
            every(Duration::from_millis(1), "count", &runs, |runs| async move {
                let first = runs.fetch_add(1, Ordering::Relaxed) == 0;
                if first { Err("broken") } else { Ok(()) }
            }),
            every(HOUR, "rest", &(), |()| async { Ok::<_, WorkError>(()) }),
        ];
        schedule.start(&tasks, table);
        while runs.load(Ordering::Relaxed) < 4 {
            tokio::task::yield_now().await;
        }
        let [count, rest] = schedule.histories()[..] else { panic!("two works") };
        assert_eq!((count.name, count.failures), ("count", 1));
        assert!(count.last_failure.is_some() && count.last_success.is_some());
        assert_eq!((rest.name, rest.failures, rest.last_failure), ("rest", 0, None));
        tasks.end().await;
    }
}
