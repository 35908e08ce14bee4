//! Needs of the stage from the server.

use async_trait::async_trait;
use bandstand_domain::{
    ShowId,
    stage::{JoinToken, PublishToken, StageError},
};

/// The stage, for the person who makes the current request.
#[async_trait]
pub trait StageControl: Send + Sync {
    /// The right to enter a show: its channel, and its picture and sound. Who says a `name` becomes
    /// a guest called so.
    async fn join(&self, show: ShowId, name: Option<String>) -> Result<JoinToken, StageError>;
    /// The right to go on the stage of one's own show; to whom `had` a publication, only as long as no
    /// later one is on stage.
    async fn stage(&self, show: ShowId, had: Option<i64>) -> Result<PublishToken, StageError>;
    /// Tells the audience that the artist takes a break, or is back.
    async fn pause(&self, show: ShowId, paused: bool) -> Result<(), StageError>;
    /// Ends one's own show for good.
    async fn end(&self, show: ShowId) -> Result<(), StageError>;
}
