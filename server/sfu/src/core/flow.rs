//! The flow of datagrams, events and time through the core.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::Event as RtcEvent;

use super::Core;
use super::peers::Side;
use super::timers::Timer;
use crate::core::transport::Transmit;
use crate::event::{EndReason, SessionRole, SfuEvent};
use crate::ice::demultiplexer::{DatagramKind, StrayDatagram};
use crate::ids::{PeerKey, StageKey};
use crate::ingest::{IncomingPacket, LatePacket};
use crate::rtp::packet::TrackId;
use crate::shard::{ShardEvent, ShardInput};

/// Timeout of a transport that needs no time.
pub(super) const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

impl Core {
    /// Handles one datagram.
    pub(crate) fn handle_datagram(&mut self, now: Instant, source: SocketAddr, datagram: &[u8]) {
        self.totals.datagrams_in += 1;
        self.totals.bytes_in += datagram.len() as u64;
        let routed = self.demultiplexer.route(now, source, datagram, &self.shared.crypto);
        let (key, kind) = match routed {
            Ok(found) => found,
            Err(stray) => {
                *match stray {
                    StrayDatagram::Unclassified => &mut self.totals.unclassified_datagrams,
                    StrayDatagram::Unknown => &mut self.totals.unknown_datagrams,
                    StrayDatagram::Rejected => &mut self.totals.rejected_stun,
                } += 1;
                return;
            }
        };
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        // DTLS says nothing about being alive: anybody can send a record that is thrown away. Of a
        // subscriber, only STUN does, which is signed (RFC 7675 §5.1).
        let alive = match kind {
            DatagramKind::Check { .. } => true,
            DatagramKind::Media => peer.role() == SessionRole::Publisher,
            DatagramKind::Dtls | DatagramKind::Answer => false,
        };
        if alive {
            self.seen_alive(now, key);
        }
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        if let (DatagramKind::Media, Side::Publisher(ingest)) = (&kind, &mut peer.side)
            && !ingest.is_within_rate(datagram.len(), self.limits.max_publisher_bits, now)
        {
            self.totals.excess_datagrams += 1;
            return;
        }
        let late = match (&kind, &peer.side) {
            (DatagramKind::Media, Side::Publisher(ingest)) => ingest.late_packet(datagram),
            _ => None,
        };
        if late.is_some() {
            self.media_received(now, key, IncomingPacket::Late(datagram));
        }
        let Some(peer) = self.peers.get_mut(key).filter(|_| late != Some(LatePacket::Same)) else {
            return;
        };
        let taken = match (kind, &peer.side) {
            (DatagramKind::Answer, _) => return self.check_answered(now, key, source, datagram),
            (DatagramKind::Media, Side::Publisher(_)) => peer.transport.receive(now, datagram),
            (DatagramKind::Dtls, _) => {
                // The client may begin on any way that it has checked. To wait until it has chosen
                // one (RFC 8445 §12.1) would cost a check's interval, 50 ms, before each first
                // picture; that it has the answers proves that it is there.
                if peer.transport.remote.is_none() {
                    peer.transport.remote = Some(source);
                    self.demultiplexer.set_remote(key, source);
                }
                let opened = peer.transport.begin_handshake(now, &self.shared.crypto);
                opened.and_then(|()| peer.transport.receive(now, datagram))
            }
            (DatagramKind::Media, Side::Subscriber | Side::Local(_)) => {
                if peer.connected {
                    self.shards.handle(now, ShardInput::Rtcp(key, datagram));
                    self.handle_shard_events(now);
                }
                return;
            }
            (DatagramKind::Check { nominated, answer }, _) => {
                self.transmits.push_back(Transmit { destination: source, contents: answer.into() });
                if !nominated {
                    return;
                }
                self.path_nominated(now, key, source, datagram);
                match self.peers.get_mut(key).filter(|peer| !peer.connected) {
                    Some(peer) => peer.transport.begin_handshake(now, &self.shared.crypto),
                    None => return,
                }
            }
        };
        if taken.is_err() {
            self.totals.refused_datagrams += 1;
        }
        self.drain(now, key);
    }

    /// Notes a valid sign of life of a peer.
    pub(super) fn seen_alive(&mut self, now: Instant, key: PeerKey) {
        if let Some(peer) = self.peers.get_mut(key)
            && peer.seen_alive(now)
            && let Some(stage) = self.stages.get(peer.stage)
        {
            let stage = stage.id.clone();
            self.events.push_back(SfuEvent::PublisherBack { stage, session: peer.id });
            // Until now, nothing was due before the end of the session.
            self.timers.schedule(Timer::Peer(key), now + self.timeouts.publisher_silence);
        }
    }

    /// Does what is due. Needed once after all inputs, too, since what they stirred up is done
    /// here.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        for key in std::mem::take(&mut self.connected_subscribers) {
            self.admit_to_shard(now, key);
        }
        self.shards.handle_timeout(now);
        self.handle_shard_events(now);
        while let Some(key) = self.due_stages.pop() {
            self.stage_due(now, key);
        }
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::Peer(key) => self.peer_due(now, key),
                Timer::Stage(key) => self.stage_due(now, key),
            }
        }
    }

    /// The next datagram to send.
    ///
    /// Peers are only drained as their datagrams are asked for: a frame for a thousand subscribers
    /// is never held a thousandfold.
    pub(crate) fn poll_transmit(&mut self, now: Instant) -> Option<Transmit> {
        loop {
            if let Some(transmit) = self.transmits.pop_front() {
                self.totals.datagrams_out += 1;
                self.totals.bytes_out += transmit.contents.len() as u64;
                return Some(transmit);
            }
            while let Some(key) = self.due_stages.pop() {
                self.stage_due(now, key);
            }
            let key = self.peers.next_dirty()?;
            if let Some(peer) = self.peers.get_mut(key) {
                peer.failed |= peer.transport.advance(now).is_err();
                self.drain(now, key);
            }
        }
    }

    /// When [`Core::handle_timeout`] is next needed, if nothing else happens.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next().into_iter().chain(self.shards.deadline()).min()
    }

    /// Drains a peer's transport of datagrams and events.
    pub(super) fn drain(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        let mut events = std::mem::take(&mut self.transport_events);
        let transmits = &mut self.transmits;
        let transport_events = peer.transport.drain(|t| transmits.push_back(t), |e| events.push(e));
        match transport_events {
            Ok(due) => peer.transport_due = due.unwrap_or(now + NEVER),
            Err(error) => {
                tracing::debug!(session = ?peer.id, error, "transport failed");
                peer.failed = true;
            }
        }
        // A peer that is connected has it behind it.
        let failure = if peer.connected { None } else { peer.transport.failure() };
        if let Some(failure) = failure {
            events.clear();
            self.end(now, key, EndReason::HandshakeFailed(failure));
        }
        for event in events.drain(..) {
            self.handle_event(now, key, event);
        }
        self.transport_events = events;
        self.settle(now, key);
    }

    /// Ends a peer that has failed, or schedules its timer.
    fn settle(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get(key) else {
            return;
        };
        if peer.failed || !peer.transport.is_alive() {
            let (_, reason) = peer.expiry(&self.timeouts);
            self.end(now, key, reason);
            return;
        }
        let (expiry, _) = peer.expiry(&self.timeouts);
        let due = peer.silence(&self.timeouts).unwrap_or(expiry).min(expiry);
        let due = due.min(peer.transport_due);
        let due = peer.check.as_ref().map_or(due, |check| check.due.min(due));
        let due = peer.nack_due().map_or(due, |at| at.min(due));
        self.timers.schedule(Timer::Peer(key), due);
    }

    fn peer_due(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        let (expiry, reason) = peer.expiry(&self.timeouts);
        if expiry <= now {
            self.end(now, key, reason);
            return;
        }
        if peer.silence(&self.timeouts).is_some_and(|at| at <= now) {
            peer.silent = true;
            if let Some(stage) = self.stages.get(peer.stage) {
                let stage = stage.id.clone();
                self.events.push_back(SfuEvent::PublisherSilent { stage, session: peer.id });
            }
            let stage = peer.stage;
            self.report_standby(stage);
        }
        self.send_check(now, key);
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        if peer.nack_due().is_some_and(|at| at <= now)
            && let Side::Publisher(ingest) = &mut peer.side
            && let (Some(said), Some(destination)) = (ingest.nack(now), peer.transport.remote)
        {
            self.transmits.push_back(Transmit { destination, contents: said.into() });
        }
        if peer.transport_due <= now {
            peer.failed |= peer.transport.advance(now).is_err();
            self.drain(now, key);
        } else {
            self.settle(now, key);
        }
    }

    pub(super) fn stage_due(&mut self, now: Instant, key: StageKey) {
        let Some(stage) = self.stages.get_mut(key) else {
            return;
        };
        let mut burst = std::mem::take(&mut stage.burst);
        if !burst.is_empty() {
            if let Some(publisher) = stage.publisher.and_then(|key| self.peers.get(key)) {
                stage.tap(publisher.id, &burst);
            }
            self.shards.handle(now, ShardInput::Forward(key, &burst));
            burst.clear();
            self.handle_shard_events(now);
        }
        let Some(stage) = self.stages.get_mut(key) else {
            return;
        };
        stage.burst = burst;
        let mut asked: Vec<(TrackId, u8)> = Vec::new();
        stage.keyframe_requests.take_due(now, |track, layer| asked.push((track, layer)));
        if let Some(publisher) = stage.publisher
            && let Some(peer) = self.peers.get_mut(publisher)
            && let Side::Publisher(ingest) = &mut peer.side
        {
            let mut sent = 0;
            for (track, layer) in asked {
                sent += u64::from(ingest.request_keyframe(&mut peer.transport, track, layer));
            }
            self.totals.keyframe_requests += sent;
            if sent > 0 {
                self.peers.mark(publisher);
            }
        }
        if let Some(at) = stage.keyframe_requests.deadline(now) {
            self.timers.schedule(Timer::Stage(key), at);
        }
        self.standby_due(now, key);
    }

    fn handle_event(&mut self, now: Instant, key: PeerKey, event: RtcEvent) {
        match event {
            RtcEvent::RtpPacket(packet) => {
                self.media_received(now, key, IncomingPacket::Decrypted(packet))
            }
            RtcEvent::Connected => self.connected(now, key),
            RtcEvent::MediaAdded(media) => self.track_added(key, &media),
            RtcEvent::Closed => {
                if let Some(peer) = self.peers.get_mut(key) {
                    peer.failed = true;
                }
            }
            other => self.report(key, other),
        }
    }

    /// Handles the events of the shards.
    fn handle_shard_events(&mut self, now: Instant) {
        let mut events = std::mem::take(&mut self.shard_events);
        self.shards.take_events(&mut events);
        for event in events.drain(..) {
            match event {
                ShardEvent::KeyframeNeeded { stage, track, layer, urgency } => {
                    let Some(known) = self.stages.get_mut(stage) else {
                        continue;
                    };
                    known.keyframe_requests.request(track, layer, urgency);
                    match known.keyframe_requests.deadline(now) {
                        Some(at) if at <= now => self.due_stages.push(stage),
                        Some(at) => self.timers.schedule(Timer::Stage(stage), at),
                        None => {}
                    }
                }
                ShardEvent::Failed(key, session) => {
                    if let Some(peer) = self.peers.get_mut(key).filter(|p| p.id == session) {
                        peer.failed = true;
                        self.settle(now, key);
                    }
                }
            }
        }
        self.shard_events = events;
    }

    /// Notes str0m's RTCP statistics of a publisher.
    fn report(&mut self, key: PeerKey, event: RtcEvent) {
        let Some(rtcp) = self.peers.get_mut(key).map(|peer| &mut peer.rtcp) else {
            return;
        };
        match event {
            RtcEvent::MediaEgressStats(egress) => {
                rtcp.round_trip = egress.rtt.or(rtcp.round_trip);
            }
            RtcEvent::MediaIngressStats(ingress) => {
                rtcp.nacks.insert(ingress.mid, ingress.nacks);
                rtcp.round_trip = ingress.rtt.or(rtcp.round_trip);
            }
            _ => {}
        }
    }
}
