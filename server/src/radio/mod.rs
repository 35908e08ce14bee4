//! Radio: sound over HTTP, from any source client to any player. PROTOCOL.md describes both as they are
//! spoken here.

mod admission;
mod bridge;
mod cause;
mod error;
mod feed;
mod listen;
mod live_stream;
pub mod mount_reader;
pub mod mounts;
mod newcomers;
mod radio_source;
mod relay;
mod sound;
mod source_port;
mod sources;
mod transcoding;
mod upload;

use std::sync::Arc;

use axum::{
    Router,
    extract::FromRef,
    routing::{any, get},
};

use bandstand_radio::SoundLibraries;
pub use source_port::serve;
pub use sources::AllSources;

use crate::{
    http::connections::Connections,
    media::stage_sound::StageSound,
    services::Services,
    stage::{source::SourceEvent, stages::Stages},
};
use mounts::Mounts;
use radio_source::RadioSource;
use transcoding::Transcoding;

/// The part of the venue's connections that listeners may hold: as many are left for its pages.
const LISTENERS_PART: usize = 2;
/// The most of them at one address: a school, or a café.
const MAX_LISTENERS_FROM_ADDRESS: usize = 256;

/// Sound over HTTP. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct Radio {
    /// The venue's services.
    pub services: Arc<Services>,
    /// The artist on each stage.
    pub stages: Arc<Stages>,
    /// The mounts of all shows.
    pub mounts: Arc<Mounts>,
    /// Listeners, counted by address.
    pub listeners: Connections,
    /// Makes MP3 for who wants that, and Opus for the media core.
    transcoding: Transcoding,
    /// Sound of the stages in the media core.
    sound: StageSound,
}

impl Radio {
    /// No sources and no listeners yet.
    pub fn new(
        services: Arc<Services>,
        stages: Arc<Stages>,
        mounts: Arc<Mounts>,
        sound: StageSound,
    ) -> Self {
        let from_address = services.config.widened(MAX_LISTENERS_FROM_ADDRESS);
        let most = services.config.most_connections / LISTENERS_PART;
        let listeners = Connections::new(most, from_address);
        services.bus.subscribe(&mounts);
        let transcoding = Transcoding::load(services.tasks.closing().clone());
        Self { services, stages, mounts, listeners, transcoding, sound }
    }

    /// Tells whether players get MP3 of whatever is sent.
    pub fn makes_mp3(&self) -> bool {
        self.transcoding.is_possible()
    }

    /// Number of streams that are transcoded.
    pub fn transcodings(&self) -> usize {
        self.transcoding.count()
    }

    /// Decoders and encoders of sound.
    pub fn libraries(&self) -> &SoundLibraries {
        self.transcoding.libraries()
    }

    /// A source is over: its stage is told.
    async fn give_up(&self, source: &RadioSource) {
        self.mounts.ended(source);
        self.stages.heard(source.show, source.id, SourceEvent::Ended(None)).await;
    }
}

impl FromRef<Radio> for Arc<Services> {
    fn from_ref(radio: &Radio) -> Self {
        radio.services.clone()
    }
}

/// The ways for sound in and out.
pub fn routes<S: Clone + Send + Sync + 'static>(radio: Radio) -> Router<S> {
    Router::new()
        .route("/radio", any(upload::somewhere))
        .route("/radio/{show}", any(upload::to_show))
        .route("/admin/metadata", get(upload::title))
        .route("/listen/{show}", get(listen::listen))
        .route("/listen/{show}/{address}", get(listen::listen_personally))
        .with_state(radio)
}
