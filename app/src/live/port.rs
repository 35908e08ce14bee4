//! What the stage needs from the server.

use async_trait::async_trait;
use bandstand_domain::{
    ShowId,
    quality::{Explanation, Measured, StageQuality},
    stage::{JoinToken, PublishToken, StageError},
    stream_keys::{NewStreamKey, StreamKey, StreamKeyId},
};

/// The stage, for the person who makes the current request.
#[async_trait]
pub trait Live: Send + Sync {
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
    /// One's own stream keys, the oldest first.
    async fn stream_keys(&self) -> Result<Vec<StreamKey>, StageError>;
    /// Makes a stream key of one's own.
    async fn make_stream_key(&self, name: String) -> Result<NewStreamKey, StageError>;
    /// Makes a stream key of one's own useless, and takes off the stage whoever is there with it.
    async fn revoke_stream_key(&self, id: StreamKeyId) -> Result<(), StageError>;
    /// How the media of one's own show flows.
    async fn stage_figures(&self, show: ShowId) -> Result<StageQuality, StageError>;
    /// Why the picture of somebody who watches is as it is; `session` is the name in the address of
    /// their WHEP session.
    async fn explain_picture(
        &self,
        show: ShowId,
        session: String,
        measured: Measured,
    ) -> Result<Explanation, StageError>;
}
