//! Happenings of rooms: planning, answers, reminders, calendar files.

mod ical;
pub mod news;
pub mod personal_data;
mod port;
mod store;

pub use ical::routes;

use bandstand_domain::RoomId;

use crate::database::{DatabaseError, Write};

/// Forgets all happenings of `room`, in the transaction that clears the room away.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn forget_room(write: &mut Write, room: RoomId) -> Result<(), DatabaseError> {
    store::forget_room(write, room).await
}
