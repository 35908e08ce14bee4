//! What the stage needs from the server.

use async_trait::async_trait;
use bandstand_domain::{
    ShowId,
    figures::{Explanation, Measured, StageFigures},
    live::{JoinTicket, LiveError, StageTicket},
    stream_keys::{NewStreamKey, StreamKey, StreamKeyId},
};

/// The stage, for the person who makes the current request.
#[async_trait]
pub trait Live: Send + Sync {
    /// The right to enter a show: its channel, and its picture and sound. Who says a `name` becomes
    /// a guest called so.
    async fn join(&self, show: ShowId, name: Option<String>) -> Result<JoinTicket, LiveError>;
    /// The right to go on the stage of one's own show; to whom `had` a publication, only as long as no
    /// later one is on stage.
    async fn stage(&self, show: ShowId, had: Option<i64>) -> Result<StageTicket, LiveError>;
    /// Tells the audience that the artist takes a break, or is back.
    async fn pause(&self, show: ShowId, paused: bool) -> Result<(), LiveError>;
    /// Ends one's own show for good.
    async fn end(&self, show: ShowId) -> Result<(), LiveError>;
    /// One's own stream keys, the oldest first.
    async fn stream_keys(&self) -> Result<Vec<StreamKey>, LiveError>;
    /// Makes a stream key of one's own.
    async fn make_stream_key(&self, name: String) -> Result<NewStreamKey, LiveError>;
    /// Makes a stream key of one's own useless, and takes off the stage whoever is there with it.
    async fn revoke_stream_key(&self, id: StreamKeyId) -> Result<(), LiveError>;
    /// How the media of one's own show flows.
    async fn stage_figures(&self, show: ShowId) -> Result<StageFigures, LiveError>;
    /// Why the picture of somebody who watches is as it is; `session` is the name in the address of
    /// their WHEP session.
    async fn explain_picture(
        &self,
        show: ShowId,
        session: String,
        measured: Measured,
    ) -> Result<Explanation, LiveError>;
}
