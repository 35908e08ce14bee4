//! The subscribers of one stage within one shard, and what was sent to them last.

use std::time::{Duration, Instant};

use super::Subscribers;
use super::forwarder::{ForwardMode, Forwarder};
use super::pacer::{CATCH_UP_INTERVAL, CATCH_UP_PACKETS};
use super::subscriber::{SendContext, Subscriber};
use super::track::{CatchUpBudget, SourceTrack};
use crate::config::SfuLimits;
use crate::ids::PeerKey;
use crate::rate_limit::LeakyBucket;
use crate::rtp::numbers::ExtSeq;
use crate::rtp::packet::{ForwardedPacket, Packet, Source, TrackId};
use crate::rtp::packet_cache::{CacheBudget, Stored};

/// A layer that needs this many times what is carried is not even sent until the next one begins.
const HOLD_FACTOR: u64 = 2;

/// How much more than the next layer needs a probe sends, in percent.
const PROBE_PERCENT: u64 = 105;

/// Most bytes by which packets of one frame are lengthened to be of one length: encoders cut frames
/// into packets that differ by a byte.
const MAX_PADDING: usize = 16;

/// Keyframes that one subscriber can ask the publisher for: three at once, then one in ten seconds.
const KEYFRAME_COST: Duration = Duration::from_secs(10);
pub(super) const KEYFRAME_DEBT: Duration = Duration::from_secs(20);

/// The subscribers of one stage within one shard.
pub(super) struct Audience {
    tracks: Vec<SourceTrack>,
    /// The moment from which its microseconds are counted.
    begun: Instant,
    pub(super) viewers: Vec<PeerKey>,
    /// When those who catch up get their next portion.
    pub(super) catch_up_at: Option<Instant>,
    /// Somebody waits until the past may be sent to them.
    queued: bool,
    budget: CacheBudget,
    limits: SfuLimits,
    /// Reused by [`Audience::forward`].
    plan: Vec<Planned>,
}

/// What is to be done with one packet of a burst.
struct Planned {
    /// Index of its track, and of its layer there.
    track: usize,
    layer: usize,
    stored: Stored,
    padding: u8,
}

impl Audience {
    /// One that shares `budget` with the others of its thread.
    pub(super) fn new(now: Instant, limits: &SfuLimits, budget: &CacheBudget) -> Self {
        Audience {
            tracks: Vec::new(),
            begun: now,
            viewers: Vec::new(),
            catch_up_at: None,
            queued: false,
            budget: budget.clone(),
            limits: limits.clone(),
            plan: Vec::new(),
        }
    }

    /// The publisher is gone, or another takes over: viewers wait for the next one's keyframe.
    pub(super) fn reset(&mut self, subscribers: &mut Subscribers) {
        self.tracks.clear();
        self.catch_up_at = None;
        for viewer in &self.viewers {
            if let Some(subscriber) = subscribers.get_mut(*viewer) {
                subscriber.forwarders.clear();
                subscriber.tracks.iter_mut().for_each(|track| track.rewriter.forget_sources());
            }
        }
    }

    /// `viewer` can now receive. `budget` is what may be sent of the past; `needs_keyframe` is called with the
    /// layers of which it needs a keyframe.
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
        self.queued |= catch_up.refused;
    }

    /// Serves those who had to wait until the past may be sent to them.
    pub(super) fn serve_queue(
        &mut self,
        now: Instant,
        subscribers: &mut Subscribers,
        catch_up_limit: &mut LeakyBucket,
    ) {
        if !std::mem::take(&mut self.queued) {
            return;
        }
        let at = micros(self.begun, now);
        let mut catch_up = CatchUpBudget::new(&mut self.catch_up_at, catch_up_limit, &self.limits);
        for viewer in &self.viewers {
            let Some(subscriber) = subscribers.get_mut(*viewer) else {
                continue;
            };
            for (index, track) in self.tracks.iter().enumerate().filter(|(_, t)| t.id.video) {
                let forwarder = subscriber.forwarders.get(index);
                if forwarder
                    .is_some_and(|forwarder| forwarder.mode == ForwardMode::AwaitingKeyframe)
                    && !catch_up.refused
                {
                    start_forwarding(track, index, subscriber, &mut catch_up, at, now);
                }
            }
        }
        self.queued = catch_up.refused;
    }

    /// `viewer` is gone.
    pub(super) fn leave(&mut self, viewer: PeerKey) {
        self.viewers.retain(|v| *v != viewer);
    }

    /// `viewer` has no picture of that track: the layer of which the publisher has to be asked for
    /// one, if it has to.
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
        if forwarder.is_starting(now) {
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

    /// The packet of a source by its sequence number, if it is still there.
    pub(super) fn find(&self, source: Source, sequence: ExtSeq) -> Option<&Packet> {
        self.tracks.iter().find_map(|t| t.find(source, sequence))
    }

    /// Packets of the publisher go to whoever is owed them, each subscriber's in one go. `needs_keyframe` is
    /// called with the layers of which somebody needs a keyframe.
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
            if begun && forwarded.track.video && stored != Stored::Keyframe {
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
        for viewer in &self.viewers {
            let Some(subscriber) = subscribers.get_mut(*viewer) else {
                continue;
            };
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
            subscriber.send(context);
        }
        self.plan = plan;
    }

    /// Sends the portions of the past that are due.
    pub(super) fn catch_up(
        &mut self,
        now: Instant,
        subscribers: &mut Subscribers,
        context: &mut SendContext<'_>,
    ) {
        if self.catch_up_at.is_none_or(|at| at > now) {
            return;
        }
        self.catch_up_at = None;
        let at = micros(self.begun, now);
        for viewer in &self.viewers {
            let Some(subscriber) = subscribers.get_mut(*viewer) else {
                continue;
            };
            for (index, track) in self.tracks.iter().enumerate() {
                let Some(forwarder) = subscriber.forwarders.get(index).copied() else {
                    continue;
                };
                let Forwarder { mode: ForwardMode::CatchingUp(mut next), layer, .. } = forwarder
                else {
                    continue;
                };
                let Some(history) = track.layers.get(layer).map(|l| &l.history) else {
                    continue;
                };
                let mut pacer = forwarder.pacer;
                pacer.earn(now, track.layer_bits(layer, at), subscriber.bandwidth.as_deref());
                let mut sent = 0;
                while next < history.end() && sent < CATCH_UP_PACKETS && pacer.is_open() {
                    if let Some(packet) = history.get(next)
                        && let Some(forwarder) = subscriber.forwarders.get_mut(index)
                        && let Some(splice) = forwarder.accept(packet.sequence)
                    {
                        subscriber.write(track.id, packet, splice, 0, context);
                        pacer.spend(packet.payload.len());
                        sent += 1;
                    }
                    next = next + 1;
                }
                let more = next < history.end();
                if let Some(forwarder) = subscriber.forwarders.get_mut(index) {
                    forwarder.mode =
                        if more { ForwardMode::CatchingUp(next) } else { ForwardMode::Live };
                    forwarder.pacer = pacer;
                }
                if more {
                    self.catch_up_at = Some(now + CATCH_UP_INTERVAL);
                }
            }
            subscriber.send(context);
        }
    }

    /// Gives everybody the layers that their networks carry, and says in `probing` who asks for
    /// more. `needs_keyframe` is called with the layers of which somebody needs a keyframe.
    pub(super) fn choose(
        &mut self,
        now: Instant,
        subscribers: &mut Subscribers,
        catch_up_limit: &mut LeakyBucket,
        probing: &mut Vec<PeerKey>,
        mut needs_keyframe: impl FnMut(TrackId, u8),
    ) {
        if !self.tracks.iter().any(|t| t.id.video && t.layers.len() > 1) {
            return;
        }
        let at = micros(self.begun, now);
        let mut catch_up = CatchUpBudget::new(&mut self.catch_up_at, catch_up_limit, &self.limits);
        let sound: u64 = self.tracks.iter().filter(|t| !t.id.video).map(|t| t.bits(at)).sum();
        for (index, track) in self.tracks.iter().enumerate().filter(|(_, t)| t.id.video) {
            let ladder = track.ladder(now, at);
            for viewer in &self.viewers {
                let Some(subscriber) = subscribers.get_mut(*viewer) else {
                    continue;
                };
                // Sound comes first; video tracks share the rest.
                let others = self.tracks.iter().filter(|t| t.id.video).count() as u64;
                let budget = subscriber.budget().saturating_sub(sound) / others.max(1);
                let max_height = subscriber.max_height;
                let Some(forwarder) = subscriber.forwarders.get_mut(index) else {
                    continue;
                };
                let present =
                    (forwarder.mode != ForwardMode::AwaitingKeyframe).then_some(forwarder.layer);
                let Some(choice) = ladder.choose(present, budget, max_height) else {
                    continue;
                };
                let needs = present.and_then(|p| ladder.needs(p)).unwrap_or_default();
                let worse = needs > choice.needs;
                let held = worse && needs > budget.saturating_mul(HOLD_FACTOR);
                if track.want(forwarder, choice.layer, held, now) {
                    // What is better waits, if need be, for a keyframe that comes anyway.
                    if let Some(layer) = track.layers.get(choice.layer)
                        && (needs > budget || subscriber.keyframe_requests.pass(KEYFRAME_COST, now))
                    {
                        needs_keyframe(track.id, layer.requested_as());
                    }
                    if needs > budget
                        && let Some(bandwidth) = &mut subscriber.bandwidth
                    {
                        bandwidth.probe_failed(now);
                    }
                } else if forwarder.is_switch_overdue(now)
                    && !track.catch_up(forwarder, choice.layer, &mut catch_up, now)
                {
                    forwarder.cancel_switch();
                }
                if let (Some(next), Some(bandwidth)) = (choice.next, &mut subscriber.bandwidth)
                    && forwarder.pending.is_none()
                    && bandwidth.may_probe(now)
                {
                    bandwidth.probe(now, (next * others + sound) * PROBE_PERCENT / 100);
                    probing.push(*viewer);
                }
            }
        }
    }

    /// How high the pictures are that the feeds get of the first video track, where it is known.
    pub(super) fn height(&self, forwarders: &[Forwarder]) -> Option<u16> {
        let mut video = self.tracks.iter().zip(forwarders).filter(|(t, _)| t.id.video);
        let (track, forwarder) = video.next()?;
        Some(track.layers.get(forwarder.layer)?.height).filter(|height| *height > 0)
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

/// Serves a subscriber from the past of a track: from the layer that suits it or, if there is no
/// keyframe of that, from another one for now; then the layer is returned whose keyframe it needs.
fn start_forwarding(
    track: &SourceTrack,
    index: usize,
    subscriber: &mut Subscriber,
    catch_up: &mut CatchUpBudget<'_>,
    at: u64,
    now: Instant,
) -> Option<usize> {
    let budget = subscriber.budget();
    let choice = track.ladder(now, at).choose(None, budget, subscriber.max_height);
    let first = choice.map_or(0, |c| c.layer);
    let forwarder = subscriber.forwarders.get_mut(index)?;
    if track.catch_up(forwarder, first, catch_up, now) {
        return None;
    }
    let others = 0..track.layers.len();
    for layer in others {
        if !catch_up.refused && track.catch_up(forwarder, layer, catch_up, now) {
            break;
        }
    }
    Some(first)
}

/// Microseconds from the beginning.
fn micros(begun: Instant, now: Instant) -> u64 {
    now.saturating_duration_since(begun).as_micros() as u64
}

/// Bytes that make each packet as long as the longest of its layer that follow it in a row in the burst;
/// the last of them needs none. From the last packet to the first, so that each is looked at once.
fn paddings(burst: &[ForwardedPacket]) -> impl Iterator<Item = u8> {
    let mut run = None;
    burst.iter().rev().map(move |this| {
        let (of, length) = ((this.track, this.layer), this.packet.payload.len());
        let after = run.filter(|(id, _)| *id == of).map(|(_, longest)| longest);
        run = Some((of, after.map_or(length, |longest: usize| longest.max(length))));
        let short = after.filter(|_| this.track.video).unwrap_or(0).saturating_sub(length);
        if short <= MAX_PADDING { short as u8 } else { 0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn packets_are_padded_to_the_longest_after_them_in_their_run() {
        let now = Instant::now();
        let burst: Vec<ForwardedPacket> = [
            (true, 0, 108),
            (true, 0, 110),
            (true, 0, 120),
            (true, 0, 115),
            (true, 1, 700),
            (true, 1, 1_000),
            (false, 0, 10),
            (false, 0, 20),
            (true, 1, 1_100),
        ]
        .map(|(video, layer, length)| {
            let payload = vec![0; length].into();
            let packet = Packet { payload, ..Packet::sample(1, 1, now) };
            ForwardedPacket { track: TrackId { video, ordinal: 0 }, layer, packet }
        })
        .into();
        let mut padded: Vec<u8> = paddings(&burst).collect();
        padded.reverse();
        assert_eq!(padded, [12, 10, 0, 0, 0, 0, 0, 0, 0]);
    }
}
