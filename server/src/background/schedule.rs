//! Schedule of periodic work.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::tasks::TaskGroup;
use crate::database::DatabaseError;

/// Does `work` each `period` among `tasks`, until these end. Of failures in a row the first is logged.
pub fn every<R>(
    tasks: &TaskGroup,
    period: Duration,
    name: &'static str,
    mut work: impl FnMut() -> R + Send + 'static,
) where
    R: Future<Output = Result<(), DatabaseError>> + Send,
{
    tasks.spawn(async move {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            ticks.tick().await;
            match work().await {
                Ok(()) => failing = false,
                Err(error) if !failing => {
                    failing = true;
                    tracing::error!(%error, work = name, "periodic work failed");
                }
                Err(_) => {}
            }
        }
    });
}
