//! Rate limits: a leaky bucket and a token bucket.

use std::time::{Duration, Instant};

/// Leaky bucket over virtual time (GCRA): each item costs time, and passes as long as the debt is
/// bounded. A large item may make a large debt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeakyBucket {
    /// When the debt is paid off.
    paid: Instant,
    /// Largest debt with which an item still passes.
    most: Duration,
}

impl LeakyBucket {
    /// A bucket without debt.
    pub(crate) fn new(most: Duration, now: Instant) -> Self {
        LeakyBucket { paid: now, most }
    }

    /// Lets an item of that cost pass, unless there is too much debt already.
    pub(crate) fn pass(&mut self, cost: Duration, now: Instant) -> bool {
        let debt = self.paid.saturating_duration_since(now);
        let passes = debt <= self.most;
        if passes {
            self.paid = now + debt + cost;
        }
        passes
    }

    /// When the next item passes.
    pub(crate) fn passes_at(&self) -> Instant {
        self.paid.checked_sub(self.most).unwrap_or(self.paid)
    }
}

/// Cost of bytes at a rate in bits per second.
pub(crate) fn cost(bytes: u64, bits_a_second: u64) -> Duration {
    let nanoseconds = u128::from(bytes) * 8_000_000_000 / u128::from(bits_a_second.max(1));
    // An hour is as good as never.
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
        .min(Duration::from_secs(3_600))
}

/// Token bucket: refilled at a steady rate, it holds a quarter of a second's worth.
pub(crate) struct TokenBucket {
    per_second: u32,
    left: u32,
    counted: Instant,
}

impl TokenBucket {
    /// A full bucket.
    pub(crate) fn new(per_second: u32, now: Instant) -> Self {
        TokenBucket { per_second, left: per_second / 4, counted: now }
    }

    /// Takes `count` tokens, if there are as many.
    pub(crate) fn take(&mut self, count: u32, now: Instant) -> bool {
        self.refill(now);
        let enough = self.left >= count;
        if enough {
            self.left -= count;
        }
        enough
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.counted);
        let earned = passed.as_millis() * u128::from(self.per_second) / 1_000;
        if earned > 0 {
            let earned = u32::try_from(earned).unwrap_or(u32::MAX);
            self.left = self.left.saturating_add(earned).min(self.per_second / 4);
            self.counted = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn leaky_bucket_bounds_rate_and_passes_large_item() {
        let begun = Instant::now();
        let mut bucket = LeakyBucket::new(Duration::from_secs(1), begun);
        let packet = cost(1_250, 1_000_000);
        assert_eq!(packet, Duration::from_millis(10));
        let passed = |bucket: &mut LeakyBucket, from: u64, to: u64| {
            let at = |millis| begun + Duration::from_millis(millis);
            (from..to).filter(|millis| bucket.pass(packet, at(*millis))).count()
        };
        // A second's worth at once, and then what is allowed.
        assert_eq!(passed(&mut bucket, 0, 1_000), 200);
        assert_eq!(passed(&mut bucket, 1_000, 11_000), 1_000);
        // Having been idle for long allows no more than that.
        assert_eq!(passed(&mut bucket, 60_000, 61_000), 200);
        let later = begun + Duration::from_secs(100);
        assert!(bucket.pass(cost(10_000_000, 1_000_000), later));
        assert!(!bucket.pass(packet, later + Duration::from_secs(78)));
        assert!(bucket.pass(packet, later + Duration::from_secs(79)));
    }
}
