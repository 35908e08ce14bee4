//! The table of peers.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use slab::Slab;
use str0m::media::Mid;

use crate::config::SfuTimeouts;
use crate::core::transport::Transport;
use crate::event::{EndReason, HandshakeFailure, SessionRole};
use crate::ice::connectivity_check::ConnectivityCheck;
use crate::ids::{PeerKey, StageKey};
use crate::ids::{SessionId, StageId};
use crate::ingest::{IncomingPacket, Ingest, LocalSource};
use crate::rtp::packet::ForwardedPacket;
use crate::stats::{MediaStats, PublisherStats, SessionStats, SubscriberStats};

/// State of one session.
pub(super) struct Peer {
    pub(super) id: SessionId,
    /// Key of its stage.
    pub(super) stage: StageKey,
    pub(super) side: Side,
    pub(super) transport: Transport,
    /// A connectivity check of the address that it has nominated.
    pub(super) check: Option<ConnectivityCheck>,
    /// ICE and DTLS stand.
    pub(super) connected: bool,
    /// Largest height that it has use for, in pixels.
    pub(super) max_height: Option<u16>,
    created: Instant,
    /// Last valid sign of life.
    heard: Instant,
    /// A publisher that was reported as silent.
    pub(super) silent: bool,
    /// When `transport` next needs the time.
    pub(super) transport_due: Instant,
    /// Its transport has failed.
    pub(super) failed: bool,
    pub(super) rtcp: RtcpSummary,
}

/// Media side of a peer.
pub(super) enum Side {
    Publisher(Ingest),
    /// A publisher within the program.
    Local(LocalSource),
    /// Served by a shard once it is connected.
    Subscriber,
}

/// RTCP statistics of a publisher, as str0m tells them.
#[derive(Default)]
pub(super) struct RtcpSummary {
    /// NACK messages sent so far, by m-line.
    pub(super) nacks: HashMap<Mid, u64>,
    pub(super) round_trip: Option<Duration>,
}

impl Peer {
    pub(super) fn new(
        now: Instant,
        id: SessionId,
        stage: StageKey,
        side: Side,
        transport: Transport,
    ) -> Self {
        Peer {
            id,
            stage,
            side,
            transport,
            check: None,
            connected: false,
            max_height: None,
            created: now,
            heard: now,
            silent: false,
            transport_due: now,
            failed: false,
            rtcp: RtcpSummary::default(),
        }
    }

    pub(super) fn role(&self) -> SessionRole {
        match self.side {
            Side::Publisher(_) | Side::Local(_) => SessionRole::Publisher,
            Side::Subscriber => SessionRole::Subscriber,
        }
    }

    /// True once media has been received from it.
    pub(super) fn has_sent(&self) -> bool {
        match &self.side {
            Side::Publisher(ingest) => ingest.packets > 0,
            Side::Local(source) => source.packets > 0,
            Side::Subscriber => false,
        }
    }

    /// True of a publisher that has negotiated video.
    pub(super) fn has_video(&self) -> bool {
        matches!(&self.side, Side::Publisher(ingest) if ingest.has_video())
    }

    /// Adds a publisher's packet to those to forward.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        packet: IncomingPacket<'_>,
        burst: &mut Vec<ForwardedPacket>,
    ) {
        match (&mut self.side, packet) {
            (Side::Publisher(ingest), packet) => {
                ingest.receive(now, &mut self.transport, packet, burst);
            }
            (Side::Local(source), IncomingPacket::Local(packet)) => {
                source.receive(now, packet, burst);
            }
            _ => {}
        }
    }

    /// When the session ends by silence or the connect timeout, and as what.
    pub(super) fn expiry(&self, timeouts: &SfuTimeouts) -> (Instant, EndReason) {
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

    /// When a publisher is to be reported as silent.
    pub(super) fn silence(&self, timeouts: &SfuTimeouts) -> Option<Instant> {
        let awaited = self.connected && !self.silent && self.role() == SessionRole::Publisher;
        awaited.then(|| self.heard + timeouts.publisher_silence)
    }

    /// When a publisher is to be sent the next NACK.
    pub(super) fn nack_due(&self) -> Option<Instant> {
        match &self.side {
            Side::Publisher(ingest) => ingest.nack_due(),
            Side::Local(_) | Side::Subscriber => None,
        }
    }

    /// Notes a valid sign of life; true if it ends a silence.
    pub(super) fn seen_alive(&mut self, now: Instant) -> bool {
        self.heard = now;
        std::mem::take(&mut self.silent)
    }

    /// Its statistics; `subscriber` are those of the shard that serves it.
    pub(super) fn stats(
        &self,
        now: Instant,
        stage: StageId,
        standby: bool,
        subscriber: Option<SubscriberStats>,
    ) -> SessionStats {
        let media = match &self.side {
            Side::Publisher(ingest) => MediaStats::Publisher(PublisherStats {
                nacks: self.rtcp.nacks.values().sum::<u64>() + ingest.nacks(),
                round_trip: self.rtcp.round_trip,
                silent: self.silent,
                standby,
                ..ingest.stats(now)
            }),
            Side::Local(source) => MediaStats::Publisher(PublisherStats {
                silent: self.silent,
                standby,
                ..source.stats()
            }),
            Side::Subscriber => MediaStats::Subscriber(subscriber.unwrap_or_default()),
        };
        let age = now.saturating_duration_since(self.created);
        SessionStats { session: self.id, stage, age, connected: self.connected, media }
    }
}

/// All peers, and which of them have datagrams to drain.
#[derive(Default)]
pub(super) struct Peers {
    table: Slab<Peer>,
    /// Peers that were written to and not yet drained; no key twice.
    dirty: Vec<PeerKey>,
    is_dirty: Vec<bool>,
}

impl Peers {
    pub(super) fn insert(&mut self, peer: Peer) -> PeerKey {
        let key = self.table.insert(peer);
        if self.is_dirty.len() <= key {
            self.is_dirty.resize(key + 1, false);
        }
        PeerKey(key)
    }

    pub(super) fn remove(&mut self, key: PeerKey) -> Option<Peer> {
        self.table.try_remove(key.0)
    }

    pub(super) fn get(&self, key: PeerKey) -> Option<&Peer> {
        self.table.get(key.0)
    }

    pub(super) fn get_mut(&mut self, key: PeerKey) -> Option<&mut Peer> {
        self.table.get_mut(key.0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (PeerKey, &Peer)> {
        self.table.iter().map(|(key, peer)| (PeerKey(key), peer))
    }

    pub(super) fn keys(&self) -> Vec<PeerKey> {
        self.table.iter().map(|(key, _)| PeerKey(key)).collect()
    }

    /// Marks a peer that was written to.
    pub(super) fn mark(&mut self, key: PeerKey) {
        if let Some(dirty) = self.is_dirty.get_mut(key.0)
            && !*dirty
        {
            *dirty = true;
            self.dirty.push(key);
        }
    }

    /// The next peer to drain.
    pub(super) fn next_dirty(&mut self) -> Option<PeerKey> {
        let key = self.dirty.pop()?;
        if let Some(dirty) = self.is_dirty.get_mut(key.0) {
            *dirty = false;
        }
        Some(key)
    }
}
