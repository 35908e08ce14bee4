//! Delay-based congestion detection.
//!
//! One-way delay is only known up to a constant, since the clocks differ. But the minimum of the
//! last half minute was free of queuing, and what the quickest packet of the last moment took
//! longer is queuing delay (RFC 6817 §2.4.2). Unlike a trend, the minimum of several packets is
//! robust against jitter, which delays some of them, while a queue delays all.

use std::collections::VecDeque;
use std::time::Duration;

/// Window of the present delay: parts, microseconds of each, and least packets.
const RECENT_WINDOW: (u64, u64, u32) = (2, 40_000, 8);

/// Window of the base delay: parts, microseconds of each, and least packets.
const BASE_WINDOW: (u64, u64, u32) = (30, 1_000_000, 1);

/// Tolerated queuing delay, in microseconds.
const MAX_QUEUING_MICROS: i64 = 50_000;

/// Decrease of the queuing delay that counts as easing, in microseconds.
const MIN_EASING_MICROS: i64 = 2_000;

/// A queue grows as long as more is sent than arrives. A way that has become longer adds a delay at
/// once, which stays as it is: within so many microseconds, for so long, that is the new base.
const MAX_UNEVEN_MICROS: i64 = 10_000;
const STEADY_MICROS: u64 = 2_000_000;

/// Judgement of the delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DelaySignal {
    Normal,
    /// Queuing delay beyond what is tolerated.
    Overuse,
    /// The same, but decreasing, or since so short a time that it may be the way's.
    Easing,
}

/// Queuing delay of a path. Times are in microseconds, sent on our clock, arrived on the
/// receiver's.
pub(super) struct DelayDetector {
    recent: WindowedMin,
    base: WindowedMin,
    waited: i64,
    signal: DelaySignal,
    alarm: Option<Alarm>,
    /// When the latest packet was sent.
    clock: u64,
}

/// A queuing delay beyond what is tolerated.
struct Alarm {
    since: u64,
    waited: i64,
    /// It has grown since: it is a queue's.
    is_queue: bool,
}

impl DelayDetector {
    pub(super) fn new() -> Self {
        let (recent, base) = (WindowedMin::new(RECENT_WINDOW), WindowedMin::new(BASE_WINDOW));
        let signal = DelaySignal::Normal;
        DelayDetector { recent, base, waited: 0, signal, alarm: None, clock: 0 }
    }

    pub(super) fn signal(&self) -> DelaySignal {
        self.signal
    }

    /// Queuing delay at the last judgement.
    pub(super) fn queuing_delay(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.waited).unwrap_or_default())
    }

    /// Notes an arrived packet.
    pub(super) fn add(&mut self, sent: u64, arrived: u64) {
        let travelled = (arrived as i64).wrapping_sub(sent as i64);
        self.clock = self.clock.max(sent);
        self.recent.add(sent, travelled);
        self.base.add(sent, travelled);
    }

    /// Judges by all packets so far.
    pub(super) fn judge(&mut self) -> DelaySignal {
        let (Some(recent), Some(base)) = (self.recent.min(), self.base.min()) else {
            return self.signal;
        };
        let waited = recent - base;
        self.signal = self.judge_waiting(waited);
        self.waited = waited;
        self.signal
    }

    fn judge_waiting(&mut self, waited: i64) -> DelaySignal {
        if waited <= MAX_QUEUING_MICROS {
            self.alarm = None;
            return DelaySignal::Normal;
        }
        let new = Alarm { since: self.clock, waited, is_queue: false };
        let alarm = self.alarm.get_or_insert(new);
        if waited < alarm.waited - MAX_UNEVEN_MICROS {
            (alarm.since, alarm.waited) = (self.clock, waited);
        } else if waited > alarm.waited + MAX_UNEVEN_MICROS {
            *alarm = Alarm { since: self.clock, waited, is_queue: true };
        } else if self.clock - alarm.since > STEADY_MICROS {
            self.alarm = None;
            self.base.shift(waited);
            return DelaySignal::Normal;
        }
        match alarm.is_queue {
            true if waited + MIN_EASING_MICROS >= self.waited => DelaySignal::Overuse,
            _ => DelaySignal::Easing,
        }
    }
}

/// The least value of a sliding window.
struct WindowedMin {
    /// Oldest first.
    parts: VecDeque<Part>,
    count: u64,
    width: u64,
    least_packets: u32,
    packets: u32,
}

struct Part {
    index: u64,
    least: i64,
    packets: u32,
}

impl WindowedMin {
    fn new((count, width, least_packets): (u64, u64, u32)) -> Self {
        WindowedMin { parts: VecDeque::new(), count, width, least_packets, packets: 0 }
    }

    fn add(&mut self, at: u64, value: i64) {
        let index = at / self.width;
        self.packets += 1;
        match self.parts.back_mut() {
            // What comes out of order is from a moment ago.
            Some(newest) if index <= newest.index => {
                newest.least = value.min(newest.least);
                newest.packets += 1;
            }
            _ => self.parts.push_back(Part { index, least: value, packets: 1 }),
        }
        while let Some(oldest) = self.parts.front()
            && index.saturating_sub(oldest.index) >= self.count
            && self.packets - oldest.packets >= self.least_packets
        {
            self.packets -= oldest.packets;
            self.parts.pop_front();
        }
    }

    /// Adds to all values.
    fn shift(&mut self, by: i64) {
        self.parts.iter_mut().for_each(|part| part.least += by);
    }

    fn min(&self) -> Option<i64> {
        self.parts.iter().map(|p| p.least).min()
    }
}
