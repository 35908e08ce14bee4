//! What one subscriber gets of one of the stage's tracks.

use std::time::{Duration, Instant};

use super::pacer::Pacer;
use crate::rtp::packet_cache::CachedKeyframe;

/// A keyframe that is no older serves whoever lost the picture: no other one is asked for.
const YOUNG: Duration = Duration::from_secs(5);

/// A beginning takes this long to arrive; until then it isn't sent again.
const ON_ITS_WAY: Duration = Duration::from_millis(250);

/// A publisher that hasn't answered a request for this long is one that never does.
const UNANSWERED: Duration = Duration::from_secs(2);

/// What one subscriber gets of one of the stage's tracks.
#[derive(Clone, Copy)]
pub(super) struct Forwarder {
    pub(super) mode: Mode,
    /// Which of the track's layers it gets.
    pub(super) layer: usize,
    /// The layer it shall get from its next keyframe on.
    pub(super) wanted: Option<Wanted>,
    /// How often it was given another layer.
    pub(super) changes: u32,
    /// The next packet sent begins something new.
    pub(super) splice: bool,
    /// Nothing older than this is sent.
    base: u64,
    /// When it last began with a keyframe of the past.
    begun: Option<Instant>,
    /// The keyframe with which it began once more, since it had lost the picture.
    repeated: Option<u64>,
    /// What may be sent of the past at once.
    pub(super) pace: Pacer,
    /// Since when the subscriber has asked for a picture, and none came.
    lost: Option<Instant>,
}

/// A layer that waits for its keyframe.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) layer: usize,
    pub(super) since: Instant,
    /// The network carries so little that the present layer would only fill its queues.
    pub(super) held: bool,
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing until a keyframe.
    Waiting,
    /// From the history, next this sequence number.
    CatchingUp(u64),
    /// As it comes.
    Live,
}

impl Forwarder {
    /// Of a track from which nothing was sent yet.
    pub(super) const FRESH: Forwarder = Forwarder {
        mode: Mode::Waiting,
        layer: 0,
        wanted: None,
        changes: 0,
        splice: true,
        base: 0,
        begun: None,
        repeated: None,
        pace: Pacer::FRESH,
        lost: None,
    };

    /// Begins with the packet of that number in the history of a layer.
    pub(super) fn start(&mut self, now: Instant, layer: usize, sequence: u64) {
        *self = Forwarder {
            mode: Mode::CatchingUp(sequence),
            layer,
            wanted: self.wanted.filter(|w| w.layer != layer),
            changes: self.changes + u32::from(self.mode != Mode::Waiting && self.layer != layer),
            splice: true,
            base: sequence,
            begun: Some(now),
            repeated: self.repeated,
            pace: Pacer::FRESH,
            lost: None,
        };
    }

    /// Goes on with the next packet of a layer that is a part of the present one.
    pub(super) fn go_on(&mut self, layer: usize) {
        self.layer = layer;
        self.wanted = None;
        self.changes += 1;
        self.splice = true;
    }

    /// Whether a layer that is wanted may begin with an old keyframe: no new one comes.
    pub(super) fn is_left_waiting(&self, now: Instant) -> bool {
        self.wanted.is_some_and(|w| now.saturating_duration_since(w.since) > UNANSWERED)
    }

    /// The wanted layer doesn't come; it is asked for anew when it is next chosen.
    pub(super) fn give_up(&mut self) {
        self.wanted = None;
    }

    /// The subscriber asks for a picture: true if it should begin once more with the one that is
    /// `kept`. That is done once with each, and the publisher left alone; and for as long as the
    /// publisher doesn't answer.
    pub(super) fn picture_lost(&mut self, kept: Option<CachedKeyframe>, now: Instant) -> bool {
        let lost = *self.lost.get_or_insert(now);
        let Some(kept) = kept else {
            return false;
        };
        let young = kept.age < YOUNG && self.repeated != Some(kept.sequence);
        let again = young || now.saturating_duration_since(lost) > UNANSWERED;
        if again {
            self.repeated = Some(kept.sequence);
        }
        again
    }

    /// Whether a picture is on its way that the subscriber may not have seen when it asked.
    pub(super) fn is_beginning(&self, now: Instant) -> bool {
        self.begun.is_some_and(|at| now.saturating_duration_since(at) <= ON_ITS_WAY)
    }

    /// A picture came.
    pub(super) fn picture_came(&mut self) {
        self.lost = None;
    }

    /// Whether a packet is to be sent, and if it is, whether it begins something new. What is from
    /// before the beginning is not.
    pub(super) fn pass(&mut self, sequence: u64) -> Option<bool> {
        let splice = std::mem::take(&mut self.splice);
        if splice {
            self.base = sequence;
        }
        (sequence >= self.base).then_some(splice)
    }
}
