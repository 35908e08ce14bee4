//! Rooms in the database.

pub mod bans;
pub mod facts;
pub mod invitations;
pub mod knocks;
pub mod listed;
pub mod members;
pub mod personal;
pub mod reading;
pub mod write;

use bandstand_domain::{
    Millis, RoomId,
    channel::{Cursor, Topic},
    rooms::RoomEvent,
};
use sqlx::{Row, any::AnyRow};

use crate::{
    channel::event_log,
    database::{DatabaseError, Write},
};

/// The name in a row with `name`, an account's, and `guest`, which somebody without one has.
fn name_of(row: &AnyRow) -> Result<String, DatabaseError> {
    let name: Option<String> = row.try_get("name")?;
    Ok(name.map_or_else(|| row.try_get("guest"), Ok)?)
}

/// Turn of a change of a room: until its transaction ends, nobody else changes that room.
#[derive(Debug)]
pub struct Turn {
    room: RoomId,
    cursor: Cursor,
}

impl Turn {
    /// Waits for the turn. [`Self::tell`] must follow in the same transaction.
    pub async fn take(write: &mut Write, room: RoomId) -> Result<Self, DatabaseError> {
        let cursor = event_log::reserve(write, Topic::Room(room)).await?;
        Ok(Self { room, cursor })
    }

    /// Tells what was changed.
    pub async fn tell(
        self,
        write: &mut Write,
        event: RoomEvent,
        now: Millis,
    ) -> Result<(), DatabaseError> {
        event_log::insert(write, Topic::Room(self.room), self.cursor, &event.into(), now).await
    }
}
