//! One stage: its publishers, its subscribers, and the keyframe requests to the publisher.
//!
//! Which subscriber gets which packet is decided in the shards (`shard`).

use std::time::{Duration, Instant};

use slab::Slab;

use crate::config::SfuTimeouts;
use crate::core::standby::StandbyPublisher;
use crate::ids::StageId;
use crate::ids::{PeerKey, StageKey};
use crate::rtp::packet::{ForwardedPacket, TrackId};

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
    requests: Vec<KeyframeRequest>,
    request_interval: Duration,
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

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Stage> {
        self.0.iter().map(|(_, stage)| stage)
    }
}

/// Merged keyframe requests for one layer.
struct KeyframeRequest {
    track: TrackId,
    layer: u8,
    /// A subscriber needs a keyframe that has not come yet.
    wanted: bool,
    asked: Option<Instant>,
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
            requests: Vec::new(),
            request_interval: timeouts.keyframe_request_interval,
        }
    }

    /// True if no session is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.publisher.is_none() && self.standby.is_none() && self.subscribers.is_empty()
    }

    /// Drops what belongs to the publisher: it is gone, or another one takes over.
    pub(crate) fn clear_media(&mut self) {
        self.burst.clear();
        self.requests.clear();
    }

    /// Settles the requests for keyframes that are in the burst from that packet on.
    pub(crate) fn keyframes_received(&mut self, from: usize) {
        for came in self.burst.iter().skip(from).filter(|it| it.packet.keyframe) {
            let same = |r: &&mut KeyframeRequest| (r.track, r.layer) == (came.track, came.layer);
            if let Some(request) = self.requests.iter_mut().find(same) {
                request.wanted = false;
            }
        }
    }

    /// Requests a keyframe of a layer.
    pub(crate) fn keyframe_needed(&mut self, track: TrackId, layer: u8) {
        let known = self.requests.iter_mut().find(|r| (r.track, r.layer) == (track, layer));
        match known {
            Some(request) => request.wanted = true,
            None => self.requests.push(KeyframeRequest { track, layer, wanted: true, asked: None }),
        }
    }

    /// When [`Stage::take_due_requests`] next has something.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        let wanted = self.requests.iter().filter(|r| r.wanted);
        wanted.map(|r| r.asked.map_or(now, |at| at + self.request_interval)).min()
    }

    /// The standby publisher, if it is that peer.
    pub(crate) fn standby_of(&mut self, peer: PeerKey) -> Option<&mut StandbyPublisher> {
        self.standby.as_mut().filter(|it| it.peer == peer)
    }

    /// The layers of which the publisher is to be asked for a keyframe now: each at most once in an
    /// interval, whatever the number of requests.
    pub(crate) fn take_due_requests(
        &mut self,
        now: Instant,
    ) -> impl Iterator<Item = (TrackId, u8)> {
        let interval = self.request_interval;
        self.requests.iter_mut().filter_map(move |request| {
            let rested = request.asked.is_none_or(|at| now >= at + interval);
            (request.wanted && rested).then(|| {
                request.asked = Some(now);
                (request.track, request.layer)
            })
        })
    }
}
