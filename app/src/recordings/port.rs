//! Needs of recordings from the server.

use async_trait::async_trait;
use bandstand_domain::{
    Millis, ShowId,
    recordings::{Moments, Recording, RecordingError, RecordingForm, RecordingList, Replay},
};

/// Recordings, for the person who makes the current request.
#[async_trait]
pub trait Recordings: Send + Sync {
    /// A recording to be played: one that is published, to who may come to the show; a draft, to who may
    /// change it.
    async fn replay(&self, show: ShowId) -> Result<Replay, RecordingError>;
    /// Messages and crowd of a show from an instant on, for who may play its recording.
    async fn moments(&self, show: ShowId, from: Millis) -> Result<Moments, RecordingError>;
    /// One's own bookmarks in the recording of a show: seconds since its beginning.
    async fn bookmarks(&self, show: ShowId) -> Result<Vec<u64>, RecordingError>;
    /// Keeps a bookmark, or forgets it; answers with all of the show's.
    async fn bookmark(
        &self,
        show: ShowId,
        second: u64,
        kept: bool,
    ) -> Result<Vec<u64>, RecordingError>;
    /// The recording of one's own show; [`Refusal::NotFound`](bandstand_domain::Refusal) without one.
    async fn recording(&self, show: ShowId) -> Result<Recording, RecordingError>;
    /// All of one's own recordings.
    async fn mine(&self) -> Result<RecordingList, RecordingError>;
    /// Changes the recording of one's own show, and the show's text with it.
    async fn update(&self, show: ShowId, form: RecordingForm) -> Result<(), RecordingError>;
    /// Publishes the recording of one's own show, or takes it back.
    async fn publish(&self, show: ShowId, published: bool) -> Result<(), RecordingError>;
    /// Deletes the recording of one's own show, published or not.
    async fn delete(&self, show: ShowId) -> Result<(), RecordingError>;
}
