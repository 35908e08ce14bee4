//! Bitrate over a sliding window.

/// Parts of the window.
const BUCKETS: usize = 8;

/// Bytes over a sliding window. Keeps no clock: times are microseconds since whatever moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct BitrateMeter {
    bytes: [u32; BUCKETS],
    /// Microseconds per bucket.
    width: u64,
    /// The bucket that is being filled, counted from time zero.
    newest: u64,
    /// The bucket in which the first bytes came.
    first: Option<u64>,
}

impl BitrateMeter {
    /// An empty meter; the window is `window` microseconds long.
    pub(super) fn new(window: u64) -> Self {
        let width = (window / BUCKETS as u64).max(1);
        BitrateMeter { bytes: [0; BUCKETS], width, newest: 0, first: None }
    }

    /// Counts `bytes` at `at`. What is older than the window doesn't count.
    pub(super) fn add(&mut self, at: u64, bytes: usize) {
        let bucket = at / self.width;
        let first = *self.first.get_or_insert_with(|| {
            self.newest = bucket;
            bucket
        });
        if bucket > self.newest {
            let passed = (bucket - self.newest).min(BUCKETS as u64);
            for gone in 0..passed {
                *self.slot(bucket - gone) = 0;
            }
            self.newest = bucket;
        } else if self.newest - bucket >= BUCKETS as u64 || bucket < first {
            return;
        }
        let slot = self.slot(bucket);
        *slot = slot.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// Bits per second at `at`; zero before there is enough to tell.
    pub(super) fn bits(&self, at: u64) -> u64 {
        self.first.and_then(|first| self.bits_from(first, at, 2)).unwrap_or(0)
    }

    /// Bits per second at `at`; [`None`] before there is enough to rely on. What began within a
    /// bucket would look slower by that.
    pub(super) fn reliable_bits(&self, at: u64) -> Option<u64> {
        self.bits_from(self.first? + 1, at, BUCKETS as u64 / 2)
    }

    /// Bits per second of at least so many whole buckets, none older than `first`.
    fn bits_from(&self, first: u64, at: u64, least: u64) -> Option<u64> {
        // The bucket that is being filled would make it look slower than it is.
        let now = at / self.width;
        let kept = self.newest.max(now).saturating_sub(BUCKETS as u64 - 1);
        let oldest = kept.max(first);
        let whole = now.saturating_sub(oldest);
        if whole < least {
            return None;
        }
        let known = |bucket: &u64| *bucket <= self.newest && self.newest - bucket < BUCKETS as u64;
        let bytes: u64 = (oldest..now).filter(known).map(|b| self.peek(b)).sum();
        Some(bytes * 8 * 1_000_000 / (whole * self.width))
    }

    fn slot(&mut self, bucket: u64) -> &mut u32 {
        &mut self.bytes[(bucket % BUCKETS as u64) as usize]
    }

    fn peek(&self, bucket: u64) -> u64 {
        self.bytes[(bucket % BUCKETS as u64) as usize].into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_has_its_rate_and_a_stopped_one_none() {
        let mut rate = BitrateMeter::new(800_000);
        assert_eq!((rate.bits(5_000_000), rate.reliable_bits(5_000_000)), (0, None));
        for at in (5_000_000..7_000_000).step_by(10_000) {
            rate.add(at, 1_250);
        }
        assert_eq!(rate.bits(6_999_999), 1_000_000);
        assert!(rate.bits(7_350_000) < 800_000);
        assert_eq!(rate.bits(9_000_000), 0);
        assert_eq!(rate.reliable_bits(9_000_000), Some(0));
        // What is late counts where it belongs; what is too late doesn't.
        rate.add(6_900_000, 1_250);
        rate.add(1, 1_250);
        assert_eq!(rate.bits(9_000_000), 0);
        rate.add(9_000_000, 10_000);
        assert_eq!(rate.bits(9_100_000), 10_000 * 8 * 10 / 7);
    }

    #[test]
    fn rate_of_what_began_lately_is_told_once_it_is_reliable() {
        let mut rate = BitrateMeter::new(800_000);
        // It begins in the middle of a bucket.
        for at in (5_050_000..6_000_000).step_by(10_000) {
            rate.add(at, 1_250);
            match at {
                ..5_200_000 => assert_eq!((rate.bits(at), rate.reliable_bits(at)), (0, None)),
                5_200_000..5_500_000 => assert_eq!(rate.reliable_bits(at), None),
                _ => assert_eq!(rate.reliable_bits(at), Some(1_000_000)),
            }
        }
    }
}
