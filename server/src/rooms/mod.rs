//! Rooms: their addresses, their members, and who is let in.

pub mod access;
mod addresses;
pub mod code;
mod entering;
mod inviting;
mod moderation;
pub mod personal_data;
pub mod picture;
pub mod port;
mod store;

use bandstand_domain::{RoomId, channel::Topic};

pub use access::RoomEntry;
pub use store::facts::{RoomFacts, facts, page, role};
pub use store::reading::read_to;

use crate::{
    background::bus::BusMessage,
    clock,
    database::{Database, DatabaseError, Write},
    services::Services,
};

/// Announces that the log of `room` has something new.
async fn announce(services: &Services, room: RoomId) {
    services.announce([Topic::Room(room)]).await;
}

/// Rooms that were deleted, of which something may be left in other features.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn deleted(database: &Database) -> Result<Vec<RoomId>, DatabaseError> {
    store::write::deleted(database).await
}

/// Notes that nothing of the deleted `room` is left elsewhere.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn note_cleared(write: &mut Write, room: RoomId) -> Result<(), DatabaseError> {
    store::write::note_cleared(write, room, clock::now()).await
}

/// Deletes invitations that are over, and guests' memberships that nobody uses.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn sweep(services: &Services) -> Result<(), DatabaseError> {
    let (database, now) = (&services.database, clock::now());
    store::invitations::prune(database, now).await?;
    for (room, person) in store::members::forgotten_guests(database, now).await? {
        let mut write = database.begin().await?;
        if store::members::leave(&mut write, room, &person, now).await? {
            write.commit().await?;
            announce(services, room).await;
            services.bus.publish(BusMessage::RoomLeft(room, person)).await;
        }
    }
    Ok(())
}
