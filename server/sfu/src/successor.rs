//! A publisher that is to take over a stage on which there is another one: what it sends is kept here,
//! and reaches nobody, until it can be shown from its first frame on.

use std::time::{Duration, Instant};

use crate::config::{Limits, Timeouts};
use crate::demultiplex::PeerKey;
use crate::packet::{Forwarded, Source, TrackName};

/// What has to arrive of a publisher before it takes a stage over from another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Awaited {
    /// A whole keyframe; sound, where the offer has no picture.
    #[default]
    Offered,
    /// Sound: its picture comes later, if at all.
    Sound,
}

/// Repairs of a keyframe have this long until it is asked for anew.
const REPAIR_TIME: Duration = Duration::from_millis(500);

/// Keyframes whose packets are looked at together: one of each layer, and some that stayed incomplete.
const MAX_KEYFRAMES: usize = 8;

/// A publisher beside the stage.
pub(crate) struct Successor {
    pub(crate) peer: PeerKey,
    awaited: Awaited,
    /// Its packets in the order in which they came.
    held: Vec<Forwarded>,
    /// Payload bytes in `held`.
    bytes: usize,
    keyframes: Vec<Keyframe>,
    /// What it begins with: the index of a packet in `held`.
    start: Option<usize>,
    /// It is given up then, unless the stage is free.
    expires: Option<Instant>,
    /// It is asked for a keyframe then.
    ask_at: Option<Instant>,
    /// The owner was told that it waits for its turn.
    pub(crate) reported: bool,
    max_packets: usize,
    max_bytes: usize,
    patience: Duration,
    request_interval: Duration,
}

/// A keyframe of one layer that has begun to arrive.
struct Keyframe {
    name: TrackName,
    layer: u8,
    source: Source,
    timestamp: u32,
    /// Its last packet has come.
    ended: bool,
}

impl Keyframe {
    fn of(forwarded: &Forwarded) -> Self {
        let Forwarded { name, layer, packet } = forwarded;
        let (source, timestamp) = (packet.source, packet.timestamp);
        Keyframe { name: *name, layer: *layer, source, timestamp, ended: false }
    }

    fn holds(&self, forwarded: &Forwarded) -> bool {
        let packet = &forwarded.packet;
        (self.name, self.layer) == (forwarded.name, forwarded.layer)
            && (self.source, self.timestamp) == (packet.source, packet.timestamp)
    }

    /// The index of the first packet of it in `held`, if all of it is there: from the first that may
    /// begin it to the one with the marker, without a gap.
    fn start(&self, held: &[Forwarded]) -> Option<usize> {
        let packets = || held.iter().filter(|it| self.holds(it)).map(|it| &it.packet);
        let first = packets().filter(|p| p.keyframe).map(|p| p.sequence).min()?;
        let last = packets().filter(|p| p.marker).map(|p| p.sequence).max()?;
        let within = packets().map(|p| p.sequence).filter(|s| (first..=last).contains(s));
        let mut numbers: Vec<u64> = within.collect();
        numbers.sort_unstable();
        numbers.dedup();
        let whole = first <= last && numbers.len() as u64 == last - first + 1;
        held.iter().position(|it| self.holds(it)).filter(|_| whole)
    }
}

impl Successor {
    pub(crate) fn new(
        peer: PeerKey,
        awaited: Awaited,
        limits: &Limits,
        timeouts: &Timeouts,
    ) -> Self {
        Successor {
            peer,
            awaited,
            held: Vec::new(),
            bytes: 0,
            keyframes: Vec::new(),
            start: None,
            expires: None,
            ask_at: None,
            reported: false,
            max_packets: limits.max_cached_packets,
            max_bytes: limits.max_cached_bytes,
            patience: timeouts.takeover,
            request_interval: timeouts.keyframe_request_interval,
        }
    }

    /// Its handshake is done: from now on it is waited for.
    pub(crate) fn connected(&mut self, now: Instant) {
        self.expires = Some(now + self.patience);
    }

    /// Keeps what it sent, who has a picture or none.
    pub(crate) fn hold(
        &mut self,
        now: Instant,
        packets: impl Iterator<Item = Forwarded>,
        has_video: bool,
    ) {
        let sound_only = self.awaited == Awaited::Sound || !has_video;
        for forwarded in packets {
            self.bytes += forwarded.packet.payload.len();
            let video = forwarded.name.video;
            if video {
                let soon = if forwarded.packet.keyframe { REPAIR_TIME } else { Duration::ZERO };
                self.ask_at.get_or_insert(now + soon);
            }
            self.held.push(forwarded);
            match (self.start, video) {
                (Some(_), _) => continue,
                (None, true) => self.look_for_keyframe(),
                (None, false) if sound_only => self.start = Some(0),
                (None, false) => {}
            }
            if self.is_ready() {
                // Its turn comes soon, or its owner has other things to do.
                self.expires = Some(now + self.patience);
            }
        }
        if self.held.len() > self.max_packets || self.bytes > self.max_bytes {
            self.begin_anew(now);
        }
    }

    /// Whether it can be shown.
    pub(crate) fn is_ready(&self) -> bool {
        self.start.is_some()
    }

    /// Whether it has had its time.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        self.expires.is_some_and(|at| at <= now)
    }

    /// Whether it is to be asked for a keyframe now: again and again until one is whole.
    pub(crate) fn asks(&mut self, now: Instant) -> bool {
        let due = !self.is_ready() && self.ask_at.is_some_and(|at| at <= now);
        if due {
            self.ask_at = Some(now + self.request_interval);
        }
        due
    }

    /// When one of the above changes by itself.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let ask_at = self.ask_at.filter(|_| !self.is_ready());
        self.expires.into_iter().chain(ask_at).min()
    }

    /// What goes to the audience when it takes over.
    pub(crate) fn into_packets(mut self) -> Vec<Forwarded> {
        // A stage that became free takes whatever there is.
        self.held.drain(..self.start.unwrap_or(0));
        self.held
    }

    /// Notes whether the newest packet completes a keyframe.
    fn look_for_keyframe(&mut self) {
        let Some(newest) = self.held.last() else {
            return;
        };
        let known = self.keyframes.iter().position(|it| it.holds(newest));
        let index = match known {
            Some(known) => known,
            None if newest.packet.keyframe => {
                if self.keyframes.len() == MAX_KEYFRAMES {
                    self.keyframes.remove(0);
                }
                let begun = Keyframe::of(newest);
                // Its first packet may be the last to come.
                let ended = self.held.iter().any(|it| it.packet.marker && begun.holds(it));
                self.keyframes.push(Keyframe { ended, ..begun });
                self.keyframes.len() - 1
            }
            None => return,
        };
        if let Some(keyframe) = self.keyframes.get_mut(index) {
            keyframe.ended |= newest.packet.marker;
            if keyframe.ended {
                self.start = keyframe.start(&self.held);
            }
        }
    }

    /// More came than is kept: the next keyframe is waited for.
    fn begin_anew(&mut self, now: Instant) {
        self.held.clear();
        self.bytes = 0;
        self.keyframes.clear();
        self.start = None;
        self.ask_at = Some(now);
    }
}
