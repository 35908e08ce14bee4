//! Needs of files in rooms from the server.

use async_trait::async_trait;
use bandstand_domain::{
    RoomId,
    uploads::{FilePage, OwnFiles, RoomFileId, UploadError},
};

/// Files in rooms, for the person who makes the current request.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Files of `room` before a position, the newest first.
    async fn list(&self, room: RoomId, before: Option<i64>) -> Result<FilePage, UploadError>;
    /// One's own files in all rooms, the largest first.
    async fn mine(&self) -> Result<OwnFiles, UploadError>;
    /// Removes files: one's own, or any for who keeps their room in order. Those that are gone are no error.
    async fn remove(&self, ids: Vec<RoomFileId>) -> Result<(), UploadError>;
}
