//! Needs of the stage from the server.

use async_trait::async_trait;
use bandstand_domain::{
    ShowId,
    stage::{DoorToken, JoinToken, PublishToken, StageError},
};

/// The stage, for the person who makes the current request.
#[async_trait]
pub trait StageControl: Send + Sync {
    /// The right to enter a show: its channel, and its picture and sound. Who says a `name` becomes
    /// a guest called so.
    async fn join(&self, show: ShowId, name: Option<String>) -> Result<JoinToken, StageError>;
    /// The right to see a stage that somebody is on, from the door of a show that guests may enter.
    async fn look(&self, show: ShowId) -> Result<DoorToken, StageError>;
    /// The right to go on the stage of one's own show; to whom `had` a publication, only as long as no
    /// later one is on stage.
    async fn stage(&self, show: ShowId, had: Option<i64>) -> Result<PublishToken, StageError>;
    /// The right to rehearse one's own show, and to see and hear that, before it is live.
    async fn rehearsal(&self, show: ShowId) -> Result<PublishToken, StageError>;
    /// Tells the audience that the artist takes a break, or is back.
    async fn pause(&self, show: ShowId, paused: bool) -> Result<(), StageError>;
    /// Keeps one's own stage for the source that is on it, or lets newer ones take over again.
    async fn keep_stage(&self, show: ShowId, keep: bool) -> Result<(), StageError>;
    /// Records one's own show while it is live, or no longer.
    async fn record(&self, show: ShowId, record: bool) -> Result<(), StageError>;
    /// Gives what plays on one's own stage from now on a title; empty when nothing is to be known.
    async fn set_title(&self, show: ShowId, title: String) -> Result<(), StageError>;
    /// Ends one's own show; its artist can take that back for a while.
    async fn end(&self, show: ShowId) -> Result<(), StageError>;
    /// Takes back the end of one's own show, a moment ago.
    async fn reopen(&self, show: ShowId) -> Result<(), StageError>;
}
