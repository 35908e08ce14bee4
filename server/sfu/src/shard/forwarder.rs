//! Forwarding state of one track to one subscriber.

use std::time::{Duration, Instant};

use super::input::KeyframeUrgency;
use crate::rtp::numbers::ExtSeq;
use crate::rtp::packet_cache::CachedKeyframe;
use crate::rtp::rewriter::Splice;

/// Age of a cached keyframe that still serves a subscriber that lost the picture: no other one is
/// requested.
const MAX_REPEAT_AGE: Duration = Duration::from_secs(5);

/// Time in which a start from the cache arrives; until then it isn't repeated.
const START_TIMEOUT: Duration = Duration::from_millis(250);

/// Time after which a publisher that hasn't answered a keyframe request never will.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);

/// Time for which a network carries less than the least picture, before the picture is given up.
const STARVED_TIMEOUT: Duration = Duration::from_millis(1_200);

/// The same for a better picture, for which a request may wait: see [`KeyframeUrgency::Comfort`].
const COMFORT_TIMEOUT: Duration = Duration::from_secs(12);

/// Forwarder of one of the stage's tracks to one subscriber.
#[derive(Clone, Copy)]
pub(super) struct Forwarder {
    pub(super) mode: ForwardMode,
    /// Index of the layer that is forwarded.
    pub(super) layer: usize,
    /// Layer to switch to with its next keyframe.
    pub(super) pending: Option<PendingSwitch>,
    /// Changes of layer so far.
    pub(super) changes: u32,
    /// How the next packet sent follows those before.
    pub(super) splice: Splice,
    /// Lower bound of what is forwarded.
    first: ExtSeq,
    /// Time of the last start from the cache.
    begun: Option<Instant>,
    /// Keyframe with which it was started once more, after a request.
    repeated: Option<ExtSeq>,
    /// The publisher was asked for a keyframe that spares the subscriber the rest of the past.
    pub(super) shortened: bool,
    /// Since when the subscriber has requested a keyframe that only the publisher can send, in vain.
    lost: Option<Instant>,
    /// Since when the network carries less than the least picture.
    starved: Option<Instant>,
    /// Nothing is sent: the network carries no picture beside the sound.
    pub(super) paused: bool,
}

/// A switch that waits for the keyframe of its layer.
#[derive(Clone, Copy)]
pub(super) struct PendingSwitch {
    pub(super) layer: usize,
    since: Instant,
    /// The network carries so little that the present layer would only fill its queues.
    pub(super) held: bool,
    /// Class in which the keyframe was requested.
    pub(super) urgency: KeyframeUrgency,
    /// Time for it to come.
    timeout: Duration,
}

impl PendingSwitch {
    pub(super) fn new(layer: usize, held: bool, urgency: KeyframeUrgency, now: Instant) -> Self {
        let timeout = match urgency {
            KeyframeUrgency::NoPicture => REQUEST_TIMEOUT,
            KeyframeUrgency::Comfort => COMFORT_TIMEOUT,
        };
        PendingSwitch { layer, since: now, held, urgency, timeout }
    }
}

/// Progress of a forwarder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ForwardMode {
    /// Nothing is sent before a keyframe.
    AwaitingKeyframe,
    /// From the cache, next this sequence number.
    CatchingUp(ExtSeq),
    /// As packets come.
    Live,
}

impl Forwarder {
    /// A forwarder that has sent nothing.
    pub(super) const NEW: Forwarder = Forwarder {
        mode: ForwardMode::AwaitingKeyframe,
        layer: 0,
        pending: None,
        changes: 0,
        splice: Splice::AfterLast,
        first: ExtSeq(0),
        begun: None,
        repeated: None,
        shortened: false,
        lost: None,
        starved: None,
        paused: false,
    };

    /// Starts from the cache of a layer, with the packet of that number.
    pub(super) fn start(&mut self, now: Instant, layer: usize, sequence: ExtSeq) {
        *self = Forwarder {
            mode: ForwardMode::CatchingUp(sequence),
            layer,
            pending: self.pending.filter(|w| w.layer != layer),
            changes: self.changes
                + u32::from(self.mode != ForwardMode::AwaitingKeyframe && self.layer != layer),
            splice: Splice::AfterLast,
            first: sequence,
            begun: Some(now),
            repeated: self.repeated,
            shortened: false,
            lost: None,
            starved: self.starved,
            paused: false,
        };
    }

    /// Notes whether the network carries less than the least picture; true if the picture is given up
    /// for that.
    pub(super) fn starve(&mut self, starved: bool, now: Instant) -> bool {
        if !starved {
            self.starved = None;
            return false;
        }
        let since = *self.starved.get_or_insert(now);
        let paused = now.saturating_duration_since(since) >= STARVED_TIMEOUT;
        if paused {
            let (layer, changes) = (self.layer, self.changes);
            *self = Forwarder { layer, changes, paused, ..Forwarder::NEW };
        }
        paused
    }

    /// Waits for the keyframe of that layer, and for no other one's unless it takes too long.
    pub(super) fn await_layer(&mut self, layer: usize, now: Instant) {
        let urgency = KeyframeUrgency::NoPicture;
        self.pending = Some(PendingSwitch::new(layer, false, urgency, now));
    }

    /// Goes on with the next packet of a layer that is a part of the present one, where it is
    /// `known_as`, if that has come.
    pub(super) fn continue_on(&mut self, layer: usize, known_as: Option<ExtSeq>) {
        self.layer = layer;
        self.pending = None;
        self.changes += 1;
        self.splice = known_as.map_or(Splice::AfterLast, Splice::Instead);
    }

    /// True if a pending switch may begin with a cached keyframe, since no new one comes.
    pub(super) fn is_switch_overdue(&self, now: Instant) -> bool {
        self.pending.is_some_and(|w| now.saturating_duration_since(w.since) > w.timeout)
    }

    /// Lets a pending switch begin with a cached keyframe if a new one doesn't come soon.
    pub(super) fn hurry(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.timeout = REQUEST_TIMEOUT;
        }
    }

    /// Cancels a pending switch; the layer is requested anew when it is next chosen.
    pub(super) fn cancel_switch(&mut self) {
        self.pending = None;
    }

    /// Handles a keyframe request: true if the subscriber should start once more from the cached
    /// keyframe. That is done once with each, and the publisher left alone; and once more each time
    /// that the publisher hasn't answered for long.
    pub(super) fn keyframe_requested(
        &mut self,
        kept: Option<CachedKeyframe>,
        now: Instant,
    ) -> bool {
        let lost = *self.lost.get_or_insert(now);
        let unanswered = now.saturating_duration_since(lost) > REQUEST_TIMEOUT;
        let again = |kept: &CachedKeyframe| {
            unanswered || kept.age < MAX_REPEAT_AGE && self.repeated != Some(kept.sequence)
        };
        let Some(kept) = kept.filter(again) else {
            return false;
        };
        self.repeated = Some(kept.sequence);
        self.lost = None;
        true
    }

    /// Number of the packet with which it was last started.
    pub(super) fn first(&self) -> ExtSeq {
        self.first
    }

    /// Time since the last start from the cache.
    pub(super) fn started_for(&self, now: Instant) -> Duration {
        self.begun.map_or(Duration::MAX, |at| now.saturating_duration_since(at))
    }

    /// True while a start is on its way that the subscriber may not have seen when it asked.
    pub(super) fn is_starting(&self, now: Instant, round_trip: Duration) -> bool {
        self.started_for(now) <= START_TIMEOUT + round_trip
    }

    /// Notes a keyframe.
    pub(super) fn keyframe_received(&mut self) {
        self.lost = None;
    }

    /// Decides whether a packet is sent: [`None`] if it is from before the start, else how it
    /// follows those before.
    pub(super) fn accept(&mut self, sequence: ExtSeq) -> Option<Splice> {
        let splice = std::mem::replace(&mut self.splice, Splice::None);
        if splice != Splice::None {
            self.first = sequence;
        }
        (sequence >= self.first).then_some(splice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn forwarder_sends_nothing_from_before_its_start() {
        let mut forwarder = Forwarder::NEW;
        forwarder.start(Instant::now(), 0, ExtSeq(10));
        let accepted = [10, 9, 11, 10].map(|sequence| forwarder.accept(ExtSeq(sequence)));
        let (begun, goes_on) = (Some(Splice::AfterLast), Some(Splice::None));
        assert_eq!(accepted, [begun, None, goes_on, goes_on]);
        // The numbers of another layer are others.
        forwarder.continue_on(1, Some(ExtSeq(12)));
        let accepted = [5, 4, 6].map(|sequence| forwarder.accept(ExtSeq(sequence)));
        assert_eq!(accepted, [Some(Splice::Instead(ExtSeq(12))), None, goes_on]);
    }
}
