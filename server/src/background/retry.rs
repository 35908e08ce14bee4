//! Exponential backoff between attempts at something.

/// Waits between attempts, in milliseconds: each is twice the one before, up to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryDelays {
    /// Wait after the first attempt.
    pub first: i64,
    /// Longest wait.
    pub most: i64,
}

impl RetryDelays {
    /// Wait after an attempt; the first is 1.
    pub fn after(self, attempt: i64) -> i64 {
        let doublings = u32::try_from(attempt - 1).unwrap_or_default().min(20);
        (self.first << doublings).min(self.most)
    }

    /// Wait after an attempt, shortened by chance by up to a half (jitter): what failed together isn't tried
    /// together again.
    pub fn jittered(self, attempt: i64) -> i64 {
        let whole = self.after(attempt);
        whole - rand::random_range(0..=whole / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_shortened_by_half_at_most() {
        let delays = RetryDelays { first: 10, most: 100 };
        assert_eq!([1, 2, 3, 4, 5, 99].map(|it| delays.after(it)), [10, 20, 40, 80, 100, 100]);
        let waits: Vec<_> = (0..200).map(|_| delays.jittered(3)).collect();
        assert!(waits.iter().all(|it| (20..=40).contains(it)), "{waits:?}");
        assert!(waits.iter().any(|it| *it != waits[0]));
    }
}
