//! Recordings that nobody publishes: their artists are warned, and then they are deleted.

use std::sync::Arc;

use bandstand_domain::Millis;

use super::{
    discard,
    store::{self, RecordingRow},
};
use crate::{
    accounts::{emails::EmailKind, write_to},
    clock,
    config::Config,
    database::DatabaseError,
    services::Services,
};

const DAY: i64 = 24 * Millis::HOUR;
/// Time between the warning and the deletion, in milliseconds, unless drafts are kept for less than twice that.
const WARNING: i64 = 7 * DAY;

/// Time between the warning and the deletion.
fn warning(config: &Config) -> i64 {
    WARNING.min(kept_for(config) / 2)
}

/// Time for which a draft is kept.
fn kept_for(config: &Config) -> i64 {
    i64::from(config.recordings.days) * DAY
}

/// Time at which a draft is deleted.
pub fn deleted_at(config: &Config, row: &RecordingRow) -> Millis {
    let due = row.changed_at.plus(kept_for(config));
    row.warned_at.map_or(due, |at| due.max(at.plus(warning(config))))
}

/// Warns the artists of drafts that are going to be deleted, and deletes those whose time is over, and the
/// recordings of shows that were deleted.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn expire(services: &Arc<Services>) -> Result<(), DatabaseError> {
    let (now, config) = (clock::now(), &services.config);
    let before = now.plus(warning(config) - kept_for(config));
    for draft in store::to_warn(&services.database, before).await? {
        let mut write = services.database.begin().await?;
        if store::note_warned(&mut write, &draft).await? {
            let store::Unpublished { show, artist, title, .. } = draft;
            let until = draft.since.plus(kept_for(config)).max(now.plus(warning(config)));
            let days = (until.since(now) + DAY - 1) / DAY;
            let kind = EmailKind::DraftExpires { account: artist, show, title, days };
            write_to(&mut write, kind).await?;
        }
        write.commit().await?;
        services.jobs.wake();
    }
    let warned = now.plus(-warning(config));
    for show in store::doomed(&services.database, warned).await? {
        if discard(services, show, Some(warned)).await? {
            tracing::info!(%show, "a recording was deleted that nobody published");
        }
    }
    Ok(())
}
