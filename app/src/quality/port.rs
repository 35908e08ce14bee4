//! Needs of quality from the server.

use async_trait::async_trait;
use bandstand_domain::{
    ShowId,
    quality::{Explanation, Measured, StageQuality},
    stage::StageError,
};

/// Quality, for the person who makes the current request.
#[async_trait]
pub trait Quality: Send + Sync {
    /// Quality of the media of the viewer's own show.
    async fn of_stage(&self, show: ShowId) -> Result<StageQuality, StageError>;
    /// Explanation of a viewer's quality; `session` is the name in the address of their WHEP
    /// session.
    async fn explain(
        &self,
        show: ShowId,
        session: String,
        measured: Measured,
    ) -> Result<Explanation, StageError>;
}
