//! Timers of peers and stages.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Instant;

use crate::ids::{PeerKey, StageKey};

/// Owner of a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Timer {
    Peer(PeerKey),
    Stage(StageKey),
}

/// A heap of timers with lazy deletion. A timer that moves to a later time keeps its old entry,
/// which is put right when it comes up: a timer that is pushed back with every packet costs nothing
/// per packet.
///
/// Invariant: `earliest` holds, per timer, the time of the one entry that counts; others are stale.
#[derive(Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, Timer)>>,
    earliest: HashMap<Timer, Instant>,
}

impl Timers {
    /// Makes sure `timer` comes up at `at` at the latest.
    pub(super) fn schedule(&mut self, timer: Timer, at: Instant) {
        let earliest = self.earliest.entry(timer);
        match earliest {
            std::collections::hash_map::Entry::Occupied(known) if *known.get() <= at => return,
            entry => entry.insert_entry(at),
        };
        self.heap.push(Reverse((at, timer)));
    }

    /// The next timer that is up by `now`.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Timer> {
        while let Some(Reverse((at, timer))) = self.heap.peek().copied() {
            let stale = self.earliest.get(&timer) != Some(&at);
            if !stale && at > now {
                return None;
            }
            self.heap.pop();
            if !stale {
                self.earliest.remove(&timer);
                return Some(timer);
            }
        }
        None
    }

    /// When [`Timers::pop`] may have something.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn timer_fires_once_at_earliest_request() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut timers = Timers::default();
        timers.schedule(Timer::Peer(PeerKey(1)), at(20));
        timers.schedule(Timer::Peer(PeerKey(1)), at(10));
        timers.schedule(Timer::Peer(PeerKey(1)), at(30));
        timers.schedule(Timer::Stage(StageKey(1)), at(15));
        assert_eq!(timers.pop(at(9)), None);
        assert_eq!(timers.pop(at(40)), Some(Timer::Peer(PeerKey(1))));
        assert_eq!(timers.pop(at(40)), Some(Timer::Stage(StageKey(1))));
        assert_eq!(timers.pop(at(40)), None);
    }
}
