//! Takeover of a stage by another publisher.
//!
//! On a free stage, a publisher is at once. On any other, it waits beside the stage, one at a time,
//! and the audience loses no packet of the one on stage. Once the standby publisher is ready, or
//! the one on stage is silent, the owner is told ([`SfuEvent::PublisherWaiting`]) and may let it
//! take over ([`Core::hand_over`]): so rights are checked at the moment of the change. Sound and
//! picture change in one step.

use std::time::Instant;

use super::peers::{Peer, Side};
use super::timers::Timer;
use super::{AcceptedOffer, Core};
use crate::core::standby::{StandbyPublisher, TakeoverCondition};
use crate::core::transport::{PreparedSession, Transport};
use crate::error::OfferError;
use crate::event::{EndReason, SfuEvent};
use crate::ids::{PeerKey, StageKey};
use crate::ids::{SessionId, StageId};
use crate::ingest::{IncomingPacket, Ingest};
use crate::rtp::packet::ForwardedPacket;
use crate::shard::ShardInput;

impl Core {
    /// Makes the offerer the stage's publisher or, where there is one, its standby publisher under
    /// `condition`. An earlier standby publisher ends as [`EndReason::Replaced`].
    pub(crate) fn publish(
        &mut self,
        now: Instant,
        stage: StageId,
        opening: PreparedSession,
        condition: TakeoverCondition,
    ) -> Result<AcceptedOffer, OfferError> {
        let side = Side::Publisher(Ingest::new(now));
        let entered = self.enter_stage(now, stage, side, opening.transport, condition)?;
        let (session, _, standby) = entered;
        Ok(AcceptedOffer { session, answer_sdp: opening.answer, standby })
    }

    /// Adds a publisher to a stage: see [`Core::publish`]. True for a standby publisher.
    pub(super) fn enter_stage(
        &mut self,
        now: Instant,
        stage: StageId,
        side: Side,
        transport: Transport,
        condition: TakeoverCondition,
    ) -> Result<(SessionId, PeerKey, bool), OfferError> {
        let known = self.stage_keys.get(&stage).and_then(|key| self.stages.get(*key));
        let taken = known.is_some_and(|it| it.publisher.is_some());
        let earlier = known.and_then(|it| Some(it.standby.as_ref()?.peer));
        // Who is replaced makes room for the standby publisher, of which there is one a stage.
        let waiting = self.stages.iter().filter(|it| it.standby.is_some()).count();
        if !taken && self.sessions.len() - waiting >= self.limits.max_sessions {
            return Err(OfferError::TooMany);
        }
        let (session, peer) = self.admit(now, stage, side, transport)?;
        let standby = StandbyPublisher::new(peer, condition, &self.limits, &self.timeouts);
        if let Some(stage) = self.stage_of(peer) {
            match taken {
                true => stage.standby = Some(standby),
                false => stage.publisher = Some(peer),
            }
        }
        // Last, so that a stage without an audience is not deserted in between.
        if let Some(earlier) = earlier {
            self.end(now, earlier, EndReason::Replaced);
        }
        Ok((session, peer, taken))
    }

    /// Lets a standby publisher take over its stage; the one there ends as [`EndReason::Replaced`].
    /// False, without effect, if it is gone or not ready any more.
    pub(crate) fn hand_over(&mut self, now: Instant, session: SessionId) -> bool {
        let Some(key) = self.sessions.get(&session).copied() else {
            return false;
        };
        let Some(stage_key) = self.peers.get(key).map(|it| it.stage) else {
            return false;
        };
        let may = self.may_take_over(stage_key);
        let Some(stage) = self.stages.get_mut(stage_key) else {
            return false;
        };
        if let Some(standby) = stage.standby_of(key).filter(|_| !may) {
            // It is told anew once it can after all.
            standby.reported = false;
            return false;
        }
        let Some(standby) = stage.standby.take_if(|it| it.peer == key) else {
            return stage.publisher == Some(key);
        };
        // What the one before sent goes out before anything of the next one does.
        self.stage_due(now, stage_key);
        self.shards.handle(now, ShardInput::Reset(stage_key));
        let Some(stage) = self.stages.get_mut(stage_key) else {
            return false;
        };
        stage.clear_media();
        stage.burst = standby.into_packets();
        let id = stage.id.clone();
        if let Some(before) = stage.publisher.replace(key) {
            self.end(now, before, EndReason::Replaced);
        }
        if self.peers.get(key).is_some_and(Peer::has_sent) {
            self.events.push_back(SfuEvent::PublisherMedia { stage: id, session });
        }
        self.due_stages.push(stage_key);
        true
    }

    /// Handles a publisher's packet: forwards it, or holds it while the publisher is on standby.
    pub(super) fn media_received(
        &mut self,
        now: Instant,
        key: PeerKey,
        packet: IncomingPacket<'_>,
    ) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        let (session, stage_key, first) = (peer.id, peer.stage, !peer.has_sent());
        let Some(stage) = self.stages.get_mut(stage_key) else {
            return;
        };
        if stage.publisher != Some(key) {
            let mut aside = std::mem::take(&mut self.standby_packets);
            peer.receive(now, packet, &mut aside);
            self.totals.media_packets_in += u64::from(!aside.is_empty());
            let has_video = peer.has_video();
            self.hold_for_standby(now, key, &mut aside, has_video);
            self.standby_packets = aside;
            return;
        }
        let before = stage.burst.len();
        peer.receive(now, packet, &mut stage.burst);
        if stage.burst.len() == before {
            return;
        }
        self.totals.media_packets_in += 1;
        if first {
            let stage = stage.id.clone();
            self.events.push_back(SfuEvent::PublisherMedia { stage, session });
        }
        stage.packets_received(before);
        if before == 0 {
            self.due_stages.push(stage_key);
        }
    }

    /// Holds packets of a standby publisher. Those of a replaced one are dropped.
    fn hold_for_standby(
        &mut self,
        now: Instant,
        key: PeerKey,
        packets: &mut Vec<ForwardedPacket>,
        has_video: bool,
    ) {
        let stage_key = self.peers.get(key).map(|it| it.stage);
        let stage = stage_key.and_then(|stage| self.stages.get_mut(stage));
        let standby = stage.and_then(|stage| stage.standby_of(key));
        if let (Some(stage_key), Some(standby)) = (stage_key, standby) {
            standby.hold(now, packets.drain(..), has_video);
            let deadline = standby.deadline();
            if let Some(at) = deadline {
                self.timers.schedule(Timer::Stage(stage_key), at);
            }
            self.report_standby(stage_key);
        }
        packets.clear();
    }

    /// Reports, once, a standby publisher that could take over.
    pub(super) fn report_standby(&mut self, stage_key: StageKey) {
        if !self.may_take_over(stage_key) {
            return;
        }
        let Some(stage) = self.stages.get_mut(stage_key) else {
            return;
        };
        let id = stage.id.clone();
        let Some(standby) = stage.standby.as_mut().filter(|it| !it.reported) else {
            return;
        };
        standby.reported = true;
        if let Some(session) = self.peers.get(standby.peer).map(|it| it.id) {
            self.events.push_back(SfuEvent::PublisherWaiting { stage: id, session });
        }
    }

    /// Asks a standby publisher for a keyframe, or gives it up, when it is due.
    pub(super) fn standby_due(&mut self, now: Instant, stage_key: StageKey) {
        let Some(stage) = self.stages.get_mut(stage_key) else {
            return;
        };
        let taken = stage.publisher.is_some();
        let Some(standby) = &mut stage.standby else {
            return;
        };
        let (key, asks) = (standby.peer, standby.take_keyframe_request(now));
        if taken && standby.is_overdue(now) {
            self.end(now, key, EndReason::NoMedia);
            return;
        }
        if let Some(at) = standby.deadline().filter(|at| *at > now) {
            self.timers.schedule(Timer::Stage(stage_key), at);
        }
        if let Some(peer) = self.peers.get_mut(key).filter(|_| asks)
            && let Side::Publisher(ingest) = &mut peer.side
        {
            self.totals.keyframe_requests += ingest.request_keyframes(&mut peer.transport);
            self.peers.mark(key);
        }
    }

    /// True if the stage can change hands: the standby publisher is ready, or the one on stage is
    /// silent.
    fn may_take_over(&self, stage_key: StageKey) -> bool {
        let Some(stage) = self.stages.get(stage_key) else {
            return false;
        };
        let Some(standby) = &stage.standby else {
            return false;
        };
        let connected = self.peers.get(standby.peer).is_some_and(|it| it.connected);
        match stage.publisher.and_then(|key| self.peers.get(key)) {
            None => true,
            Some(before) => standby.is_ready() || connected && (before.silent || !before.connected),
        }
    }
}
