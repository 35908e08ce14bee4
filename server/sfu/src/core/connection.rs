//! Outcome of a handshake: a publisher's ingest, a subscriber's place in a shard.

use std::time::Instant;

use str0m::media::{Direction, MediaAdded};

use super::Core;
use super::flow::NEVER;
use super::peers::Side;
use super::timers::Timer;
use crate::event::{SessionRole, SfuEvent};
use crate::ids::PeerKey;
use crate::shard::{ShardInput, SubscriberSetup};

impl Core {
    /// Handles the end of a handshake.
    pub(super) fn connected(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        peer.connected = true;
        peer.transport.unverified_bytes = usize::MAX;
        self.demultiplexer.set_connected(key);
        peer.seen_alive(now);
        if let Side::Publisher(ingest) = &mut peer.side
            && let Some(keys) = peer.transport.take_keys()
            && ingest.connected(&keys, &self.shared.crypto).is_err()
        {
            tracing::debug!(session = ?peer.id, "what it loses can't be asked for");
        }
        let (session, stage_key, role) = (peer.id, peer.stage, peer.role());
        let Some(stage) = self.stages.get_mut(stage_key) else {
            return;
        };
        match role {
            SessionRole::Publisher => {
                let id = stage.id.clone();
                self.events.push_back(SfuEvent::PublisherConnected { stage: id, session });
                if let Some(standby) = stage.standby_of(key) {
                    standby.connected(now);
                    self.due_stages.push(stage_key);
                    self.report_standby(stage_key);
                }
            }
            SessionRole::Subscriber => {
                self.connected_subscribers.push(key);
                self.timers.schedule(Timer::Peer(key), now);
            }
        }
    }

    /// Hands a connected subscriber over to the shards.
    pub(super) fn admit_to_shard(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        let tracks = peer.transport.take_tracks();
        let (Some(keys), Some(remote)) = (peer.transport.take_keys(), peer.transport.remote) else {
            tracing::debug!(session = ?peer.id, "a handshake without keys");
            peer.failed = true;
            return;
        };
        peer.transport.retire();
        peer.transport_due = now + NEVER;
        let setup = Box::new(SubscriberSetup {
            session: peer.id,
            stage: peer.stage,
            remote,
            max_height: peer.max_height,
            keys,
            tracks,
        });
        self.shards.handle(now, ShardInput::Admit(key, setup));
    }

    /// Handles a track of the offer.
    pub(super) fn track_added(&mut self, key: PeerKey, media: &MediaAdded) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        if let Side::Publisher(ingest) = &mut peer.side
            && media.direction == Direction::RecvOnly
        {
            ingest.add_track(media.kind, media.mid, self.limits.max_tracks_per_kind);
        }
    }
}
