//! A token bucket.

use std::time::{Duration, Instant};

/// How much may pass. What passes is paid for in time, and a debt may be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeakyBucket {
    /// When everything will be paid for.
    paid: Instant,
    /// Nothing passes while the debt is larger.
    most: Duration,
}

impl LeakyBucket {
    /// Without a debt.
    pub(crate) fn new(most: Duration, now: Instant) -> Self {
        LeakyBucket { paid: now, most }
    }

    /// Lets something pass that costs so much, unless there is too much debt already.
    pub(crate) fn pass(&mut self, cost: Duration, now: Instant) -> bool {
        let debt = self.paid.saturating_duration_since(now);
        let passes = debt <= self.most;
        if passes {
            self.paid = now + debt + cost;
        }
        passes
    }
}

/// What bytes cost where so many bits a second may pass.
pub(crate) fn cost(bytes: u64, bits_a_second: u64) -> Duration {
    let nanoseconds = u128::from(bytes) * 8_000_000_000 / u128::from(bits_a_second.max(1));
    // An hour is as good as never.
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
        .min(Duration::from_secs(3_600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn what_passes_in_a_while_is_bounded_and_a_large_thing_passes_alone() {
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
