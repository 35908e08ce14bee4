//! Load of a thread.

use std::time::{Duration, Instant};

/// Time over which work is counted.
const WINDOW: Duration = Duration::from_secs(1);

/// Share of its time, in percent, beyond which a thread soon falls behind.
const FULL_PERCENT: u128 = 90;

/// Full windows in a row that are more than a moment.
const FULL_WINDOWS: u32 = 2;

/// Load of one thread.
#[derive(Debug)]
pub(crate) struct ThreadLoad {
    begun: Instant,
    busy: Duration,
    full: u32,
}

impl ThreadLoad {
    pub(crate) fn new(now: Instant) -> Self {
        ThreadLoad { begun: now, busy: Duration::ZERO, full: 0 }
    }

    /// Notes that the thread worked from `from` to `to`, and waits now.
    pub(crate) fn worked(&mut self, from: Instant, to: Instant) {
        self.busy += to.saturating_duration_since(from);
        let passed = to.saturating_duration_since(self.begun);
        if passed >= WINDOW {
            let full = self.busy.as_micros() * 100 >= passed.as_micros() * FULL_PERCENT;
            self.full = if full { self.full.saturating_add(1) } else { 0 };
            (self.begun, self.busy) = (to, Duration::ZERO);
        }
    }

    /// True if it has had no time left for a while.
    pub(crate) fn is_full(&self) -> bool {
        self.full >= FULL_WINDOWS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn thread_is_full_only_after_sustained_load() {
        let start = Instant::now();
        let mut load = ThreadLoad::new(start);
        let mut now = start;
        let mut pass = |load: &mut ThreadLoad, milliseconds: u64, busy: u64| {
            for _ in 0..milliseconds / 10 {
                load.worked(now, now + Duration::from_millis(busy));
                now += Duration::from_millis(10);
            }
        };
        pass(&mut load, 5_000, 8);
        assert!(!load.is_full());
        // One keyframe for everybody is not a load.
        pass(&mut load, 1_000, 10);
        pass(&mut load, 1_500, 5);
        assert!(!load.is_full());
        pass(&mut load, 3_500, 10);
        assert!(load.is_full());
        pass(&mut load, 2_500, 2);
        assert!(!load.is_full());
    }
}
