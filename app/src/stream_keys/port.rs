//! Needs of stream keys from the server.

use async_trait::async_trait;
use bandstand_domain::{
    stage::StageError,
    stream_keys::{NewStreamKey, StreamKey, StreamKeyId},
};

/// Stream keys, for the person who makes the current request.
#[async_trait]
pub trait StreamKeys: Send + Sync {
    /// One's own stream keys, the oldest first.
    async fn list(&self) -> Result<Vec<StreamKey>, StageError>;
    /// Makes a stream key of one's own.
    async fn make(&self, name: String) -> Result<NewStreamKey, StageError>;
    /// Makes a stream key of one's own useless, and takes off the stage whoever is there with it.
    async fn revoke(&self, id: StreamKeyId) -> Result<(), StageError>;
}
