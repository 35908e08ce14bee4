//! Facts of a source, and of a mount.

use std::sync::{Arc, atomic::AtomicU64};

use bandstand_radio::{AudioInfo, Framed, StreamTail, Title};

use super::super::{live_stream::LiveStream, radio_source::RadioSource};
use crate::stage::source::{SourceId, SourceState};

/// Source, and its state on the stage.
#[derive(Debug)]
pub struct KnownSource {
    pub source: Arc<RadioSource>,
    pub state: SourceState,
    /// Format and title with which a stream has to begin when it is handed over to this source.
    pub info: Option<AudioInfo>,
    pub title: Option<Title>,
    /// The stage was handed over to it, and it hasn't noticed.
    pub handed_over: bool,
}

#[derive(Debug, Default)]
pub struct Mount {
    pub source: Option<SourceId>,
    /// The latest source that ended here.
    pub ended: Option<SourceId>,
    /// Present end of the stream, for the source that comes next.
    pub tail: StreamTail,
    pub stream: Option<Arc<LiveStream>>,
    /// The stream is one of who is on stage by WebRTC, until a source's sound comes.
    pub relays: bool,
}

impl KnownSource {
    pub fn note(&mut self, part: &Framed) {
        match part {
            Framed::Began(info) => self.info = Some(*info),
            Framed::Title(title) => self.title = Some(title.clone()),
            Framed::Headers(_) | Framed::Sound(_) => {}
        }
    }
}

impl Mount {
    /// Goes on with the stream that is there when the sound is the same; else with a new one.
    pub fn adopt(&mut self, info: AudioInfo, skips: &Arc<AtomicU64>) {
        self.relays = false;
        if self.stream.as_ref().is_none_or(|it| it.info() != info) {
            self.renew(info, skips);
        }
    }

    /// Begins a new stream in place of the one that is there; returns it.
    pub fn renew(&mut self, info: AudioInfo, skips: &Arc<AtomicU64>) -> Arc<LiveStream> {
        self.tail = StreamTail::default();
        let stream = Arc::new(LiveStream::new(info, skips.clone()));
        if let Some(before) = self.stream.replace(stream.clone()) {
            before.end();
        }
        stream
    }

    /// Tells whether the stream is one of who is on stage by WebRTC.
    pub fn is_relayed(&self) -> bool {
        self.relays && self.source.is_none()
    }
}
