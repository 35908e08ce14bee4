//! Starting the media core, and following what it reports.

use std::{net::SocketAddr, thread::available_parallelism};

use bandstand_sfu::{Sfu, SfuConfig, SfuEvent, SfuStartError};
use thiserror::Error;
use tokio::sync::mpsc;
use tracing::{Instrument, info_span};

use super::{Media, source::reported};
use crate::config::Config;

/// Failure to start the media core, for the operator.
#[derive(Debug, Error)]
#[error("the media core can't start on UDP {address}: {source}")]
pub struct MediaStartError {
    /// Address at which it was to listen.
    pub address: SocketAddr,
    /// Cause.
    pub source: SfuStartError,
}

/// Starts the media core.
///
/// # Errors
/// [`MediaStartError`].
pub fn start(config: &Config) -> Result<(Sfu, mpsc::Receiver<SfuEvent>), MediaStartError> {
    let core = SfuConfig {
        bind: config.media,
        public_addresses: config.public_addresses.clone(),
        sending_threads: sending_threads(),
        limits: config.media_limits.clone(),
        ..SfuConfig::default()
    };
    Sfu::start(core).map_err(|source| MediaStartError { address: config.media, source })
}

/// Threads that send media: half of the processors. With two or fewer, what threads tell one another
/// costs more than they gain.
fn sending_threads() -> usize {
    let processors = available_parallelism().map_or(1, usize::from);
    if processors > 2 { processors / 2 } else { 0 }
}

/// Follows what the media core reports, until it has ended.
pub async fn run_events(media: Media, mut events: mpsc::Receiver<SfuEvent>) {
    while let Some(event) = events.recv().await {
        if let SfuEvent::SessionEnded { session, .. } = &event {
            media.sessions.ended(*session);
        }
        if let Some((show, source, event)) = reported(event) {
            let span = info_span!("media", %show);
            media.stages.heard(show, source, event).instrument(span).await;
        }
    }
}
