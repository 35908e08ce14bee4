//! Count of those who listen, in browsers and by HTTP, kept for after the show.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bandstand_domain::ShowId;

use crate::{
    database::DatabaseError, media::registry::MediaSessions, radio::mounts::Mounts,
    services::Services, shows, stage::stages::Stages,
};

/// Period of counting.
pub const PERIOD: Duration = Duration::from_secs(10);

/// Counts those who listen.
#[derive(Clone, Debug)]
pub struct ListenerCount {
    /// Services.
    pub services: Arc<Services>,
    /// The media sessions.
    pub sessions: Arc<MediaSessions>,
    /// Sound over HTTP.
    pub mounts: Arc<Mounts>,
    /// Stages, of which those alone count on which somebody is seen or heard.
    pub stages: Arc<Stages>,
}

impl ListenerCount {
    /// Counts those who listen now, once every [`PERIOD`].
    ///
    /// # Errors
    /// Returns an error when the database fails for a show; the others are counted all the same.
    pub async fn count(&self) -> Result<(), DatabaseError> {
        let mut listeners: HashMap<ShowId, usize> = self.sessions.viewers();
        for (show, count) in self.mounts.listeners() {
            *listeners.entry(show).or_default() += count;
        }
        listeners.retain(|show, count| *count > 0 && self.stages.seen(*show).is_some());
        let seconds = u32::try_from(PERIOD.as_secs()).unwrap_or_default();
        shows::note_listeners(&self.services.database, &listeners, seconds).await
    }
}
