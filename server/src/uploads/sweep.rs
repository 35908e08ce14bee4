//! Sweep of uploads that nobody finishes.

use std::{fs, time::Duration};

use bandstand_domain::uploads::{RoomFileId, UNFINISHED_AGE};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{finishing::discard, incoming, removing::remove_unsent, store};
use crate::{clock, database::DatabaseError, services::Services};

/// Ages between which a file without a row is swept: it may be coming, or belong to another database.
const SWEPT: std::ops::Range<Duration> =
    Duration::from_secs(3_600)..Duration::from_secs(72 * 3_600);

/// Discards uploads that began more than a day ago, what came for messages that nobody sent, and what lies in the
/// folder of uploads without one.
///
/// # Errors
/// Fails when the database does.
pub async fn sweep(services: &Services) -> Result<(), DatabaseError> {
    let before = clock::now().plus(-UNFINISHED_AGE);
    for upload in store::begun_before(&services.database, before).await? {
        discard(services, &upload).await?;
    }
    remove_unsent(services, before).await?;
    let folder = incoming::folder(&services.config);
    let there = spawn_blocking(move || old_files(&folder)).await.unwrap_or_default();
    for id in there {
        if store::upload(&services.database, id).await?.is_none() {
            incoming::remove(&services.config, id).await;
        }
    }
    Ok(())
}

/// Identities of what lies in a folder for long enough.
fn old_files(folder: &std::path::Path) -> Vec<RoomFileId> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let id = |entry: fs::DirEntry| {
        let changed = entry.metadata().ok()?.modified().ok()?;
        let name = entry.file_name().into_string().ok()?;
        let name = name.strip_suffix("-done").unwrap_or(&name);
        let is_old = changed.elapsed().is_ok_and(|age| SWEPT.contains(&age));
        is_old.then(|| Uuid::parse_str(name).ok().map(RoomFileId)).flatten()
    };
    entries.flatten().filter_map(id).collect()
}
