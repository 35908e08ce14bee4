//! What the stage needs from the server.

use async_trait::async_trait;
use bandstand_domain::{
    ShowId,
    live::{JoinTicket, LiveError, StageTicket},
};

/// The stage, for the person who makes the current request.
#[async_trait]
pub trait Live: Send + Sync {
    /// The right to enter a show: its channel, and its picture and sound.
    async fn join(&self, show: ShowId) -> Result<JoinTicket, LiveError>;
    /// The right to go on the stage of one's own show.
    async fn stage(&self, show: ShowId) -> Result<StageTicket, LiveError>;
    /// Tells the audience that the artist takes a break, or is back.
    async fn pause(&self, show: ShowId, paused: bool) -> Result<(), LiveError>;
    /// Ends one's own show for good.
    async fn end(&self, show: ShowId) -> Result<(), LiveError>;
}
