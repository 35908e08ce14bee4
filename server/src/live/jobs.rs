//! What the live part of the venue does of its own accord.

use std::time::Duration;

use bandstand_sfu::Event;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

use super::{Live, log};
use crate::{clock, database::Database};

/// How often stages are compared with the media core.
const COMPARE: Duration = Duration::from_secs(10);
/// How often abandoned shows are ended, and used tokens forgotten.
const TIDY: Duration = Duration::from_secs(60);
/// How often old events are deleted.
const PRUNE: Duration = Duration::from_secs(3_600);

/// Starts the jobs; they end when the venue closes.
pub(super) fn start(live: &Live, mut events: mpsc::Receiver<Event>, database: Database) {
    let hearing = live.clone();
    live.tasks.spawn(async move {
        while let Some(event) = events.recv().await {
            hearing.stages.heard(event).await;
        }
    });
    let tidying = live.clone();
    live.tasks.spawn(async move {
        let (mut compare, mut tidy, mut prune) = (every(COMPARE), every(TIDY), every(PRUNE));
        loop {
            let (what, done) = tokio::select! {
                _ = compare.tick() => ("stages", tidying.stages.compare().await),
                _ = tidy.tick() => {
                    tidying.tokens.forget_expired(clock::now());
                    ("abandoned shows", tidying.stages.end_abandoned().await)
                }
                _ = prune.tick() => {
                    ("old events", log::prune(&database, clock::now()).await.map(|_| ()))
                }
            };
            if let Err(error) = done {
                tracing::error!(%error, "{what} can't be looked after");
            }
        }
    });
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
