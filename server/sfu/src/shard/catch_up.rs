//! Catch-up: a newcomer, or a subscriber that lost the picture, is served from the cache, from the
//! last keyframe on and faster than real time, within a budget of all stages together.

use std::time::{Duration, Instant};

use super::Subscribers;
use super::audience::{Audience, KEYFRAME_COST, micros};
use super::forwarder::{ForwardMode, Forwarder};
use super::pacer::{CATCH_UP_INTERVAL, CATCH_UP_PACKETS, LATER_INTERVAL, PacedStream, Pacer};
use super::subscriber::{SendContext, Subscriber};
use super::track::{SourceLayer, SourceTrack};
use crate::config::SfuLimits;
use crate::rate_limit::LeakyBucket;
use crate::rtp::numbers::ExtSeq;
use crate::rtp::packet::TrackId;

/// Time from a start on in which the line is measured.
const MEASURING_TIME: Duration = Duration::from_millis(250);

/// Seconds to the present beyond which a keyframe is the shorter way.
const MAX_CATCH_UP_SECONDS: u64 = 1;

/// Budget of what is sent from the cache.
pub(super) struct CatchUpBudget<'a> {
    /// When the next portion is due.
    pub(super) at: &'a mut Option<Instant>,
    /// Limit of all stages together, at so many bits per second.
    pub(super) budget: &'a mut LeakyBucket,
    pub(super) bits: u64,
    /// A subscriber has to wait.
    pub(super) refused: bool,
    /// The same, until what is missing of a keyframe has come.
    pub(super) torn: bool,
}

impl<'a> CatchUpBudget<'a> {
    pub(super) fn new(
        at: &'a mut Option<Instant>,
        budget: &'a mut LeakyBucket,
        limits: &SfuLimits,
    ) -> Self {
        CatchUpBudget { at, budget, bits: limits.max_catch_up_bits, refused: false, torn: false }
    }
}

impl Audience {
    /// Serves subscribers that waited for the budget.
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
                    .is_some_and(|it| it.mode == ForwardMode::AwaitingKeyframe && !it.paused)
                    && !catch_up.refused
                {
                    start_forwarding(track, index, subscriber, &mut catch_up, at, now);
                }
            }
        }
        self.queued = catch_up.refused || catch_up.torn;
    }

    /// Sends the portions that are due.
    pub(super) fn catch_up(
        &mut self,
        now: Instant,
        subscribers: &mut Subscribers,
        context: &mut SendContext<'_>,
    ) {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if due(self.catch_up_at) {
            // Somebody has started. Until that happens again, only those are looked at.
            self.catch_up_at = None;
            self.catching_up.clear();
            self.catching_up.extend(&self.viewers);
        } else if !due(self.portion_at) {
            return;
        }
        let (at, sound) = (micros(self.begun, now), self.sound_bits(now));
        let mut catching_up = std::mem::take(&mut self.catching_up);
        let mut next: Option<Duration> = None;
        catching_up.retain(|viewer| {
            let Some(subscriber) = subscribers.get_mut(*viewer) else {
                return false;
            };
            let mut again: Option<Duration> = None;
            for (index, track) in self.tracks.iter().enumerate() {
                let portion = send_portion(track, index, subscriber, (at, sound), context);
                again = again.into_iter().chain(portion).min();
            }
            subscriber.send(context);
            next = next.into_iter().chain(again).min();
            again.is_some()
        });
        self.portion_at = next.map(|after| now + after);
        self.catching_up = catching_up;
    }

    /// Calls `needs_keyframe` with the layers of which a keyframe brings a subscriber to the present
    /// much sooner than its line would.
    pub(super) fn shorten(
        &mut self,
        now: Instant,
        subscribers: &mut Subscribers,
        mut needs_keyframe: impl FnMut(TrackId, u8),
    ) {
        let (at, sound) = (micros(self.begun, now), self.sound_bits(now));
        for viewer in &self.catching_up {
            let Some(subscriber) = subscribers.get_mut(*viewer) else {
                continue;
            };
            for (index, track) in self.tracks.iter().enumerate() {
                let Some((forwarder, next, layer)) = catching_up(track, index, subscriber) else {
                    continue;
                };
                let waits = forwarder.shortened
                    || forwarder.pending.is_some()
                    || forwarder.started_for(now) < MEASURING_TIME;
                let bits = track.layer_bits(forwarder.layer, at);
                let stream = PacedStream { bits, sound, starts: false };
                let line = subscriber.bandwidth.as_deref();
                // As long as nothing waits, the pace grows.
                let strained = line.is_some_and(|line| line.is_strained(now));
                let pace = Pacer::pace(now, stream, line) * if strained { 1 } else { 4 };
                let gained = pace.saturating_sub(bits + sound);
                let behind = layer.cache.bytes_from(next) * 8;
                let is_long = behind > bits / 2 && behind > gained * MAX_CATCH_UP_SECONDS;
                if !waits && is_long && subscriber.keyframe_requests.pass(KEYFRAME_COST, now) {
                    needs_keyframe(track.id, layer.requested_as());
                    if let Some(forwarder) = subscriber.forwarders.get_mut(index) {
                        forwarder.shortened = true;
                    }
                }
            }
        }
    }

    /// Bits per second of all sound.
    pub(super) fn sound_bits(&self, now: Instant) -> u64 {
        let at = micros(self.begun, now);
        self.tracks.iter().filter(|t| !t.id.video).map(|t| t.bits(at)).sum()
    }
}

/// The forwarder of a track that catches up with what subscriber, the number of the next packet, and
/// the layer.
fn catching_up<'t>(
    track: &'t SourceTrack,
    index: usize,
    subscriber: &Subscriber,
) -> Option<(Forwarder, ExtSeq, &'t SourceLayer)> {
    let forwarder = *subscriber.forwarders.get(index)?;
    let ForwardMode::CatchingUp(next) = forwarder.mode else {
        return None;
    };
    Some((forwarder, next, track.layers.get(forwarder.layer)?))
}

/// Sends a subscriber the rest of what it catches up with, if it may have all of that now: the
/// packets of one frame needn't wait for a portion. `at` is now in microseconds.
pub(super) fn send_rest(
    track: &SourceTrack,
    index: usize,
    subscriber: &mut Subscriber,
    (at, sound): (u64, u64),
    context: &mut SendContext<'_>,
) {
    let Some((forwarder, next, layer)) = catching_up(track, index, subscriber) else {
        return;
    };
    let packets = layer.cache.end().since(next).unwrap_or_default();
    // The last flight of a handshake may not be read yet.
    let is_new = subscriber.is_new(context.now);
    if is_new || packets == 0 || packets > CATCH_UP_PACKETS as u64 {
        return;
    }
    let stream = paced_stream(track, layer, &forwarder, next, (at, sound));
    subscriber.pacer.earn(context.now, stream, subscriber.bandwidth.as_deref());
    if subscriber.pacer.has_room(layer.cache.bytes_from(next)) {
        send_portion(track, index, subscriber, (at, sound), context);
    }
}

/// Packets with which a forwarder catches up, from the packet `next` on.
fn paced_stream(
    track: &SourceTrack,
    layer: &SourceLayer,
    forwarder: &Forwarder,
    next: ExtSeq,
    (at, sound): (u64, u64),
) -> PacedStream {
    let bits = track.layer_bits(forwarder.layer, at);
    PacedStream { bits, sound, starts: layer.cache.is_one_frame(forwarder.first(), next) }
}

/// Sends what a subscriber may have now of a track; the time to the next portion, if there is more.
/// `at` is now in microseconds.
fn send_portion(
    track: &SourceTrack,
    index: usize,
    subscriber: &mut Subscriber,
    (at, sound): (u64, u64),
    context: &mut SendContext<'_>,
) -> Option<Duration> {
    let (forwarder, mut next, layer) = catching_up(track, index, subscriber)?;
    let cache = &layer.cache;
    let stream = paced_stream(track, layer, &forwarder, next, (at, sound));
    subscriber.pacer.earn(context.now, stream, subscriber.bandwidth.as_deref());
    let mut sent = 0;
    let is_first = |next| stream.starts && cache.is_one_frame(forwarder.first(), next);
    while next < cache.end() && sent < CATCH_UP_PACKETS && subscriber.pacer.is_open() {
        if let Some(packet) = cache.get(next)
            && let Some(forwarder) = subscriber.forwarders.get_mut(index)
            && let Some(splice) = forwarder.accept(packet.sequence)
        {
            subscriber.write(track.id, packet, splice, 0, context);
            sent += 1;
        }
        next = next + 1;
        if stream.starts && !is_first(next) {
            subscriber.pacer.end_burst();
        }
    }
    let more = next < cache.end();
    if let Some(forwarder) = subscriber.forwarders.get_mut(index) {
        forwarder.mode = if more { ForwardMode::CatchingUp(next) } else { ForwardMode::Live };
    }
    let interval = if stream.starts { CATCH_UP_INTERVAL } else { LATER_INTERVAL };
    more.then_some(interval)
}

/// Starts a subscriber on a track from the cache: on the layer that suits it or, if there is no
/// keyframe of that, on another one for now; then the layer is returned whose keyframe it needs.
pub(super) fn start_forwarding(
    track: &SourceTrack,
    index: usize,
    subscriber: &mut Subscriber,
    catch_up: &mut CatchUpBudget<'_>,
    at: u64,
    now: Instant,
) -> Option<usize> {
    let budget = subscriber.budget(now);
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
    if forwarder.mode == ForwardMode::AwaitingKeyframe && !track.layers.is_empty() {
        forwarder.await_layer(first, now);
    }
    Some(first)
}
