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

use crate::{
    channel::event_log,
    database::{DatabaseError, Write},
};

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
