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

use std::fmt;

use async_trait::async_trait;
use bandstand_domain::{PersonId, RoomId, channel::Topic, chat::ModerationAct};

pub use access::RoomEntry;
pub use store::facts::{RoomFacts, facts, may_write_still, page, role};
pub use store::reading::read_to;

use crate::{
    background::bus::BusMessage,
    clock,
    database::{Database, DatabaseError, Write},
    services::Services,
};

/// Log of what is done about members, kept by whoever keeps that of the talk.
#[async_trait]
pub trait RoomLog: fmt::Debug + Send + Sync {
    /// Notes in the transaction that does it that `by` did `act` to `whom` in `room`; persons with their names.
    ///
    /// # Errors
    /// Returns an error when the database fails.
    async fn note(
        &self,
        write: &mut Write,
        room: RoomId,
        by: (&PersonId, &str),
        act: ModerationAct,
        whom: (&PersonId, &str),
    ) -> Result<(), DatabaseError>;
}

/// Announces that the log of `room` has something new.
async fn announce(services: &Services, room: RoomId) {
    services.announce([Topic::Room(room)]).await;
}

/// Rooms that were deleted, of which something may be left in other features.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn deleted(database: &Database) -> Result<Vec<RoomId>, DatabaseError> {
    store::write::deleted(database, clock::now()).await
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
    store::bans::forget_origins(database, now).await?;
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
