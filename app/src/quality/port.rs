//! What quality needs from the server.

use async_trait::async_trait;
use bandstand_domain::{
    ShowId,
    quality::{Explanation, Measured, StageQuality},
    stage::StageError,
};

/// How media flows, for the person who makes the current request.
#[async_trait]
pub trait Quality: Send + Sync {
    /// How the media of one's own show flows.
    async fn of_stage(&self, show: ShowId) -> Result<StageQuality, StageError>;
    /// Why the picture of somebody who watches is as it is; `session` is the name in the address of
    /// their WHEP session.
    async fn explain(
        &self,
        show: ShowId,
        session: String,
        measured: Measured,
    ) -> Result<Explanation, StageError>;
}
