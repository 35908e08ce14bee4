//! What one subscriber gets of one of the stage's tracks.

use std::time::{Duration, Instant};

use super::pacer::Pacer;
use crate::rtp::numbers::ExtSeq;
use crate::rtp::packet_cache::CachedKeyframe;

/// A keyframe that is no older serves whoever lost the picture: no other one is asked for.
const MAX_REPEAT_AGE: Duration = Duration::from_secs(5);

/// A beginning takes this long to arrive; until then it isn't sent again.
const START_TIMEOUT: Duration = Duration::from_millis(250);

/// A publisher that hasn't answered a request for this long is one that never does.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);

/// What one subscriber gets of one of the stage's tracks.
#[derive(Clone, Copy)]
pub(super) struct Forwarder {
    pub(super) mode: ForwardMode,
    /// Which of the track's layers it gets.
    pub(super) layer: usize,
    /// The layer it shall get from its next keyframe on.
    pub(super) pending: Option<PendingSwitch>,
    /// How often it was given another layer.
    pub(super) changes: u32,
    /// The next packet sent begins something new.
    pub(super) splice: bool,
    /// Nothing older than this is sent.
    first: ExtSeq,
    /// When it last began with a keyframe of the past.
    begun: Option<Instant>,
    /// The keyframe with which it began once more, since it had lost the picture.
    repeated: Option<ExtSeq>,
    /// What may be sent of the past at once.
    pub(super) pacer: Pacer,
    /// Since when the subscriber has asked for a picture, and none came.
    lost: Option<Instant>,
}

/// A layer that waits for its keyframe.
#[derive(Clone, Copy)]
pub(super) struct PendingSwitch {
    pub(super) layer: usize,
    pub(super) since: Instant,
    /// The network carries so little that the present layer would only fill its queues.
    pub(super) held: bool,
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ForwardMode {
    /// Nothing until a keyframe.
    AwaitingKeyframe,
    /// From the history, next this sequence number.
    CatchingUp(ExtSeq),
    /// As it comes.
    Live,
}

impl Forwarder {
    /// Of a track from which nothing was sent yet.
    pub(super) const NEW: Forwarder = Forwarder {
        mode: ForwardMode::AwaitingKeyframe,
        layer: 0,
        pending: None,
        changes: 0,
        splice: true,
        first: ExtSeq(0),
        begun: None,
        repeated: None,
        pacer: Pacer::NEW,
        lost: None,
    };

    /// Begins with the packet of that number in the history of a layer.
    pub(super) fn start(&mut self, now: Instant, layer: usize, sequence: ExtSeq) {
        *self = Forwarder {
            mode: ForwardMode::CatchingUp(sequence),
            layer,
            pending: self.pending.filter(|w| w.layer != layer),
            changes: self.changes
                + u32::from(self.mode != ForwardMode::AwaitingKeyframe && self.layer != layer),
            splice: true,
            first: sequence,
            begun: Some(now),
            repeated: self.repeated,
            pacer: Pacer::NEW,
            lost: None,
        };
    }

    /// Goes on with the next packet of a layer that is a part of the present one.
    pub(super) fn continue_on(&mut self, layer: usize) {
        self.layer = layer;
        self.pending = None;
        self.changes += 1;
        self.splice = true;
    }

    /// Whether a layer that is wanted may begin with an old keyframe: no new one comes.
    pub(super) fn is_switch_overdue(&self, now: Instant) -> bool {
        self.pending.is_some_and(|w| now.saturating_duration_since(w.since) > REQUEST_TIMEOUT)
    }

    /// The wanted layer doesn't come; it is asked for anew when it is next chosen.
    pub(super) fn cancel_switch(&mut self) {
        self.pending = None;
    }

    /// The subscriber asks for a picture: true if it should begin once more with the one that is
    /// `kept`. That is done once with each, and the publisher left alone; and for as long as the
    /// publisher doesn't answer.
    pub(super) fn keyframe_requested(
        &mut self,
        kept: Option<CachedKeyframe>,
        now: Instant,
    ) -> bool {
        let lost = *self.lost.get_or_insert(now);
        let Some(kept) = kept else {
            return false;
        };
        let young = kept.age < MAX_REPEAT_AGE && self.repeated != Some(kept.sequence);
        let again = young || now.saturating_duration_since(lost) > REQUEST_TIMEOUT;
        if again {
            self.repeated = Some(kept.sequence);
        }
        again
    }

    /// Whether a picture is on its way that the subscriber may not have seen when it asked.
    pub(super) fn is_starting(&self, now: Instant) -> bool {
        self.begun.is_some_and(|at| now.saturating_duration_since(at) <= START_TIMEOUT)
    }

    /// A picture came.
    pub(super) fn keyframe_received(&mut self) {
        self.lost = None;
    }

    /// Whether a packet is to be sent, and if it is, whether it begins something new. What is from
    /// before the beginning is not.
    pub(super) fn accept(&mut self, sequence: ExtSeq) -> Option<bool> {
        let splice = std::mem::take(&mut self.splice);
        if splice {
            self.first = sequence;
        }
        (sequence >= self.first).then_some(splice)
    }
}
