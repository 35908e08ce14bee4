//! Clearing away what deleted rooms had, in whichever feature.

use bandstand_domain::channel::Topic;

use crate::{
    channel::event_log, chat, clock, database::DatabaseError, happenings, notifications, rooms,
    services::Services, uploads,
};

/// Clears away messages, files, happenings and notifications of rooms that were deleted. Nobody gets to them since.
pub(super) async fn clear(services: &Services) -> Result<(), DatabaseError> {
    for room in rooms::deleted(&services.database).await? {
        loop {
            let mut write = services.database.begin().await?;
            let withdrawn = notifications::withdraw_room(&mut write, room, clock::now()).await?;
            if withdrawn.is_empty() {
                break;
            }
            write.commit_unrevised().await?;
            notifications::announce(services, withdrawn).await;
        }
        let mut write = services.database.begin().await?;
        let files = uploads::remove_all(&mut write, room).await?;
        chat::forget_room(&mut write, room).await?;
        happenings::forget_room(&mut write, room).await?;
        event_log::forget_past(&mut write, Topic::Room(room)).await?;
        rooms::note_cleared(&mut write, room).await?;
        write.commit().await?;
        services.files.remove(&files).await;
    }
    Ok(())
}
