//! Periodic work of the venue: one table.

use std::{convert::Infallible, time::Duration};

use bandstand_domain::Millis;
use bandstand_sfu::SfuEvent;
use tokio::sync::mpsc;

use super::{cleared_rooms, venue::Venue};
use crate::{
    accounts::store::email_tokens,
    api_tokens,
    background::{
        jobs,
        schedule::{HOUR, MINUTE, PeriodicWork, SECOND, every},
    },
    channel::event_log,
    chat, clock,
    database::DatabaseError,
    happenings, media, notifications,
    own_account::deletion,
    people,
    quality::listening::{self, ListenerCount},
    recordings, rooms,
    services::Services,
    sessions,
    stage::stages::Stages,
    storage::StorageError,
    stream_keys, uploads,
};

/// Period of comparing stages with the media core, and of sampling the quality of media.
const COMPARE: Duration = Duration::from_secs(10);
/// Window in which ended sessions are asked for, in milliseconds; more than a slow transaction of another
/// process takes.
const LOOK_BACK: i64 = 30 * Millis::SECOND;

/// Starts to hear the media core and to do the periodic work; both end when the venue closes.
pub(super) fn start(venue: &Venue, events: mpsc::Receiver<SfuEvent>) {
    let (hearing, core_ended) = (venue.media.clone(), venue.core_ended.clone());
    venue.services.tasks.spawn(async move {
        media::run_events(hearing, events).await;
        // When the venue closes, this task ends before the core does.
        tracing::error!(
            "the media core has ended; the program ends so that its supervisor starts it anew"
        );
        core_ended.cancel();
    });
    venue.schedule.start(&venue.services.tasks, table(venue));
}

fn table(venue: &Venue) -> Vec<PeriodicWork> {
    let Venue { services, stages, media, radio, monitor, page_cache, recorders, storing, .. } =
        venue;
    let crowds = &venue.crowds;
    let on_stage = (services.clone(), stages.clone());
    let encoding = (services.clone(), radio.libraries().clone());
    let count = ListenerCount {
        services: services.clone(),
        sessions: media.sessions.clone(),
        mounts: radio.mounts.clone(),
        stages: stages.clone(),
    };
    vec![
        every(2 * SECOND, "forget rendered pages", page_cache, |it| async move {
            it.tidy();
            Ok::<_, Infallible>(())
        }),
        every(SECOND, "cut ended sessions", &on_stage, |(services, stages)| async move {
            cut_ended(&services, &stages).await
        }),
        every(COMPARE, "observe media", monitor, |monitor| async move {
            monitor.observe().await;
            Ok::<_, Infallible>(())
        }),
        every(COMPARE, "compare stages", media, |media| async move {
            media.sessions.forget_ended().await;
            media.stages.compare().await?;
            media.rehearsals.compare().await
        }),
        every(COMPARE, "compare recorders", recorders, |it| async move { it.compare().await }),
        every(
            COMPARE,
            "keep moments of crowds",
            crowds,
            |it| async move { it.keep_moments().await },
        ),
        every(COMPARE, "store recordings", storing, |it| async move { it.store_all().await }),
        every(HOUR, "sweep recordings", storing, |it| async move { it.sweep().await }),
        every(HOUR, "delete drafts of recordings", services, |it| async move {
            recordings::expire(&it).await
        }),
        every(HOUR, "make MP3 of recordings", &encoding, |(services, libraries)| async move {
            match libraries.make_mp3_of_opus() {
                true => recordings::request_missing(&services).await,
                false => Ok(()),
            }
        }),
        every(listening::PERIOD, "count who listens", &count, |it| async move { it.count().await }),
        every(MINUTE, "end abandoned shows", stages, |it| async move { it.end_abandoned().await }),
        every(MINUTE, "end overdue shows", stages, |it| async move { it.end_overdue().await }),
        every(10 * SECOND, "tell reactions", services, |it| async move {
            chat::tell_reactions(&it).await
        }),
        every(
            HOUR,
            "forget old moderation",
            services,
            |it| async move { chat::forget_old(&it).await },
        ),
        every(MINUTE, "forget used tokens", services, |it| async move {
            it.tokens.forget_expired(clock::now());
            Ok::<_, Infallible>(())
        }),
        every(MINUTE, "forget limits", services, |it| async move {
            it.limits.tidy();
            Ok::<_, Infallible>(())
        }),
        every(MINUTE, "clear away deleted rooms", services, |it| async move {
            cleared_rooms::clear(&it).await
        }),
        every(HOUR, "delete messages that rooms keep no longer", services, |it| async move {
            chat::delete_expired(&it).await
        }),
        every(HOUR, "sweep rooms", services, |it| async move { rooms::sweep(&it).await }),
        every(HOUR, "delete old events", services, |it| async move {
            event_log::prune(&it.database, clock::now()).await.map(drop)
        }),
        every(HOUR, "delete revoked stream keys", services, |it| async move {
            stream_keys::prune(&it.database).await
        }),
        every(HOUR, "delete revoked API tokens", services, |it| async move {
            api_tokens::prune(&it.database).await
        }),
        every(HOUR, "delete old sessions", services, |it| async move {
            sessions::sweep(&it.database).await.map(drop)
        }),
        every(HOUR, "delete email tokens", services, |it| async move {
            email_tokens::sweep(&it.database).await
        }),
        every(MINUTE, "remind of happenings", services, |it| async move {
            happenings::news::remind(&it, clock::now()).await
        }),
        every(HOUR, "delete old notifications", services, |it| async move {
            notifications::sweep(&it.database, clock::now()).await
        }),
        every(
            HOUR,
            "delete old jobs",
            services,
            |it| async move { jobs::sweep(&it.database).await },
        ),
        every(HOUR, "release handles", services, |it| async move {
            people::sweep_handles(&it.database).await
        }),
        every(HOUR, "erase accounts", services, |it| async move { deletion::erase_due(&it).await }),
        every(HOUR, "delete unfinished uploads", services, |it| async move {
            uploads::sweep(&it).await
        }),
        every(HOUR, "delete files that nobody keeps", services, |it| async move {
            sweep_files(&it).await
        }),
    ]
}

/// Cuts what sessions hold open that were ended, by whatever process of the venue. Whoever is on stage
/// with a stream key has no session: their key is asked for itself.
async fn cut_ended(services: &Services, stages: &Stages) -> Result<(), DatabaseError> {
    let since = clock::now().plus(-LOOK_BACK);
    let names = sessions::ended_since(&services.database, since).await?;
    if !names.is_empty() {
        services.end_sessions(&names).await;
    }
    stages.check_keys().await
}

async fn sweep_files(services: &Services) -> Result<(), StorageError> {
    // A process of an earlier version, beside this one, keeps pictures without rows.
    people::adopt_pictures(&services.database, &services.files).await?;
    services.files.sweep().await
}
