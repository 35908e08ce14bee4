//! Periodic work of the venue: one table.

use std::{sync::Arc, time::Duration};

use bandstand_domain::Millis;
use bandstand_sfu::SfuEvent;
use futures::future::BoxFuture;
use tokio::sync::mpsc;

use super::venue::Venue;
use crate::{
    accounts::store::email_tokens,
    background::{jobs, schedule},
    channel::event_log,
    clock,
    database::DatabaseError,
    media,
    own_account::deletion,
    people, sessions, stream_keys,
};

/// How far back it is asked which sessions have ended, in milliseconds; more than a slow transaction of
/// another process takes.
const LOOK_BACK: i64 = 30 * Millis::SECOND;
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

type Work = fn(Arc<Venue>) -> BoxFuture<'static, Result<(), DatabaseError>>;

/// Each period, name and work.
const TABLE: [(Duration, &str, Work); 8] = [
    (Duration::from_secs(2), "cut what ended sessions hold", |it| Box::pin(cut_ended(it))),
    (Duration::from_secs(10), "compare stages with the media core", |it| Box::pin(compare(it))),
    (MINUTE, "end abandoned shows", |it| Box::pin(async move { it.stages.end_abandoned().await })),
    (MINUTE, "forget used tokens and rate limits", |it| Box::pin(forget(it))),
    (HOUR, "forget old events", |it| Box::pin(prune_events(it))),
    (HOUR, "forget revoked stream keys", |it| {
        Box::pin(async move { stream_keys::prune(&it.services.database).await })
    }),
    (HOUR, "delete what has run out", |it| Box::pin(sweep(it))),
    (HOUR, "erase accounts and pictures", |it| Box::pin(erase(it))),
];

/// Starts it all; it ends when the venue closes.
pub(super) fn start(venue: &Arc<Venue>, events: mpsc::Receiver<SfuEvent>) {
    let tasks = &venue.services.tasks;
    let (media, core_ended) = (venue.media.clone(), venue.core_ended.clone());
    tasks.spawn(async move {
        media::run_events(media, events).await;
        // When the venue closes, this task ends before the core does.
        tracing::error!(
            "the media core has ended; the program ends so that its supervisor starts it anew"
        );
        core_ended.cancel();
    });
    for (period, name, work) in TABLE {
        let venue = venue.clone();
        schedule::every(tasks, period, name, move || work(venue.clone()));
    }
}

/// Cuts what sessions hold open that were ended, by whatever process of the venue. Whoever is on stage
/// with a stream key has no session: their key is asked for itself.
async fn cut_ended(venue: Arc<Venue>) -> Result<(), DatabaseError> {
    let since = clock::now().plus(-LOOK_BACK);
    let names = sessions::ended_since(&venue.services.database, since).await?;
    if !names.is_empty() {
        venue.services.end_sessions(&names).await;
    }
    venue.stages.check_keys().await
}

async fn compare(venue: Arc<Venue>) -> Result<(), DatabaseError> {
    venue.monitor.observe().await;
    venue.media.sessions.forget_ended().await;
    venue.stages.compare().await
}

async fn forget(venue: Arc<Venue>) -> Result<(), DatabaseError> {
    venue.services.tokens.forget_expired(clock::now());
    venue.services.limits.tidy();
    Ok(())
}

async fn prune_events(venue: Arc<Venue>) -> Result<(), DatabaseError> {
    event_log::prune(&venue.services.database, clock::now()).await.map(drop)
}

async fn sweep(venue: Arc<Venue>) -> Result<(), DatabaseError> {
    let database = &venue.services.database;
    sessions::sweep(database).await?;
    let mut write = database.begin().await?;
    email_tokens::sweep(&mut write).await?;
    jobs::sweep(&mut write).await?;
    people::sweep_handles(&mut write).await?;
    write.commit().await
}

async fn erase(venue: Arc<Venue>) -> Result<(), DatabaseError> {
    deletion::erase_due(&venue.services).await?;
    people::sweep(&venue.services).await
}
