//! End of messages, which rooms keep for so long, and of what moderation keeps.

use bandstand_domain::chat::ChatPlace;

use super::{
    carrying::remove_files,
    news,
    store::{self, Deletion},
};
use crate::{clock, database::DatabaseError, notifications, services::Services};

/// Deletes messages of rooms that keep them no longer, with their files.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn delete_expired(services: &Services) -> Result<(), DatabaseError> {
    loop {
        let now = clock::now();
        let expired = store::expired(&services.database, now).await?;
        if expired.is_empty() {
            return Ok(());
        }
        for (room, id, author) in expired {
            let place = ChatPlace::Room(room);
            let mut write = services.database.begin().await?;
            if store::delete(&mut write, place, id, &author, true, now).await? == Deletion::Now {
                let withdrawn = news::take_back(&mut write, place, id, now).await?;
                let files = remove_files(&mut write, place, id).await?;
                write.commit_unrevised().await?;
                services.files.remove(&files).await;
                services.announce([place.into()]).await;
                notifications::announce(services, withdrawn).await;
            }
        }
    }
}

/// Forgets what moderation has kept for long enough.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn forget_old(services: &Services) -> Result<(), DatabaseError> {
    store::forget_origins(&services.database, clock::now()).await?;
    store::forget_old(&services.database, clock::now()).await
}
