//! Catch-up: a newcomer, or a subscriber that lost the picture, is served from the cache, from the
//! last keyframe on and faster than real time, within a budget of all stages together.

use std::time::Instant;

use super::Subscribers;
use super::audience::{Audience, micros};
use super::forwarder::{ForwardMode, Forwarder};
use super::pacer::{CATCH_UP_INTERVAL, CATCH_UP_PACKETS};
use super::subscriber::{SendContext, Subscriber};
use super::track::SourceTrack;
use crate::config::SfuLimits;
use crate::rate_limit::LeakyBucket;

/// Budget of what is sent from the cache.
pub(super) struct CatchUpBudget<'a> {
    /// When the next portion is due.
    pub(super) at: &'a mut Option<Instant>,
    /// Limit of all stages together, at so many bits per second.
    pub(super) budget: &'a mut LeakyBucket,
    pub(super) bits: u64,
    /// A subscriber has to wait.
    pub(super) refused: bool,
}

impl<'a> CatchUpBudget<'a> {
    pub(super) fn new(
        at: &'a mut Option<Instant>,
        budget: &'a mut LeakyBucket,
        limits: &SfuLimits,
    ) -> Self {
        CatchUpBudget { at, budget, bits: limits.max_catch_up_bits, refused: false }
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
                    .is_some_and(|forwarder| forwarder.mode == ForwardMode::AwaitingKeyframe)
                    && !catch_up.refused
                {
                    start_forwarding(track, index, subscriber, &mut catch_up, at, now);
                }
            }
        }
        self.queued = catch_up.refused;
    }

    /// Sends the portions that are due.
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
                let Some(cache) = track.layers.get(layer).map(|l| &l.cache) else {
                    continue;
                };
                let mut pacer = forwarder.pacer;
                pacer.earn(now, track.layer_bits(layer, at), subscriber.bandwidth.as_deref());
                let mut sent = 0;
                while next < cache.end() && sent < CATCH_UP_PACKETS && pacer.is_open() {
                    if let Some(packet) = cache.get(next)
                        && let Some(forwarder) = subscriber.forwarders.get_mut(index)
                        && let Some(splice) = forwarder.accept(packet.sequence)
                    {
                        subscriber.write(track.id, packet, splice, 0, context);
                        pacer.spend(packet.payload.len());
                        sent += 1;
                    }
                    next = next + 1;
                }
                let more = next < cache.end();
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
