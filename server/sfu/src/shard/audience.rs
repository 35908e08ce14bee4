//! The audience of one stage within one shard: its subscribers, and the tracks that they are sent.

use std::time::{Duration, Instant};

use super::Subscribers;
use super::catch_up::{CatchUpBudget, send_rest, start_forwarding};
use super::forwarder::Forwarder;
use super::padding::paddings;
use super::subscriber::{SendContext, Subscriber};
use super::track::SourceTrack;
use crate::config::SfuLimits;
use crate::ids::PeerKey;
use crate::rate_limit::LeakyBucket;
use crate::rtp::numbers::ExtSeq;
use crate::rtp::packet::{ForwardedPacket, Packet, Source, TrackId, is_reduced};
use crate::rtp::packet_cache::{CacheBudget, Stored};

/// Keyframes that one subscriber can ask the publisher for: three at once, then one in ten seconds.
pub(super) const KEYFRAME_COST: Duration = Duration::from_secs(10);
pub(super) const KEYFRAME_DEBT: Duration = Duration::from_secs(20);

/// Subscribers of one stage within one shard.
pub(super) struct Audience {
    pub(super) tracks: Vec<SourceTrack>,
    /// Origin of its time in microseconds.
    pub(super) begun: Instant,
    pub(super) viewers: Vec<PeerKey>,
    /// When those who have started since get their first portion.
    pub(super) catch_up_at: Option<Instant>,
    /// Who catches up, and when they get their next portion.
    pub(super) catching_up: Vec<PeerKey>,
    pub(super) portion_at: Option<Instant>,
    /// A subscriber waits for the catch-up budget, or for the rest of a keyframe.
    pub(super) queued: bool,
    budget: CacheBudget,
    pub(super) limits: SfuLimits,
    /// Reused by [`Audience::forward`].
    plan: Vec<Planned>,
}

/// Plan for one packet of a burst.
struct Planned {
    /// Index of its track, and of its layer there.
    track: usize,
    layer: usize,
    stored: Stored,
    padding: u8,
}

impl Audience {
    /// An empty audience that shares `budget` with the others of its thread.
    pub(super) fn new(now: Instant, limits: &SfuLimits, budget: &CacheBudget) -> Self {
        Audience {
            tracks: Vec::new(),
            begun: now,
            viewers: Vec::new(),
            catch_up_at: None,
            catching_up: Vec::new(),
            portion_at: None,
            queued: false,
            budget: budget.clone(),
            limits: limits.clone(),
            plan: Vec::new(),
        }
    }

    /// Drops the tracks of a publisher that is gone or replaced: subscribers wait for the next
    /// one's keyframe.
    pub(super) fn reset(&mut self, now: Instant, subscribers: &mut Subscribers) {
        self.tracks.clear();
        (self.catch_up_at, self.portion_at) = (None, None);
        self.catching_up.clear();
        for viewer in &self.viewers {
            if let Some(subscriber) = subscribers.get_mut(*viewer) {
                subscriber.forwarders.clear();
                // Nobody has asked the next one for anything.
                subscriber.keyframe_requests = LeakyBucket::new(KEYFRAME_DEBT, now);
                subscriber.tracks.iter_mut().for_each(|track| track.rewriter.forget_sources());
            }
        }
    }

    /// Adds a subscriber. `catch_up_limit` bounds what may be sent from the cache; `needs_keyframe`
    /// is called with the layers of which it needs a keyframe.
    pub(super) fn join(
        &mut self,
        viewer: PeerKey,
        now: Instant,
        subscribers: &mut Subscribers,
        catch_up_limit: &mut LeakyBucket,
        mut needs_keyframe: impl FnMut(TrackId, u8),
    ) {
        self.viewers.push(viewer);
        let Some(subscriber) = subscribers.get_mut(viewer) else {
            return;
        };
        subscriber.forwarders = vec![Forwarder::NEW; self.tracks.len()];
        let mut catch_up = CatchUpBudget::new(&mut self.catch_up_at, catch_up_limit, &self.limits);
        for (index, track) in self.tracks.iter().enumerate().filter(|(_, t)| t.id.video) {
            let first = start_forwarding(
                track,
                index,
                subscriber,
                &mut catch_up,
                micros(self.begun, now),
                now,
            );
            if let Some(layer) = first.and_then(|first| track.layers.get(first)) {
                needs_keyframe(track.id, layer.requested_as());
            }
        }
        self.queued |= catch_up.refused || catch_up.torn;
    }

    /// Removes a subscriber.
    pub(super) fn leave(&mut self, viewer: PeerKey) {
        // Who came last leaves first when a stage is closed.
        if let Some(index) = self.viewers.iter().rposition(|v| *v == viewer) {
            self.viewers.swap_remove(index);
        }
        self.catching_up.retain(|v| *v != viewer);
    }

    /// Handles a subscriber's keyframe request for a track: the layer of which the publisher has to
    /// be asked for one, if it has to.
    pub(super) fn keyframe_requested(
        &mut self,
        id: TrackId,
        now: Instant,
        viewer: &mut Subscriber,
        catch_up_limit: &mut LeakyBucket,
    ) -> Option<u8> {
        let index = self.tracks.iter().position(|t| t.id == id)?;
        let (track, forwarder) = (self.tracks.get(index)?, viewer.forwarders.get_mut(index)?);
        let layer = forwarder.layer;
        if forwarder.paused
            || forwarder.is_starting(now, viewer.stats.round_trip.unwrap_or_default())
        {
            return None;
        }
        let mut catch_up = CatchUpBudget::new(&mut self.catch_up_at, catch_up_limit, &self.limits);
        if forwarder.keyframe_requested(track.last_keyframe(layer, now), now)
            && track.catch_up(forwarder, layer, &mut catch_up, now)
        {
            return None;
        }
        // Nobody makes the publisher send keyframes for everybody all the time.
        let asks = viewer.keyframe_requests.pass(KEYFRAME_COST, now);
        asks.then_some(track.layers.get(layer)?.requested_as())
    }

    /// The packet of a source by its sequence number, if it is cached.
    pub(super) fn find(&self, source: Source, sequence: ExtSeq) -> Option<&Packet> {
        self.tracks.iter().find_map(|t| t.find(source, sequence))
    }

    /// Forwards packets of the publisher, each subscriber's in one go. `needs_keyframe` is called
    /// with the layers of which a subscriber needs a keyframe.
    pub(super) fn forward(
        &mut self,
        burst: &[ForwardedPacket],
        subscribers: &mut Subscribers,
        context: &mut SendContext<'_>,
        mut needs_keyframe: impl FnMut(TrackId, u8),
    ) {
        let mut plan = std::mem::take(&mut self.plan);
        plan.clear();
        for forwarded in burst {
            let (track, layer, begun) = self.place(forwarded, subscribers);
            let at = micros(self.begun, forwarded.packet.arrival);
            let entry = self.tracks.get_mut(track).and_then(|t| t.layers.get_mut(layer));
            let stored = entry.map_or(Stored::Ignored, |l| l.store(&forwarded.packet, at));
            plan.push(Planned { track, layer, stored, padding: 0 });
            let asks = begun && forwarded.track.video && !is_reduced(forwarded.layer);
            if asks && stored != Stored::Keyframe {
                let entry = self.tracks.get(track).and_then(|t| t.layers.get(layer));
                needs_keyframe(
                    forwarded.track,
                    entry.map_or(forwarded.layer, |l| l.requested_as()),
                );
            }
        }
        for (planned, padding) in plan.iter_mut().rev().zip(paddings(burst)) {
            planned.padding = padding;
        }
        let now = (micros(self.begun, context.now), self.sound_bits(context.now));
        for viewer in &self.viewers {
            let Some(subscriber) = subscribers.get_mut(*viewer) else {
                continue;
            };
            context.go_on();
            for (forwarded, planned) in burst.iter().zip(&plan) {
                let (id, packet) = (forwarded.track, &forwarded.packet);
                let (Some(track), Some(forwarder)) =
                    (self.tracks.get(planned.track), subscriber.forwarders.get_mut(planned.track))
                else {
                    continue;
                };
                let catch_up_at = &mut self.catch_up_at;
                if !track.forwards(forwarder, planned.layer, packet, planned.stored, catch_up_at) {
                    continue;
                }
                if let Some(splice) = forwarder.accept(packet.sequence) {
                    subscriber.write(id, packet, splice, planned.padding, context);
                }
            }
            for (index, track) in self.tracks.iter().enumerate().filter(|(_, t)| t.id.video) {
                send_rest(track, index, subscriber, now, context);
            }
            subscriber.send(context);
        }
        self.plan = plan;
    }

    /// Indices of a packet's track and layer; true if the layer has just begun, or begun anew.
    fn place(
        &mut self,
        forwarded: &ForwardedPacket,
        subscribers: &mut Subscribers,
    ) -> (usize, usize, bool) {
        let known = self.tracks.iter().position(|t| t.id == forwarded.track);
        let index = known.unwrap_or(self.tracks.len());
        if known.is_none() {
            self.tracks.push(SourceTrack::new(forwarded.track));
            for viewer in &self.viewers {
                if let Some(subscriber) = subscribers.get_mut(*viewer) {
                    subscriber.forwarders.push(Forwarder::NEW);
                }
            }
        }
        let Some(track) = self.tracks.get_mut(index) else {
            return (index, 0, false);
        };
        let layers = track.layers.len();
        let (layer, begun) = track.layer(forwarded, &self.limits, &self.budget);
        if begun && layer < layers {
            // Another source: whoever got it waits for its first keyframe.
            for viewer in &self.viewers {
                let subscriber = subscribers.get_mut(*viewer);
                let forwarder = subscriber.and_then(|s| s.forwarders.get_mut(index));
                if let Some(forwarder) = forwarder.filter(|f| f.layer == layer) {
                    *forwarder = Forwarder::NEW;
                    forwarder.layer = layer;
                }
            }
        }
        (index, layer, begun)
    }
}

/// Microseconds since `begun`.
pub(super) fn micros(begun: Instant, now: Instant) -> u64 {
    now.saturating_duration_since(begun).as_micros() as u64
}
