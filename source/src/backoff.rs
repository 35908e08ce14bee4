//! Waits before trying again: longer each time, and partly random, so that programs that lost the same venue don't
//! come back at once.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const MAX: Duration = Duration::from_secs(10);

/// Waits between tries.
#[derive(Clone, Copy, Debug, Default)]
pub struct RetryBackoff {
    tries: u32,
}

impl RetryBackoff {
    /// The next wait; `random` is from 0 to 1.
    pub fn next(&mut self, random: f64) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.tries.min(16)).min(MAX);
        self.tries += 1;
        whole / 2 + (whole / 2).mul_f64(random.clamp(0.0, 1.0))
    }

    /// It has worked: the next wait is a short one.
    pub fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_begin_anew_after_success() {
        let mut backoff = RetryBackoff::default();
        let whole: Vec<_> = (0..8).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(whole, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
        for _ in 0..100 {
            assert!(backoff.next(1.0) <= MAX);
        }
        backoff.reset();
        assert_eq!(backoff.next(0.0), FIRST / 2);
    }

    #[test]
    fn half_of_a_wait_is_random() {
        let at = |random| RetryBackoff { tries: 3 }.next(random).as_millis();
        assert_eq!([at(0.0), at(0.5), at(1.0)], [2_000, 3_000, 4_000]);
    }
}
