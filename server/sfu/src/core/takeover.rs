//! Publishers: who is on stage, and how it changes hands.
//!
//! On a stage that is free, a publisher is at once. On one that isn't, it waits beside it, one at a
//! time, and the audience goes on to see and hear the one on stage without losing a packet. Once the
//! newcomer's picture can be shown, or nobody is heard on stage any more, the owner of the core is told
//! ([`SfuEvent::PublisherWaiting`]) and may let it take over ([`Core::hand_over`]): so rights are asked
//! at the moment of the change. Sound and picture change in one step.

use std::time::Instant;

use super::peers::{Peer, Side};
use super::timers::Timer;
use super::{AcceptedOffer, Core};
use crate::core::standby::{StandbyPublisher, TakeoverCondition};
use crate::core::transport::PreparedSession;
use crate::error::OfferError;
use crate::event::{EndReason, SessionRole, SfuEvent};
use crate::ice::demultiplexer::PeerKey;
use crate::ids::{SessionId, StageId};
use crate::ingest::IncomingPacket;
use crate::rtp::packet::ForwardedPacket;

impl Core {
    /// Makes the offerer the stage's publisher or, where there is one, its successor, of which
    /// `awaited` has to arrive. An earlier successor ends as [`EndReason::Replaced`].
    pub(crate) fn publish(
        &mut self,
        now: Instant,
        stage: StageId,
        opening: PreparedSession,
        awaited: TakeoverCondition,
    ) -> Result<AcceptedOffer, OfferError> {
        let known = self.stage_keys.get(&stage).and_then(|key| self.stages.get(*key));
        let taken = known.is_some_and(|it| it.publisher.is_some());
        let earlier = known.and_then(|it| Some(it.successor.as_ref()?.peer));
        // Who is replaced makes room for the successor; of those there is one a stage.
        let waiting = self.stages.iter().filter(|(_, it)| it.successor.is_some()).count();
        if !taken && self.sessions.len() - waiting >= self.limits.max_sessions {
            return Err(OfferError::TooMany);
        }
        let (session, peer) = self.admit(now, stage, SessionRole::Publisher, opening.transport)?;
        let successor = StandbyPublisher::new(peer, awaited, &self.limits, &self.timeouts);
        if let Some(stage) = self.stage_of(peer) {
            match taken {
                true => stage.successor = Some(successor),
                false => stage.publisher = Some(peer),
            }
        }
        // Last, so that a stage without an audience is not deserted in between.
        if let Some(earlier) = earlier {
            self.end(now, earlier, EndReason::Replaced);
        }
        Ok(AcceptedOffer { session, answer_sdp: opening.answer, standby: taken })
    }

    /// Lets a waiting publisher take over its stage; the one who is there ends as
    /// [`EndReason::Replaced`]. False, and nothing happens, if it is not waiting any more: it is gone,
    /// or can't be shown after all.
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
        if let Some(successor) = stage.successor(key).filter(|_| !may) {
            // It is told anew once it can after all.
            successor.reported = false;
            return false;
        }
        let Some(successor) = stage.successor.take_if(|it| it.peer == key) else {
            return stage.publisher == Some(key);
        };
        // What the one before sent goes out before anything of the next one does.
        self.stage_due(now, stage_key);
        self.shards.reset(stage_key);
        let Some(stage) = self.stages.get_mut(stage_key) else {
            return false;
        };
        stage.reset_tracks();
        stage.burst = successor.into_packets();
        let id = stage.id.clone();
        if let Some(before) = stage.publisher.replace(key) {
            self.end(now, before, EndReason::Replaced);
        }
        if self.peers.get(key).is_some_and(Peer::has_sent) {
            self.events.push_back(SfuEvent::PublisherMedia { stage: id, session });
        }
        self.restless.push(stage_key);
        true
    }

    /// Takes a publisher's packet: to the audience, or aside while it is not on stage.
    pub(super) fn media_came(&mut self, now: Instant, key: PeerKey, coming: IncomingPacket<'_>) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        let Side::Publisher(ingest) = &mut peer.side else {
            return;
        };
        let (session, stage_key) = (peer.id, peer.stage);
        let Some(stage) = self.stages.get_mut(stage_key) else {
            return;
        };
        if stage.publisher != Some(key) {
            let mut aside = std::mem::take(&mut self.aside);
            ingest.receive(now, &mut peer.transport, coming, &mut aside);
            self.totals.media_packets_in += u64::from(!aside.is_empty());
            let has_video = ingest.has_video();
            self.keep_aside(now, key, &mut aside, has_video);
            self.aside = aside;
            return;
        }
        let (first, before) = (ingest.packets == 0, stage.burst.len());
        ingest.receive(now, &mut peer.transport, coming, &mut stage.burst);
        if stage.burst.len() == before {
            return;
        }
        self.totals.media_packets_in += 1;
        if first {
            let stage = stage.id.clone();
            self.events.push_back(SfuEvent::PublisherMedia { stage, session });
        }
        stage.keyframes_came(before);
        if before == 0 {
            self.restless.push(stage_key);
        }
    }

    /// Keeps what a publisher beside the stage sent. One that was replaced is not listened to.
    fn keep_aside(
        &mut self,
        now: Instant,
        key: PeerKey,
        packets: &mut Vec<ForwardedPacket>,
        has_video: bool,
    ) {
        let stage_key = self.peers.get(key).map(|it| it.stage);
        let stage = stage_key.and_then(|stage| self.stages.get_mut(stage));
        let successor = stage.and_then(|stage| stage.successor(key));
        if let (Some(stage_key), Some(successor)) = (stage_key, successor) {
            successor.hold(now, packets.drain(..), has_video);
            let deadline = successor.deadline();
            if let Some(at) = deadline {
                self.timing.schedule(Timer::Stage(stage_key), at);
            }
            self.look_at_successor(stage_key);
        }
        packets.clear();
    }

    /// Tells the owner, once, of a publisher that could take over.
    pub(super) fn look_at_successor(&mut self, stage_key: usize) {
        if !self.may_take_over(stage_key) {
            return;
        }
        let Some(stage) = self.stages.get_mut(stage_key) else {
            return;
        };
        let id = stage.id.clone();
        let Some(successor) = stage.successor.as_mut().filter(|it| !it.reported) else {
            return;
        };
        successor.reported = true;
        if let Some(session) = self.peers.get(successor.peer).map(|it| it.id) {
            self.events.push_back(SfuEvent::PublisherWaiting { stage: id, session });
        }
    }

    /// Asks a successor for a keyframe, or gives it up, when it is time.
    pub(super) fn successor_due(&mut self, now: Instant, stage_key: usize) {
        let Some(stage) = self.stages.get_mut(stage_key) else {
            return;
        };
        let taken = stage.publisher.is_some();
        let Some(successor) = &mut stage.successor else {
            return;
        };
        let (key, asks) = (successor.peer, successor.asks(now));
        if taken && successor.is_overdue(now) {
            self.end(now, key, EndReason::NoMedia);
            return;
        }
        if let Some(at) = successor.deadline().filter(|at| *at > now) {
            self.timing.schedule(Timer::Stage(stage_key), at);
        }
        if let Some(peer) = self.peers.get_mut(key).filter(|_| asks)
            && let Side::Publisher(ingest) = &mut peer.side
        {
            self.totals.keyframe_requests += ingest.request_keyframes(&mut peer.transport);
            self.peers.mark(key);
        }
    }

    /// Whether the stage can change hands: nobody is heard there, or the successor can be shown.
    fn may_take_over(&self, stage_key: usize) -> bool {
        let Some(stage) = self.stages.get(stage_key) else {
            return false;
        };
        let Some(successor) = &stage.successor else {
            return false;
        };
        let connected = self.peers.get(successor.peer).is_some_and(|it| it.connected);
        match stage.publisher.and_then(|key| self.peers.get(key)) {
            None => true,
            Some(before) => {
                successor.is_ready() || connected && (before.silent || !before.connected)
            }
        }
    }
}
