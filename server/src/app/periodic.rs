//! Periodic work of the venue.

use std::{sync::Arc, time::Duration};

use bandstand_domain::Millis;
use bandstand_sfu::SfuEvent;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

use super::venue::Venue;
use crate::{
    accounts::store::email_tokens, background::jobs, channel::event_log, clock,
    database::DatabaseError, media, own_account::deletion, people, services::Services, sessions,
    stage::stages::Stages, stream_keys,
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

/// Starts it all; it ends when the venue closes.
pub(super) fn start(venue: &Venue, events: mpsc::Receiver<SfuEvent>) {
    let Venue { services, stages, media, monitor, core_ended, .. } = venue;
    let tasks = &services.tasks;
    let (hearing, core_ended) = (media.clone(), core_ended.clone());
    tasks.spawn(async move {
        media::run_events(hearing, events).await;
        // When the venue closes, this task ends before the core does.
        tracing::error!(
            "the media core has ended; the program ends so that its supervisor starts it anew"
        );
        core_ended.cancel();
    });
    tasks.spawn(cut_ended(services.clone(), stages.clone()));
    let (media, monitor) = (media.clone(), monitor.clone());
    tasks.spawn(async move {
        let (mut compare, mut tidy, mut prune) = (every(COMPARE), every(TIDY), every(PRUNE));
        let database = &media.services.database;
        loop {
            let (what, done) = tokio::select! {
                _ = compare.tick() => {
                    monitor.observe().await;
                    media.sessions.forget_ended().await;
                    ("stages", media.stages.compare().await)
                }
                _ = tidy.tick() => {
                    media.services.tokens.forget_expired(clock::now());
                    ("abandoned shows", media.stages.end_abandoned().await)
                }
                _ = prune.tick() => {
                    if let Err(error) = stream_keys::prune(database).await {
                        tracing::error!(%error, "revoked keys can't be forgotten");
                    }
                    ("old events", event_log::prune(database, clock::now()).await.map(drop))
                }
            };
            if let Err(error) = done {
                tracing::error!(%error, "{what} can't be looked after");
            }
        }
    });
}

/// Cuts what sessions hold open that were ended, by whatever process of the venue.
async fn cut_ended(services: Arc<Services>, stages: Arc<Stages>) {
    let mut ask = every(ENDED);
    let mut failing = false;
    loop {
        ask.tick().await;
        match end_what_ended(&services, &stages).await {
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
async fn end_what_ended(services: &Services, stages: &Stages) -> Result<(), DatabaseError> {
    let since = clock::now().plus(-LOOK_BACK);
    let names = sessions::ended_since(&services.database, since).await?;
    if !names.is_empty() {
        services.end_sessions(&names).await;
    }
    stages.check_keys().await
}

/// Clears away what has run out: limits each minute, sessions and the rest each hour.
pub(super) async fn sweep(services: Arc<Services>) {
    let mut minutes = interval(Duration::from_secs(60));
    let mut count = 0_u64;
    loop {
        minutes.tick().await;
        services.limits.tidy();
        if count.is_multiple_of(60)
            && let Err(error) = sweep_database(&services).await
        {
            tracing::error!(%error, "what has run out could not be deleted");
        }
        count += 1;
    }
}

async fn sweep_database(services: &Services) -> Result<(), DatabaseError> {
    sessions::sweep(&services.database).await?;
    let mut write = services.database.begin().await?;
    email_tokens::sweep(&mut write).await?;
    jobs::sweep(&mut write).await?;
    people::sweep_handles(&mut write).await?;
    write.commit().await?;
    deletion::erase_due(services).await?;
    people::sweep(services).await
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
