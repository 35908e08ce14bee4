//! What the live part of the venue does of its own accord.

use std::{collections::HashSet, time::Duration};

use bandstand_domain::Millis;
use bandstand_sfu::SfuEvent;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

use super::live::Live;
use crate::{
    channel::event_log,
    clock,
    database::{Database, DatabaseError},
    sessions, stream_keys,
};

/// How often stages are compared with the media core, and it is noted how well media flows.
const COMPARE: Duration = Duration::from_secs(10);
/// How often abandoned shows are ended, and used tokens forgotten.
const TIDY: Duration = Duration::from_secs(60);
/// How often it is asked whether sessions were ended by another process.
const ENDED: Duration = Duration::from_secs(2);
/// How far back it is asked, in milliseconds; more than a slow transaction of another process takes.
const LOOK_BACK: i64 = 30 * Millis::SECOND;
/// How often old events are deleted.
const PRUNE: Duration = Duration::from_secs(3_600);

/// Starts the jobs; they end when the venue closes.
pub(super) fn start(live: &Live, mut events: mpsc::Receiver<SfuEvent>, database: Database) {
    let hearing = live.clone();
    live.tasks.spawn(async move {
        while let Some(event) = events.recv().await {
            if let SfuEvent::SessionEnded { session, .. } = &event {
                hearing.holdings.media_over(*session);
                hearing.media.ended(*session);
            }
            hearing.stages.heard(event).await;
        }
        // When the venue closes, this task ends before the core does.
        tracing::error!(
            "the media core has ended; the program ends so that its supervisor starts it anew"
        );
        hearing.core_ended.cancel();
    });
    live.tasks.spawn(cut_ended(live.clone(), database.clone()));
    let tidying = live.clone();
    live.tasks.spawn(async move {
        let (mut compare, mut tidy, mut prune) = (every(COMPARE), every(TIDY), every(PRUNE));
        loop {
            let (what, done) = tokio::select! {
                _ = compare.tick() => {
                    tidying.monitor.observe().await;
                    forget_ended(&tidying).await;
                    ("stages", tidying.stages.compare().await)
                }
                _ = tidy.tick() => {
                    tidying.tokens.forget_expired(clock::now());
                    ("abandoned shows", tidying.stages.end_abandoned().await)
                }
                _ = prune.tick() => {
                    if let Err(error) = stream_keys::prune(&database).await {
                        tracing::error!(%error, "revoked keys can't be forgotten");
                    }
                    ("old events", event_log::prune(&database, clock::now()).await.map(|_| ()))
                }
            };
            if let Err(error) = done {
                tracing::error!(%error, "{what} can't be looked after");
            }
        }
    });
}

/// Cuts what sessions hold open that were ended, by whatever process of the venue.
async fn cut_ended(live: Live, database: Database) {
    let mut ask = every(ENDED);
    let mut failing = false;
    loop {
        ask.tick().await;
        match end_what_ended(&live, &database).await {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::error!(%error, "ended sessions can't be read");
            }
            Err(_) => {}
        }
    }
}

/// One look. Whoever is on stage with a stream key has no session: their key is asked for itself.
async fn end_what_ended(live: &Live, database: &Database) -> Result<(), DatabaseError> {
    let names = sessions::ended_since(database, clock::now().plus(-LOOK_BACK)).await?;
    live.end_sessions(&names).await;
    for key in live.stages.keys() {
        if !stream_keys::is_good(database, key).await? {
            live.stages.revoke(key).await;
        }
    }
    Ok(())
}

/// Forgets media that is over and of which nothing was heard, because there was no room for the event.
/// Names first: what begins in between is not among them.
async fn forget_ended(live: &Live) {
    let mut known = live.media.names();
    known.extend(live.holdings.all_media());
    if known.is_empty() {
        return;
    }
    let stats = live.sfu.stats().await;
    let living: HashSet<_> = stats.sessions.iter().map(|it| it.session).collect();
    for over in known.difference(&living) {
        live.media.ended(*over);
        live.holdings.media_over(*over);
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
