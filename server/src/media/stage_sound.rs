//! Sound of stages for the radio, which knows nothing else of the media core.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use bandstand_domain::ShowId;
use bandstand_sfu::{AudioPublisher, OfferError, SessionId, Sfu, StageTap, TappedTracks};

use super::{registry::MediaSessions, source::stage_id, stage_recording::RecordedShows};

/// Copies that are known, at most, of the whole venue: more than there are stages. The oldest give way.
const MAX_COPIES: usize = 4_096;

/// Publishers in the media core that send there what is recorded where it comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct SoundCopies(Arc<Mutex<VecDeque<SessionId>>>);

impl SoundCopies {
    /// Tells whether `session` is one, or was.
    pub fn has(&self, session: SessionId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&session)
    }

    fn add(&self, session: SessionId) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= MAX_COPIES {
            sessions.pop_front();
        }
        sessions.push_back(session);
    }
}

/// Sound of stages, in and out. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct StageSound {
    pub(super) sfu: Sfu,
    pub(super) sessions: Arc<MediaSessions>,
    pub(super) recorded: RecordedShows,
    pub(super) copies: SoundCopies,
}

impl StageSound {
    /// Sends sound to the viewers of `show`, beside whoever does so already. Recordings have it as well, unless it is
    /// a `copy` of what they read themselves.
    ///
    /// # Errors
    /// As the media core.
    pub async fn publish(&self, show: ShowId, copy: bool) -> Result<AudioPublisher, OfferError> {
        let publisher = self.sfu.publish_audio(stage_id(show)).await?;
        if copy {
            self.copies.add(publisher.session());
        }
        Ok(publisher)
    }

    /// Reads what viewers of `show` hear.
    ///
    /// # Errors
    /// As the media core.
    pub async fn tap(&self, show: ShowId) -> Result<StageTap, OfferError> {
        self.sfu.tap(stage_id(show), TappedTracks::Sound).await
    }

    /// Tells whether `show` has viewers.
    pub fn has_viewers(&self, show: ShowId) -> bool {
        self.sessions.has_viewers(show)
    }

    /// Tells whether `show` is recorded.
    pub fn is_recorded(&self, show: ShowId) -> bool {
        self.recorded.has(show)
    }
}
