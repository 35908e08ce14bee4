//! Layer selection: each subscriber gets the best layer that its network carries and its window has
//! room for.

use std::time::{Duration, Instant};

use super::Subscribers;
use super::audience::{Audience, KEYFRAME_COST, micros};
use super::catch_up::CatchUpBudget;
use super::forwarder::{ForwardMode, Forwarder};
use super::input::KeyframeUrgency;
use super::subscriber::Subscriber;
use super::track::SourceTrack;
use crate::ids::PeerKey;
use crate::rate_limit::LeakyBucket;
use crate::rtp::packet::{MAX_RUNGS, TrackId, is_reduced, spatial_layer};

/// A layer that needs this many times the bandwidth is not even sent until the switch is done.
const HOLD_FACTOR: u64 = 2;

/// Rate of a probe, in percent of what the next layer needs.
const PROBE_PERCENT: u64 = 105;

/// Size of packets, in percent of their payload.
const HEADER_PERCENT: u64 = 104;

/// Need of the present layer at which it is given up, in percent of the estimate: a false alarm
/// takes that to 85 % of the arriving rate.
const KEEP_PERCENT: u64 = 125;

/// Time from a start on in which a keyframe says nothing about the line.
const START_TIME: Duration = Duration::from_millis(150);

/// Bits per second of the headers of sound: 36 bytes to each 20 ms.
const SOUND_HEADER_BITS: u64 = 14_400;

/// Bandwidth that must be carried before a better layer is taken, in percent of what it needs.
const UPGRADE_PERCENT: u64 = 115;

/// Age of a cached keyframe that serves who would have no picture: the publisher isn't asked for
/// another one so soon.
const YOUNG_KEYFRAME: Duration = Duration::from_secs(1);

/// Running layers of a track, the poorest first.
#[derive(Default)]
pub(super) struct LayerLadder {
    rungs: [Rung; MAX_RUNGS],
    count: usize,
}

/// A layer on the ladder. Larger frames are better ones; where their size is not known, those that
/// need more.
#[derive(Clone, Copy, Debug, Default)]
struct Rung {
    height: u16,
    /// Bits per second; [`None`] of a layer that has just begun.
    needs: Option<u64>,
    layer: usize,
    /// It has just now what the one below has: the publisher sends no more. Who gets it stays on it.
    copy: bool,
}

/// Choice of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LayerChoice {
    pub(super) layer: usize,
    /// Bits per second it needs; 0 while that isn't known.
    pub(super) needs: u64,
    /// Bandwidth for the next better one.
    pub(super) next: Option<u64>,
}

impl LayerLadder {
    /// A ladder with one layer for each of the bits per second, poorest first.
    #[cfg(test)]
    pub(super) fn of(needs: &[u64]) -> Self {
        let mut ladder = LayerLadder { count: needs.len(), ..LayerLadder::default() };
        for (layer, needs) in needs.iter().enumerate() {
            ladder.rungs[layer] = Rung { height: 0, needs: Some(*needs), layer, copy: false };
        }
        ladder
    }

    /// The best layer within `budget` bits per second; [`None`] without any. `present` is the one
    /// forwarded now; none higher than `most` pixels is chosen, unless there is no lower one.
    pub(super) fn choose(
        &self,
        present: Option<usize>,
        budget: u64,
        most: Option<u16>,
    ) -> Option<LayerChoice> {
        let rungs = self.rungs.get(..self.count)?;
        let pending = |rung: &Rung| most.is_none_or(|most| rung.height <= most);
        let rungs = rungs.get(..=rungs.iter().rposition(pending).unwrap_or(0))?;
        // A layer of which it isn't known what it needs is none to change to.
        let fits = |rung: &Rung| match (present == Some(rung.layer), rung.needs) {
            (true, Some(needs)) => needs <= budget.saturating_mul(KEEP_PERCENT) / 100,
            (false, Some(needs)) => !rung.copy && needs * UPGRADE_PERCENT / 100 <= budget,
            (present, None) => present,
        };
        // Where nothing fits, the least of them has to do.
        let index = rungs.iter().rposition(fits).unwrap_or(0);
        let chosen = rungs.get(index)?;
        let mut better = rungs.iter().skip(index + 1).filter(|rung| !rung.copy);
        let next = better.find_map(|rung| rung.needs).map(|needs| needs * UPGRADE_PERCENT / 100);
        let needs = chosen.needs.unwrap_or_default();
        Some(LayerChoice { layer: chosen.layer, needs, next })
    }

    /// Bits per second that a layer needs, if it is running.
    pub(super) fn needs(&self, layer: usize) -> Option<u64> {
        self.rungs
            .get(..self.count)?
            .iter()
            .find(|r| r.layer == layer)
            .map(|r| r.needs.unwrap_or(0))
    }
}

impl SourceTrack {
    /// The running layers, `at` being `now` in microseconds.
    pub(super) fn ladder(&self, now: Instant, at: u64) -> LayerLadder {
        let mut ladder = LayerLadder::default();
        for (layer, entry) in self.layers.iter().enumerate().take(MAX_RUNGS) {
            if entry.is_running(now) {
                let needs = entry.needs(at).map(|bits| bits * HEADER_PERCENT / 100);
                ladder.rungs[ladder.count] =
                    Rung { height: entry.height, needs, layer, copy: false };
                ladder.count += 1;
            }
        }
        ladder.rungs[..ladder.count]
            .sort_unstable_by_key(|r| (r.height, r.needs.unwrap_or(u64::MAX), r.layer));
        for index in 1..ladder.count {
            let rung = ladder.rungs[index];
            let below = ladder.rungs[..index].iter().rev();
            let same = |below: &&Rung| rung.height > 0 && rung.height == below.height;
            let copied = below.into_iter().filter(same).find(|b| self.is_copy(b.layer, rung.layer));
            if let Some(needs) = copied.map(|below| below.needs) {
                ladder.rungs[index] = Rung { needs, copy: true, ..rung };
            }
        }
        ladder
    }

    /// True if a layer, which has the same height as one below, is that one as long as the publisher
    /// sends no more.
    fn is_copy(&self, below: usize, layer: usize) -> bool {
        let number = |layer: usize| self.layers.get(layer).map(|layer| layer.number);
        let (Some(lower), Some(number)) = (number(below), number(layer)) else {
            return false;
        };
        self.is_part(below, layer)
            && is_reduced(lower) == is_reduced(number)
            && spatial_layer(lower) < spatial_layer(number)
    }
}

impl Audience {
    /// Chooses the layer of every subscriber, and notes in `probing` who may take a better one.
    /// `needs_keyframe` is called with the layers of which a subscriber needs a keyframe.
    pub(super) fn choose(
        &mut self,
        now: Instant,
        subscribers: &mut Subscribers,
        catch_up_limit: &mut LeakyBucket,
        probing: &mut Vec<PeerKey>,
        mut needs_keyframe: impl FnMut(TrackId, u8, KeyframeUrgency),
    ) {
        let at = micros(self.begun, now);
        let sound = match self.sound_bits(now) {
            0 => 0,
            bits => bits + SOUND_HEADER_BITS,
        };
        let mut catch_up = CatchUpBudget::new(&mut self.catch_up_at, catch_up_limit, &self.limits);
        let others = self.tracks.iter().filter(|t| t.id.video).count().max(1) as u64;
        for (index, track) in self.tracks.iter().enumerate().filter(|(_, t)| t.id.video) {
            let ladder = track.ladder(now, at);
            let selection = LayerSelection { track, index, ladder, sound, others, now };
            for viewer in &self.viewers {
                if let Some(subscriber) = subscribers.get_mut(*viewer)
                    && let Some(next) =
                        selection.choose(subscriber, &mut catch_up, &mut needs_keyframe)
                    && selection.probe(subscriber, next)
                {
                    probing.push(*viewer);
                }
            }
        }
    }

    /// True if the first video track isn't sent, for want of bandwidth.
    pub(super) fn is_paused(&self, forwarders: &[Forwarder]) -> bool {
        let mut video = self.tracks.iter().zip(forwarders).filter(|(t, _)| t.id.video);
        video.next().is_some_and(|(_, forwarder)| forwarder.paused)
    }

    /// Height of the first video track as the forwarders get it, where it is known.
    pub(super) fn height(&self, forwarders: &[Forwarder]) -> Option<u16> {
        let mut video = self.tracks.iter().zip(forwarders).filter(|(t, _)| t.id.video);
        let (track, forwarder) = video.next()?;
        Some(track.layers.get(forwarder.layer)?.height).filter(|height| *height > 0)
    }
}

/// Selection of one track's layer for any subscriber.
struct LayerSelection<'a> {
    track: &'a SourceTrack,
    /// Its index on the stage.
    index: usize,
    ladder: LayerLadder,
    /// Bits per second of sound.
    sound: u64,
    /// Video tracks, which share the rest.
    others: u64,
    now: Instant,
}

impl LayerSelection<'_> {
    /// Chooses a subscriber's layer; the bandwidth for the next better one, if there is one.
    fn choose(
        &self,
        subscriber: &mut Subscriber,
        catch_up: &mut CatchUpBudget<'_>,
        needs_keyframe: &mut impl FnMut(TrackId, u8, KeyframeUrgency),
    ) -> Option<u64> {
        // Sound comes first.
        let budget = subscriber.budget(self.now).saturating_sub(self.sound) / self.others;
        let forwarder = subscriber.forwarders.get(self.index)?;
        let present = (forwarder.mode != ForwardMode::AwaitingKeyframe).then_some(forwarder.layer);
        let choice = self.ladder.choose(present, budget, subscriber.max_height)?;
        if !self.pause_or_resume(subscriber, choice, budget, needs_keyframe) {
            self.switch(subscriber, present, choice, budget, catch_up, needs_keyframe);
            return choice.next;
        }
        Some(choice.needs * UPGRADE_PERCENT / 100).filter(|needed| *needed > 0)
    }

    /// Gives the picture up where the network carries the sound alone, and goes on with it where
    /// there is room for both; true while nothing of it is sent.
    fn pause_or_resume(
        &self,
        subscriber: &mut Subscriber,
        choice: LayerChoice,
        budget: u64,
        needs_keyframe: &mut impl FnMut(TrackId, u8, KeyframeUrgency),
    ) -> bool {
        let Some(forwarder) = subscriber.forwarders.get_mut(self.index) else {
            return false;
        };
        let bandwidth = subscriber.bandwidth.as_mut();
        if forwarder.paused {
            let needed = choice.needs * UPGRADE_PERCENT / 100;
            // What nobody has tried is no reason to go on.
            let carried = bandwidth.map_or(u64::MAX, |b| b.carried());
            let room = budget.min(carried.saturating_sub(self.sound));
            forwarder.paused = needed == 0 || needed > room;
            if !forwarder.paused {
                forwarder.await_layer(choice.layer, self.now);
                if let Some(layer) = self.track.layers.get(choice.layer) {
                    let urgency = KeyframeUrgency::NoPicture;
                    needs_keyframe(self.track.id, layer.requested_as(), urgency);
                }
            }
            return forwarder.paused;
        }
        // Even the least is too much.
        let heard = bandwidth.as_ref().is_some_and(|b| b.has_feedback());
        let starved = heard && choice.needs > budget * KEEP_PERCENT / 100;
        if forwarder.starve(starved, self.now) {
            if let Some(bandwidth) = bandwidth {
                bandwidth.probe_failed(self.now);
            }
            let mut tracks = subscriber.tracks.iter_mut();
            if let Some(sent) = tracks.find(|it| it.id == self.track.id) {
                sent.give_up();
            }
        }
        forwarder.paused
    }

    /// Switches a subscriber to the chosen layer, asking for its keyframe.
    fn switch(
        &self,
        subscriber: &mut Subscriber,
        present: Option<usize>,
        choice: LayerChoice,
        budget: u64,
        catch_up: &mut CatchUpBudget<'_>,
        needs_keyframe: &mut impl FnMut(TrackId, u8, KeyframeUrgency),
    ) {
        let (track, now) = (self.track, self.now);
        let Some(forwarder) = subscriber.forwarders.get_mut(self.index) else {
            return;
        };
        let running = present.and_then(|present| self.ladder.needs(present));
        let needs = running.unwrap_or_default();
        let (worse, better) = (needs > choice.needs, present.is_some() && needs < choice.needs);
        let held = worse && needs > budget.saturating_mul(HOLD_FACTOR);
        let urgent = needs > budget || running.is_none();
        let urgency = if urgent { KeyframeUrgency::NoPicture } else { KeyframeUrgency::Comfort };
        // Each change costs a keyframe: the best is taken at once.
        let climbs = better
            && choice.next.is_some()
            && subscriber.bandwidth.as_ref().is_some_and(|b| b.is_climbing(now));
        if climbs {
            forwarder.pending = None;
            return;
        }
        let before = forwarder.pending.map(|pending| pending.layer);
        let asks = track.want(forwarder, choice.layer, held, urgency, now);
        let begins = forwarder.pending.is_some_and(|pending| before != Some(pending.layer));
        if (asks || begins)
            && needs > budget
            && let Some(bandwidth) = &mut subscriber.bandwidth
        {
            // What was taken could not be held.
            bandwidth.probe_failed(now);
        }
        if asks {
            let kept = track.last_keyframe(choice.layer, now);
            let young = kept.is_some_and(|kept| kept.age < YOUNG_KEYFRAME);
            let served = urgent && young && track.catch_up(forwarder, choice.layer, catch_up, now);
            let allowed = urgent || subscriber.keyframe_requests.pass(KEYFRAME_COST, now);
            // What is better waits, if need be, for a keyframe that comes anyway.
            if let Some(layer) = track.layers.get(choice.layer).filter(|_| !served)
                && allowed
            {
                needs_keyframe(track.id, layer.requested_as(), urgency);
            }
            if worse || !allowed {
                forwarder.hurry();
            }
        } else if forwarder.is_switch_overdue(now)
            // What is better is not worth going back in time.
            && (better || !track.catch_up(forwarder, choice.layer, catch_up, now))
        {
            forwarder.cancel_switch();
        }
    }

    /// Begins to look for the bandwidth of the next better layer, if that is due.
    fn probe(&self, subscriber: &mut Subscriber, next: u64) -> bool {
        let (Some(forwarder), Some(bandwidth)) =
            (subscriber.forwarders.get(self.index), &mut subscriber.bandwidth)
        else {
            return false;
        };
        let begins = forwarder.pending.is_none()
            && forwarder.started_for(self.now) > START_TIME
            && bandwidth.may_probe(self.now);
        if begins {
            let wanted = (next * self.others + self.sound) * PROBE_PERCENT / 100;
            bandwidth.probe(self.now, wanted, forwarder.paused);
        }
        begins
    }
}
