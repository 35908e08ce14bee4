//! Sound of stages for the radio, which knows nothing else of the media core.

use std::sync::Arc;

use bandstand_domain::ShowId;
use bandstand_sfu::{AudioPublisher, OfferError, Sfu, StageTap, TappedTracks};

use super::{registry::MediaSessions, source::stage_id, stage_recording::RecordedShows};

/// Sound of stages, in and out. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct StageSound {
    pub(super) sfu: Sfu,
    pub(super) sessions: Arc<MediaSessions>,
    pub(super) recorded: RecordedShows,
}

impl StageSound {
    /// Sends sound to the viewers of `show`, beside whoever does so already.
    ///
    /// # Errors
    /// As the media core.
    pub async fn publish(&self, show: ShowId) -> Result<AudioPublisher, OfferError> {
        self.sfu.publish_audio(stage_id(show)).await
    }

    /// Reads what viewers of `show` hear.
    ///
    /// # Errors
    /// As the media core.
    pub async fn tap(&self, show: ShowId) -> Result<StageTap, OfferError> {
        self.sfu.tap(stage_id(show), TappedTracks::Sound).await
    }

    /// Tells whether `show` has viewers, or is recorded.
    pub fn is_heard(&self, show: ShowId) -> bool {
        self.sessions.has_viewers(show) || self.recorded.has(show)
    }
}
