//! The media core without sockets and clocks: datagrams and time in, datagrams and events out.

mod capabilities;
mod connection;
mod flow;
pub(crate) mod keyframe_requests;
mod local;
mod migration;
pub(crate) mod panics;
mod peers;
mod stage;
pub(crate) mod standby;
mod takeover;
mod tap;
mod timers;
pub(crate) mod transport;
mod transport_context;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use str0m::Candidate;

use self::peers::{Peer, Peers, Side};
use self::timers::Timers;
use crate::config::{SfuLimits, SfuTimeouts};
use crate::core::stage::{Stage, Stages};
use crate::core::transport::{
    PreparedSession, Transmit, Transport, TransportContext, new_credentials,
};
use crate::error::{OfferError, SfuStartError};
use crate::event::{EndReason, SessionRole, SfuEvent};
use crate::ice::credentials::IceCredentials;
use crate::ice::demultiplexer::Demultiplexer;
use crate::ids::{PeerKey, StageKey};
use crate::ids::{SessionId, StageId};
use crate::rtp::packet::ForwardedPacket;
use crate::shard::egress::EgressCounters;
use crate::shard::{ShardEvent, ShardInput, Shards};
use crate::stats::{SfuStats, Totals};

/// Answer to an accepted offer.
#[derive(Clone, Debug)]
pub struct AcceptedOffer {
    /// The new session.
    pub session: SessionId,
    /// SDP answer, for the client as it is (`application/sdp`).
    pub answer_sdp: String,
    /// True for a publisher that waits beside another one on stage.
    pub standby: bool,
}

/// Answer to an ICE restart (RFC 8445 §9).
#[derive(Clone, Debug)]
pub struct IceRestart {
    /// New credentials of this side.
    pub credentials: IceCredentials,
    /// Candidates of this side, as in an answer: `candidate:…`.
    pub candidates: Vec<String>,
}

/// State of the media core.
///
/// Its driver feeds it inputs ([`Core::publish`], [`Core::handle_datagram`] …), as often as there
/// are any; then [`Core::poll_transmit`] until it is empty, since shards send by themselves; then
/// [`Core::handle_timeout`] once; then [`Core::poll_transmit`] and [`Core::poll_event`] until they
/// are empty; then it waits until [`Core::poll_timeout`].
pub(crate) struct Core {
    peers: Peers,
    sessions: HashMap<SessionId, PeerKey>,
    stages: Stages,
    stage_keys: HashMap<StageId, StageKey>,
    demultiplexer: Demultiplexer,
    timers: Timers,
    transmits: VecDeque<Transmit>,
    events: VecDeque<SfuEvent>,
    /// Stages with work that only [`Core::handle_timeout`] does.
    due_stages: Vec<StageKey>,
    /// Subscribers whose handshake is done. They are admitted in [`Core::handle_timeout`], once the
    /// last flight of the handshake has left: before that, a client has no keys for media.
    connected_subscribers: Vec<PeerKey>,
    /// Buffer of [`Core::drain`].
    transport_events: Vec<str0m::Event>,
    /// Buffer of [`Core::media_received`].
    standby_packets: Vec<ForwardedPacket>,
    /// The servers of subscribers.
    shards: Box<dyn Shards>,
    /// Buffer of [`Core::handle_shard_events`].
    shard_events: Vec<ShardEvent>,
    /// Counters of what the shards sent.
    counters: Arc<EgressCounters>,
    totals: Totals,
    shared: Arc<TransportContext>,
    limits: SfuLimits,
    timeouts: SfuTimeouts,
    /// The media thread has no time left: no more subscribers.
    pub(crate) full: bool,
}

impl Core {
    /// A core that announces `candidates`. Its subscribers are served by `shards`, which count in
    /// `counters` what they send.
    ///
    /// # Errors
    /// [`SfuStartError`] without candidates, or if no certificate could be made.
    pub(crate) fn new(
        candidates: Vec<Candidate>,
        shards: Box<dyn Shards>,
        counters: Arc<EgressCounters>,
        limits: SfuLimits,
        timeouts: SfuTimeouts,
    ) -> Result<Self, SfuStartError> {
        let shared = Arc::new(TransportContext::new(candidates)?);
        Ok(Core {
            peers: Peers::default(),
            sessions: HashMap::new(),
            stages: Stages::default(),
            stage_keys: HashMap::new(),
            demultiplexer: Demultiplexer::new(limits.max_addresses_per_session),
            timers: Timers::default(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            due_stages: Vec::new(),
            connected_subscribers: Vec::new(),
            transport_events: Vec::new(),
            standby_packets: Vec::new(),
            shards,
            shard_events: Vec::new(),
            counters,
            totals: Totals::default(),
            shared,
            limits,
            timeouts,
            full: false,
        })
    }

    /// Adds a subscriber to a stage, with or without a publisher there.
    pub(crate) fn subscribe(
        &mut self,
        now: Instant,
        stage: StageId,
        opening: PreparedSession,
    ) -> Result<AcceptedOffer, OfferError> {
        let key = self.stage_keys.get(&stage);
        let watching = key.and_then(|s| Some(self.stages.get(*s)?.subscribers.len()));
        if self.full
            || self.shards.is_full()
            || self.sessions.len() + self.limits.reserved_for_publishers >= self.limits.max_sessions
            || watching.unwrap_or(0) >= self.limits.max_subscribers_per_stage
        {
            return Err(OfferError::TooMany);
        }
        let (session, peer) = self.admit(now, stage, Side::Subscriber, opening.transport)?;
        if let Some(stage) = self.stage_of(peer) {
            stage.subscribers.push(peer);
        }
        Ok(AcceptedOffer { session, answer_sdp: opening.answer, standby: false })
    }

    /// Bounds the height of the layers that a subscriber is sent; the lowest is sent in any case.
    /// False if there is no such subscriber.
    pub(crate) fn set_max_height(
        &mut self,
        now: Instant,
        session: SessionId,
        height: Option<u16>,
    ) -> bool {
        let Some(key) = self.sessions.get(&session).copied() else {
            return false;
        };
        let Some(peer) = self.peers.get_mut(key).filter(|p| p.role() == SessionRole::Subscriber)
        else {
            return false;
        };
        peer.max_height = height;
        if peer.connected {
            self.shards.handle(now, ShardInput::SetMaxHeight(key, height));
        }
        true
    }

    /// Restarts a session's ICE with a client that has the new credentials `remote`. Checks are taken
    /// under new credentials of this side, too, and under them alone once a path was nominated by
    /// them. [`None`] if there is no such session.
    pub(crate) fn restart(
        &mut self,
        session: SessionId,
        remote: IceCredentials,
    ) -> Option<IceRestart> {
        let key = self.sessions.get(&session).copied()?;
        let new = new_credentials().ok()?;
        self.demultiplexer.register(key, &new.ufrag, &new.pass, vec![remote]);
        Some(IceRestart {
            credentials: IceCredentials { ufrag: new.ufrag, password: new.pass },
            candidates: self.shared.candidates.iter().map(Candidate::to_sdp_string).collect(),
        })
    }

    /// Ends a session as [`EndReason::Closed`]; false if there is no such session.
    pub(crate) fn close(&mut self, now: Instant, session: SessionId) -> bool {
        let peer = self.sessions.get(&session).copied();
        peer.is_some_and(|peer| self.end(now, peer, EndReason::Closed))
    }

    /// Ends all sessions of a stage as [`EndReason::StageClosed`].
    pub(crate) fn close_stage(&mut self, now: Instant, stage: &StageId) {
        let Some(stage) = self.stage_keys.get(stage).and_then(|s| self.stages.get(*s)) else {
            return;
        };
        // The last first, so that each is found at once.
        let mut peers: Vec<PeerKey> = stage.subscribers.iter().rev().copied().collect();
        peers.extend(stage.publisher);
        peers.extend(stage.standby.as_ref().map(|it| it.peer));
        for peer in peers {
            self.end(now, peer, EndReason::StageClosed);
        }
    }

    /// Ends all sessions as [`EndReason::Closed`].
    pub(crate) fn close_all(&mut self, now: Instant) {
        for peer in self.peers.keys().into_iter().rev() {
            self.end(now, peer, EndReason::Closed);
        }
    }

    /// The next event for the owner.
    pub(crate) fn poll_event(&mut self) -> Option<SfuEvent> {
        self.events.pop_front()
    }

    /// A snapshot of all statistics.
    pub(crate) fn stats(&self, now: Instant) -> SfuStats {
        let mut totals = self.totals.clone();
        totals.media_packets_out = self.counters.media.load(Relaxed);
        totals.datagrams_out += self.counters.datagrams.load(Relaxed);
        totals.bytes_out += self.counters.bytes.load(Relaxed);
        totals.dropped_datagrams += self.counters.dropped.load(Relaxed);
        let sessions = self.peers.iter().filter_map(|(key, peer)| {
            let stage = self.stages.get(peer.stage)?;
            let standby = stage.standby.as_ref().is_some_and(|it| it.peer == key);
            Some(peer.stats(now, stage.id.clone(), standby, self.shards.stats(key)))
        });
        SfuStats { totals, sessions: sessions.collect() }
    }

    /// The counters that the driver increments.
    pub(crate) fn totals_mut(&mut self) -> &mut Totals {
        &mut self.totals
    }

    /// The context in which offers to this core are accepted: see [`Transport::accept`].
    pub(crate) fn shared(&self) -> Arc<TransportContext> {
        Arc::clone(&self.shared)
    }

    /// Registers a session, so that its first STUN packet finds it.
    fn admit(
        &mut self,
        now: Instant,
        stage: StageId,
        side: Side,
        transport: Transport,
    ) -> Result<(SessionId, PeerKey), OfferError> {
        let id = SessionId::random().map_err(|_| OfferError::Stopped)?;
        let stage_key = self.stage_key(stage);
        let credentials = transport.credentials.clone();
        let remote = transport.remote_credentials.clone();
        let by_network = !matches!(side, Side::Local(_));
        let peer = self.peers.insert(Peer::new(now, id, stage_key, side, transport));
        if by_network {
            self.demultiplexer.register(peer, &credentials.ufrag, &credentials.pass, remote);
        }
        self.sessions.insert(id, peer);
        self.totals.sessions_started += 1;
        // The SDP library has the negotiated tracks to tell.
        self.drain(now, peer);
        Ok((id, peer))
    }

    /// Key of a stage, which is made if there is none of that name.
    fn stage_key(&mut self, stage: StageId) -> StageKey {
        if let Some(key) = self.stage_keys.get(&stage) {
            return *key;
        }
        let key = self.stages.insert(Stage::new(stage.clone(), &self.timeouts));
        self.stage_keys.insert(stage, key);
        key
    }

    /// Removes a stage that nobody is on; true if that was so.
    fn remove_if_deserted(&mut self, now: Instant, key: StageKey) -> bool {
        if !self.stages.get(key).is_some_and(Stage::is_empty) {
            return false;
        }
        if let Some(stage) = self.stages.remove(key) {
            self.stage_keys.remove(&stage.id);
        }
        self.shards.handle(now, ShardInput::Forget(key));
        true
    }

    fn stage_of(&mut self, peer: PeerKey) -> Option<&mut Stage> {
        let stage = self.peers.get(peer)?.stage;
        self.stages.get_mut(stage)
    }

    /// Ends a session: says goodbye to the peer, removes it from every table, and reports it.
    fn end(&mut self, now: Instant, key: PeerKey, reason: EndReason) -> bool {
        let Some(mut peer) = self.peers.remove(key) else {
            return false;
        };
        self.demultiplexer.remove(key);
        self.sessions.remove(&peer.id);
        self.connected_subscribers.retain(|newcomer| *newcomer != key);
        self.totals.sessions_ended += 1;
        if let EndReason::HandshakeFailed(failure) = reason {
            self.totals.handshakes_failed += 1;
            tracing::info!(session = ?peer.id, role = ?peer.role(), %failure, "handshake failed");
        }
        // RTCP BYE and DTLS close_notify; whoever can't be told finds out by silence.
        self.shards.handle(now, ShardInput::Remove(key));
        if peer.connected {
            let transmits = &mut self.transmits;
            let transport = &mut peer.transport;
            let told = transport.close(now);
            let told = told.and_then(|()| transport.drain(|t| transmits.push_back(t), |_| {}));
            if let Err(error) = told {
                tracing::debug!(session = ?peer.id, error, "no goodbye");
            }
        }
        let Some(stage) = self.stages.get_mut(peer.stage) else {
            return false;
        };
        match peer.side {
            Side::Publisher(_) | Side::Local(_) if stage.publisher == Some(key) => {
                stage.publisher = None;
                stage.clear_media();
                self.shards.handle(now, ShardInput::Reset(peer.stage));
            }
            Side::Publisher(_) | Side::Local(_) => {
                stage.standby.take_if(|it| it.peer == key);
            }
            Side::Subscriber => {
                if let Some(index) = stage.subscribers.iter().rposition(|s| *s == key) {
                    stage.subscribers.swap_remove(index);
                }
            }
        }
        self.events.push_back(SfuEvent::SessionEnded {
            stage: stage.id.clone(),
            session: peer.id,
            role: peer.role(),
            reason,
        });
        stage.taps.retain(|tap| !tap.packets.is_closed());
        if !self.remove_if_deserted(now, peer.stage) {
            self.report_standby(peer.stage);
        }
        true
    }
}
