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

use crate::{background::bus::BusMessage, clock, database::DatabaseError, services::Services};

/// Announces that the log of `room` has something new.
async fn announce(services: &Services, room: RoomId) {
    services.announce([Topic::Room(room)]).await;
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
