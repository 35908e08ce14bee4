//! Messages that carry files of their room.

use async_trait::async_trait;
use bandstand_domain::{
    RoomId,
    chat::{ChatPlace, MessageId},
};

use super::store;
use crate::{
    database::{DatabaseError, Write},
    uploads::{self, FileCarrier},
};

/// The messages of rooms, which carry files.
#[derive(Clone, Copy, Debug)]
pub struct MessageFiles;

#[async_trait]
impl FileCarrier for MessageFiles {
    async fn lost(
        &self,
        write: &mut Write,
        room: RoomId,
        message: MessageId,
    ) -> Result<(), DatabaseError> {
        store::settle(write, ChatPlace::Room(room), message).await
    }
}

/// Removes the files of a message that is taken away in the same transaction; answers the names of those to be removed
/// from storage after the commit.
pub(super) async fn remove_files(
    write: &mut Write,
    place: ChatPlace,
    message: MessageId,
) -> Result<Vec<String>, DatabaseError> {
    match place {
        ChatPlace::Room(room) => uploads::remove_carried(write, room, message).await,
        ChatPlace::Show(_) => Ok(Vec::new()),
    }
}
