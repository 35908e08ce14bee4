//! One stage: its publishers, its subscribers, and the keyframe requests to the publisher.
//!
//! Which subscriber gets which packet is decided in the shards (`shard`).

use slab::Slab;

use crate::config::SfuTimeouts;
use crate::core::keyframe_requests::KeyframeRequests;
use crate::core::standby::StandbyPublisher;
use crate::ids::StageId;
use crate::ids::{PeerKey, StageKey};
use crate::rtp::packet::{ForwardedPacket, is_reduced};
use crate::tap::TapSender;

/// A stage.
pub(crate) struct Stage {
    pub(crate) id: StageId,
    /// The publisher on stage, connected or not.
    pub(crate) publisher: Option<PeerKey>,
    /// The publisher that is to take over.
    pub(crate) standby: Option<StandbyPublisher>,
    /// All subscribers, connected or not.
    pub(crate) subscribers: Vec<PeerKey>,
    /// Packets of the publisher, in order, that the shards don't have yet.
    pub(crate) burst: Vec<ForwardedPacket>,
    pub(crate) keyframe_requests: KeyframeRequests,
    /// Readers within the program.
    pub(crate) taps: Vec<TapSender>,
}

/// All stages.
#[derive(Default)]
pub(crate) struct Stages(Slab<Stage>);

impl Stages {
    pub(crate) fn insert(&mut self, stage: Stage) -> StageKey {
        StageKey(self.0.insert(stage))
    }

    pub(crate) fn remove(&mut self, key: StageKey) -> Option<Stage> {
        self.0.try_remove(key.0)
    }

    pub(crate) fn get(&self, key: StageKey) -> Option<&Stage> {
        self.0.get(key.0)
    }

    pub(crate) fn get_mut(&mut self, key: StageKey) -> Option<&mut Stage> {
        self.0.get_mut(key.0)
    }

    pub(crate) fn keys(&self) -> Vec<StageKey> {
        self.0.iter().map(|(key, _)| StageKey(key)).collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Stage> {
        self.0.iter().map(|(_, stage)| stage)
    }
}

impl Stage {
    /// An empty stage.
    pub(crate) fn new(id: StageId, timeouts: &SfuTimeouts) -> Self {
        Stage {
            id,
            publisher: None,
            standby: None,
            subscribers: Vec::new(),
            burst: Vec::new(),
            keyframe_requests: KeyframeRequests::new(timeouts.keyframe_request_interval),
            taps: Vec::new(),
        }
    }

    /// True if no session and no tap is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.publisher.is_none()
            && self.standby.is_none()
            && self.subscribers.is_empty()
            && self.taps.is_empty()
    }

    /// Drops what belongs to the publisher: it is gone, or another one takes over.
    pub(crate) fn clear_media(&mut self) {
        self.burst.clear();
        self.keyframe_requests.clear();
    }

    /// Notes the packets of the burst from that one on: keyframes among them settle requests.
    pub(crate) fn packets_received(&mut self, from: usize) {
        for forwarded in
            self.burst.iter().skip(from).filter(|it| it.track.video && !is_reduced(it.layer))
        {
            self.keyframe_requests.received(forwarded);
        }
    }

    /// The standby publisher, if it is that peer.
    pub(crate) fn standby_of(&mut self, peer: PeerKey) -> Option<&mut StandbyPublisher> {
        self.standby.as_mut().filter(|it| it.peer == peer)
    }
}
