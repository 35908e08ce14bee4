//! Stages as recordings read them, which know nothing else of the media core.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bandstand_domain::ShowId;
use bandstand_sfu::{OfferError, SessionId, Sfu, StageTap, TappedPacket, TappedTracks};

use super::{source::stage_id, stage_sound::SoundCopies};

/// Shows that are recorded, by how many recorders.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordedShows(Arc<Mutex<HashMap<ShowId, usize>>>);

impl RecordedShows {
    /// Tells whether `show` is recorded.
    pub fn has(&self, show: ShowId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&show)
    }

    fn change(&self, show: ShowId, begins: bool) {
        let mut shows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = shows.entry(show).or_default();
        *count = if begins { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            shows.remove(&show);
        }
    }
}

/// Way of recordings to stages. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct StageReaders {
    pub(super) sfu: Sfu,
    pub(super) recorded: RecordedShows,
    pub(super) copies: SoundCopies,
}

impl StageReaders {
    /// Reads what is on the stage of `show`, whoever is on it.
    ///
    /// # Errors
    /// As the media core.
    pub async fn read(&self, show: ShowId) -> Result<StageReader, OfferError> {
        let tap = self.sfu.tap(stage_id(show), TappedTracks::SoundAndPicture).await?;
        let StageReaders { sfu, recorded, copies } = self.clone();
        recorded.change(show, true);
        Ok(StageReader { tap, show, sfu, recorded, copies })
    }
}

/// Reader of a stage.
#[derive(Debug)]
pub struct StageReader {
    tap: StageTap,
    show: ShowId,
    sfu: Sfu,
    recorded: RecordedShows,
    copies: SoundCopies,
}

impl StageReader {
    /// Tells whether a publisher sends what is read elsewhere, as it comes.
    pub fn is_copy(&self, session: SessionId) -> bool {
        self.copies.has(session)
    }

    /// Takes what waits, up to `most` packets, and returns how many these were; waits for the first. 0 once the
    /// media core has stopped.
    pub async fn next_many(&mut self, into: &mut Vec<TappedPacket>, most: usize) -> usize {
        self.tap.next_many(into, most).await
    }

    /// Asks who is on stage for a keyframe of a layer of the picture.
    pub fn request_keyframe(&self, layer: u8) {
        self.sfu.request_keyframe(stage_id(self.show), layer);
    }
}

impl Drop for StageReader {
    fn drop(&mut self) {
        self.recorded.change(self.show, false);
    }
}
