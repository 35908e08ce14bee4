//! The stage: who may go on it, what happens there, and the live channel that tells everybody.

use std::{io, sync::Arc};

use axum::{Router, routing::get};
use bandstand_domain::{ShowId, channel::Topic};
use bandstand_sfu::Sfu;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::{periodic, venue::Venue};
use crate::{
    background::tasks::Tasks,
    channel::{hub::Hub, socket},
    clock,
    config::Config,
    crowd::Crowds,
    crypto::token::Tokens,
    database::{Database, DatabaseError},
    http::connections::Connections,
    media, quality,
    sessions::{
        self,
        open_sessions::{Holdings, MOST_MEDIA},
    },
    stage::{notices::Notices, performers::Stages},
};

/// The most live channels of the venue.
const MOST_CHANNELS: usize = 20_000;
/// The most live channels from one address; wide enough for a school behind one.
const MOST_CHANNELS_FROM_ADDRESS: usize = 256;
/// The most viewers that get media at one address, as many as follow live channels there. How many there
/// are in all the media core bounds.
const MOST_VIEWERS_FROM_ADDRESS: usize = 256;

/// The stages of all shows, and everybody who follows something. Cloning gives another handle to the
/// same.
#[derive(Clone, Debug)]
pub struct Live {
    pub(super) hub: Hub,
    pub(super) crowds: Crowds,
    pub(super) stages: Arc<Stages>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) connections: Connections,
    pub(super) viewers: Connections,
    pub(super) holdings: Holdings,
    pub(super) notices: Notices,
    pub(super) media: media::Sessions,
    pub(super) monitor: quality::Monitor,
    pub(super) sfu: Sfu,
    /// Cancelled when the media core has ended of its own accord.
    pub(super) core_ended: CancellationToken,
    pub(super) tasks: Tasks,
}

/// Why the live part of the venue can't start, for the operator.
#[derive(Debug, Error)]
pub enum LiveStartError {
    /// The key by which rights are signed.
    #[error("the key in the data folder can't be used: {0}")]
    Key(io::Error),
    /// The media core.
    #[error("the media core can't start on UDP {address}: {source}")]
    Media {
        /// Where it was to listen.
        address: std::net::SocketAddr,
        /// Why it can't.
        source: bandstand_sfu::SfuStartError,
    },
    /// The database.
    #[error("the database can't be used: {0}")]
    Database(DatabaseError),
}

impl Live {
    /// Starts the media core and what belongs to it. Whoever was on stage when the program ended
    /// before is off it now, and the audience is told.
    ///
    /// # Errors
    /// [`LiveStartError`].
    pub async fn start(config: &Config, database: &Database) -> Result<Self, LiveStartError> {
        let tokens = Tokens::open(&config.data, clock::now()).map_err(LiveStartError::Key)?;
        let core = bandstand_sfu::SfuConfig {
            bind: config.media,
            public_addresses: config.public_addresses.clone(),
            sending_threads: sending_threads(),
            limits: config.media_limits.clone(),
            ..bandstand_sfu::SfuConfig::default()
        };
        let (sfu, events) = Sfu::start(core)
            .map_err(|source| LiveStartError::Media { address: config.media, source })?;
        let tasks = Tasks::default();
        let hub = Hub::new(database.clone(), tasks.clone());
        let notices = Notices::default();
        let stages = Stages::new(database.clone(), hub.clone(), sfu.clone(), notices.clone());
        let live = Self {
            crowds: Crowds::new(database.clone(), tasks.clone()),
            stages: Arc::new(stages),
            hub,
            tokens: Arc::new(tokens),
            connections: Connections::new(
                MOST_CHANNELS,
                config.widened(MOST_CHANNELS_FROM_ADDRESS),
            ),
            viewers: Connections::new(usize::MAX, config.widened(MOST_VIEWERS_FROM_ADDRESS)),
            notices,
            holdings: Holdings::new(config.widened(MOST_MEDIA)),
            media: media::Sessions::default(),
            monitor: quality::Monitor::new(sfu.clone()),
            sfu,
            core_ended: CancellationToken::new(),
            tasks,
        };
        live.stages.compare().await.map_err(LiveStartError::Database)?;
        periodic::start(&live, events, database.clone());
        Ok(live)
    }

    /// Says goodbye to everybody: live channels and media. The stages stay as they are in the
    /// database; the next start finds nobody on them.
    pub async fn stop(&self) {
        self.tasks.end().await;
        self.sfu.stop();
    }

    /// Waits until the media core has ended though the venue isn't closing: without it there is no stage,
    /// and it can't be started anew in the same process.
    pub async fn core_ended(&self) {
        self.core_ended.cancelled().await;
    }

    /// Wakes everybody who follows `topic`: its log has something new. Never waits.
    pub fn wake(&self, topic: Topic) {
        self.hub.wake(topic);
    }

    /// Takes everybody off the stage of `show` and its picture from everybody: it was deleted.
    pub async fn close_show(&self, show: ShowId) {
        self.stages.close(show).await;
    }

    /// Cuts what the sessions `names` hold open: they have ended.
    pub async fn end_sessions(&self, names: &[String]) {
        for name in names {
            for media in self.holdings.end(name) {
                self.sfu.close(media).await;
            }
        }
    }

    /// Cuts what guests hold open who are at `show`: it is no longer for them. Their pages come back and
    /// find the door closed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cut_guests(&self, database: &Database, show: ShowId) -> Result<(), DatabaseError> {
        let guests = sessions::guests_among(database, self.holdings.at(show)).await?;
        self.end_sessions(&guests).await;
        Ok(())
    }

    /// The media core's UDP address.
    pub fn media_address(&self) -> std::net::SocketAddr {
        self.sfu.local_addr()
    }

    /// The media core.
    pub fn sfu(&self) -> &Sfu {
        &self.sfu
    }

    /// How well media flows.
    pub fn monitor(&self) -> &quality::Monitor {
        &self.monitor
    }

    /// How many live channels are open.
    pub fn open_channels(&self) -> usize {
        self.connections.count()
    }

    /// How many shows have somebody on stage, or lost from it, by the name of the state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stage_counts(&self) -> Result<[(&'static str, i64); 3], DatabaseError> {
        self.stages.counts().await
    }

    /// Who is present where.
    pub fn crowds(&self) -> &Crowds {
        &self.crowds
    }

    /// Who gets media, by address.
    pub fn viewers(&self) -> &Connections {
        &self.viewers
    }

    pub(crate) fn notices(&self) -> &Notices {
        &self.notices
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(crate) fn stages(&self) -> &Stages {
        &self.stages
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    pub(crate) fn holdings(&self) -> &Holdings {
        &self.holdings
    }

    pub(crate) fn media(&self) -> &media::Sessions {
        &self.media
    }

    pub(crate) fn connections(&self) -> &Connections {
        &self.connections
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.tasks
    }
}

/// The live channel, and the way for media in and out. Needs sessions; the media routes are open to
/// every origin, since they take a token and no cookie.
pub fn routes(venue: &Arc<Venue>) -> Router<Arc<Venue>> {
    Router::new().route("/live", get(socket::open)).merge(media::routes(venue))
}

/// Threads that send media: half of the processors. With two or fewer, what threads tell one another
/// costs more than they gain.
fn sending_threads() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    if processors > 2 { processors / 2 } else { 0 }
}
