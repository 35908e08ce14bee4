//! Whether packets wait in a queue on the way.
//!
//! A packet's travelling time is only known up to a constant, since the clocks differ; but the least
//! of the last half minute was travelled without a queue, and what the quickest packet of the last
//! moment took longer, it waited (RFC 6817 §2.4.2). Unlike a trend, the quickest of several packets
//! doesn't care for jitter, which delays some of them, while a queue delays all.

use std::collections::VecDeque;
use std::time::Duration;

/// The last moment: so many parts of so many microseconds, and at least so many packets.
const RECENT_WINDOW: (u64, u64, u32) = (2, 40_000, 8);

/// What travelling takes without a queue is remembered for so many parts of so many microseconds.
const BASE_WINDOW: (u64, u64, u32) = (30, 1_000_000, 1);

/// Microseconds a packet may wait.
const MAX_QUEUING_MICROS: i64 = 50_000;

/// Microseconds by which waiting must get shorter to count as that.
const MIN_EASING_MICROS: i64 = 2_000;

/// What the delay says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DelaySignal {
    Normal,
    /// Packets wait for too long.
    Overuse,
    /// They still do, but less and less.
    Easing,
}

/// The delay on the way. Times are in microseconds, sent on our clock, arrived on theirs.
pub(super) struct DelayDetector {
    recent: WindowedMin,
    base: WindowedMin,
    waited: i64,
    signal: DelaySignal,
}

impl DelayDetector {
    pub(super) fn new() -> Self {
        let (recent, base) = (WindowedMin::new(RECENT_WINDOW), WindowedMin::new(BASE_WINDOW));
        DelayDetector { recent, base, waited: 0, signal: DelaySignal::Normal }
    }

    pub(super) fn signal(&self) -> DelaySignal {
        self.signal
    }

    /// How long packets waited when that was last judged.
    pub(super) fn queuing_delay(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.waited).unwrap_or_default())
    }

    /// A packet arrived.
    pub(super) fn add(&mut self, sent: u64, arrived: u64) {
        let travelled = (arrived as i64).wrapping_sub(sent as i64);
        self.recent.add(sent, travelled);
        self.base.add(sent, travelled);
    }

    /// Judges by all packets so far.
    pub(super) fn judge(&mut self) -> DelaySignal {
        let (Some(recent), Some(base)) = (self.recent.min(), self.base.min()) else {
            return self.signal;
        };
        let waited = recent - base;
        self.signal = match waited > MAX_QUEUING_MICROS {
            false => DelaySignal::Normal,
            true if waited + MIN_EASING_MICROS < self.waited => DelaySignal::Easing,
            true => DelaySignal::Overuse,
        };
        self.waited = waited;
        self.signal
    }
}

/// The least value of a sliding window.
struct WindowedMin {
    /// In order.
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

    fn min(&self) -> Option<i64> {
        self.parts.iter().map(|p| p.least).min()
    }
}
