//! The table of peers.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use slab::Slab;
use str0m::media::Mid;

use crate::config::Timeouts;
use crate::core::transport::Transport;
use crate::event::{EndReason, HandshakeFailure, Role};
use crate::ice::connectivity_check::Probe;
use crate::ice::demultiplexer::PeerKey;
use crate::ids::{SessionId, StageId};
use crate::ingest::Ingest;
use crate::shard::Figures;
use crate::stats::SessionStatistics;

/// One session's state.
pub(super) struct Peer {
    pub(super) id: SessionId,
    /// Key of its stage.
    pub(super) stage: usize,
    pub(super) side: Side,
    pub(super) transport: Transport,
    /// The address it has chosen, which has to answer first.
    pub(super) probe: Option<Probe>,
    /// ICE and DTLS stand.
    pub(super) connected: bool,
    /// Higher pictures it doesn't want.
    pub(super) most_height: Option<u16>,
    created: Instant,
    /// Last valid sign of life.
    heard: Instant,
    /// A publisher of whom nothing has come for a while, as was reported.
    pub(super) silent: bool,
    /// When `transport` next needs the time.
    pub(super) transport_due: Instant,
    /// The protocol machinery gave up.
    pub(super) failed: bool,
    pub(super) reports: Reports,
}

/// What a peer sends or receives with.
pub(super) enum Side {
    Publisher(Ingest),
    /// Served by a shard once it is connected.
    Subscriber,
}

/// What RTCP says, in absolute figures.
#[derive(Default)]
pub(super) struct Reports {
    pub(super) tracks: HashMap<Mid, TrackReport>,
    pub(super) round_trip: Option<Duration>,
}

/// What RTCP says of one track.
#[derive(Default)]
pub(super) struct TrackReport {
    pub(super) lost: u64,
    pub(super) nacks_in: u64,
    pub(super) nacks_out: u64,
}

impl Peer {
    pub(super) fn new(
        now: Instant,
        id: SessionId,
        stage: usize,
        role: Role,
        transport: Transport,
    ) -> Self {
        Peer {
            id,
            stage,
            side: match role {
                Role::Publisher => Side::Publisher(Ingest::new(now)),
                Role::Subscriber => Side::Subscriber,
            },
            transport,
            probe: None,
            connected: false,
            most_height: None,
            created: now,
            heard: now,
            silent: false,
            transport_due: now,
            failed: false,
            reports: Reports::default(),
        }
    }

    pub(super) fn role(&self) -> Role {
        match self.side {
            Side::Publisher(_) => Role::Publisher,
            Side::Subscriber => Role::Subscriber,
        }
    }

    /// Whether media has come from it.
    pub(super) fn has_sent(&self) -> bool {
        matches!(&self.side, Side::Publisher(ingest) if ingest.packets > 0)
    }

    /// When silence, or the time to connect, has lasted too long, and what it then means.
    pub(super) fn expiry(&self, timeouts: &Timeouts) -> (Instant, EndReason) {
        if !self.connected {
            // Where there is a way, it is the handshake that isn't done.
            let reason = match self.transport.remote {
                Some(_) => EndReason::HandshakeFailed(HandshakeFailure::Silent),
                None => EndReason::NeverConnected,
            };
            return (self.created + timeouts.connect, reason);
        }
        (self.heard + timeouts.consent, EndReason::ConnectionLost)
    }

    /// When it is to be reported that a publisher is silent.
    pub(super) fn silence(&self, timeouts: &Timeouts) -> Option<Instant> {
        let awaited = self.connected && !self.silent && self.role() == Role::Publisher;
        awaited.then(|| self.heard + timeouts.publisher_silence)
    }

    /// When a publisher is to be asked for what is missing.
    pub(super) fn asks_at(&self) -> Option<Instant> {
        match &self.side {
            Side::Publisher(ingest) => ingest.due(),
            Side::Subscriber => None,
        }
    }

    /// A valid sign of life; true if it ends a silence.
    pub(super) fn hear(&mut self, now: Instant) -> bool {
        self.heard = now;
        std::mem::take(&mut self.silent)
    }

    /// `figures` are what a shard knows of a subscriber.
    pub(super) fn statistics(
        &self,
        now: Instant,
        stage: StageId,
        figures: Option<Figures>,
    ) -> SessionStatistics {
        let reports = || self.reports.tracks.values();
        let mut statistics = SessionStatistics {
            session: self.id,
            stage,
            role: self.role(),
            age: now.saturating_duration_since(self.created),
            connected: self.connected,
            media: false,
            silent: self.silent,
            waiting: false,
            packets_in: 0,
            bytes_in: 0,
            packets_out: 0,
            bytes_out: 0,
            packets_without_codec: 0,
            repairs_out: 0,
            lost: reports().map(|t| t.lost).sum(),
            nacks_in: reports().map(|t| t.nacks_in).sum(),
            nacks_out: reports().map(|t| t.nacks_out).sum(),
            keyframe_requests_in: 0,
            keyframe_requests_out: 0,
            round_trip: self.reports.round_trip,
            jitter: None,
            bandwidth: None,
            height: None,
            layer_changes: 0,
            layers: Vec::new(),
            excess_in: 0,
            advice: Vec::new(),
        };
        match &self.side {
            Side::Publisher(ingest) => {
                statistics.packets_in = ingest.packets;
                statistics.bytes_in = ingest.bytes;
                statistics.excess_in = ingest.excess;
                statistics.advice = ingest.advice(now);
                statistics.lost = ingest.lost();
                statistics.jitter = ingest.jitter();
                statistics.nacks_out += ingest.nacks();
                statistics.keyframe_requests_out = ingest.keyframe_requests();
                statistics.layers = ingest.layers();
            }
            Side::Subscriber => {
                let figures = figures.unwrap_or_default();
                statistics.packets_out = figures.packets;
                statistics.bytes_out = figures.bytes;
                statistics.packets_without_codec = figures.without_codec;
                statistics.repairs_out = figures.repairs;
                statistics.lost = figures.lost;
                statistics.nacks_in = figures.nacks;
                statistics.keyframe_requests_in = figures.keyframe_requests;
                statistics.round_trip = figures.round_trip;
                statistics.jitter = Some(figures.jitter);
                statistics.bandwidth = figures.bandwidth;
                statistics.height = figures.height;
                statistics.layer_changes = figures.layer_changes;
            }
        }
        statistics.media = statistics.packets_in + statistics.packets_out > 0;
        statistics
    }
}

/// All peers, and which of them have something to send.
#[derive(Default)]
pub(super) struct Peers {
    table: Slab<Peer>,
    /// Written to and not yet drained; no key twice.
    dirty: Vec<PeerKey>,
    is_dirty: Vec<bool>,
}

impl Peers {
    pub(super) fn insert(&mut self, peer: Peer) -> PeerKey {
        let key = self.table.insert(peer);
        if self.is_dirty.len() <= key {
            self.is_dirty.resize(key + 1, false);
        }
        key
    }

    pub(super) fn remove(&mut self, key: PeerKey) -> Option<Peer> {
        self.table.try_remove(key)
    }

    pub(super) fn get(&self, key: PeerKey) -> Option<&Peer> {
        self.table.get(key)
    }

    pub(super) fn get_mut(&mut self, key: PeerKey) -> Option<&mut Peer> {
        self.table.get_mut(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (PeerKey, &Peer)> {
        self.table.iter()
    }

    pub(super) fn keys(&self) -> Vec<PeerKey> {
        self.table.iter().map(|(key, _)| key).collect()
    }

    /// `key` was written to.
    pub(super) fn mark(&mut self, key: PeerKey) {
        if let Some(dirty) = self.is_dirty.get_mut(key)
            && !*dirty
        {
            *dirty = true;
            self.dirty.push(key);
        }
    }

    /// The next peer that was written to.
    pub(super) fn next_dirty(&mut self) -> Option<PeerKey> {
        let key = self.dirty.pop()?;
        if let Some(dirty) = self.is_dirty.get_mut(key) {
            *dirty = false;
        }
        Some(key)
    }
}
