//! Pacing of what is sent from the cache.

use std::time::{Duration, Instant};

use super::bwe::BandwidthEstimator;

/// Interval of portions. A newcomer isn't served in the same burst as the last DTLS flight: clients
/// that set up SRTP only after reading the whole burst would lose the start.
pub(super) const CATCH_UP_INTERVAL: Duration = Duration::from_millis(5);

/// Packets of one portion: about 30 Mbit/s.
pub(super) const CATCH_UP_PACKETS: usize = 16;

/// Pace in percent of the stream's rate: on a line that carries four times as much it fills no
/// queue, with what is live and sound.
const STREAM_PERCENT: u64 = 300;

/// Pace in percent of the estimated bandwidth: more arrives as long as nothing waits.
const LINE_PERCENT: u64 = 150;

/// Pace in percent of the stream's rate, while packets wait in a queue.
const QUEUED_PERCENT: u64 = 125;

/// Queuing delay beyond which a queue is filling.
const MAX_QUEUING_DELAY: Duration = Duration::from_millis(60);

/// Rate of a stream that has just begun, in bits per second.
const INITIAL_BITS: u64 = 4_000_000;

/// Least pace, in bits per second.
const MIN_BITS: u64 = 1_000_000;

/// Initial burst: what the stream has in so long, which is about a keyframe; and its bounds, in
/// bytes.
const BURST_MILLIS: u64 = 400;
const MIN_BURST_BYTES: u64 = 64 * 1024;
const MAX_BURST_BYTES: u64 = 256 * 1024;

/// Pacer of one track's catch-up to one subscriber.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pacer {
    /// Bytes.
    left: i64,
    counted: Option<Instant>,
}

impl Pacer {
    /// A pacer that has sent nothing.
    pub(super) const NEW: Pacer = Pacer { left: 0, counted: None };

    /// Earns bytes for the time that passed. `stream` is the stream's bits per second; 0 if that
    /// isn't known yet.
    pub(super) fn earn(&mut self, now: Instant, stream: u64, line: Option<&BandwidthEstimator>) {
        let stream = if stream == 0 { INITIAL_BITS } else { stream };
        let Some(counted) = self.counted.replace(now) else {
            self.left =
                (stream / 8 * BURST_MILLIS / 1_000).clamp(MIN_BURST_BYTES, MAX_BURST_BYTES) as i64;
            return;
        };
        let line = line.filter(|line| line.has_feedback());
        let waits = line.is_some_and(|line| line.queuing_delay() > MAX_QUEUING_DELAY);
        let pacer = match line {
            Some(_) if waits => stream * QUEUED_PERCENT / 100,
            Some(line) => (stream * STREAM_PERCENT).max(line.estimate() * LINE_PERCENT) / 100,
            None => stream * STREAM_PERCENT / 100,
        };
        // What was not used for long is not saved up.
        let passed = now.saturating_duration_since(counted).min(CATCH_UP_INTERVAL * 4);
        let earned = u128::from(pacer.max(MIN_BITS)) * passed.as_micros() / 8_000_000;
        self.left = (self.left + earned as i64).min(MAX_BURST_BYTES as i64);
    }

    /// True if more may be sent now.
    pub(super) fn is_open(&self) -> bool {
        self.left > 0
    }

    /// Spends sent bytes.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.left -= bytes as i64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn catch_up_is_paced_at_multiple_of_stream_after_burst() {
        let begun = Instant::now();
        let stream = 6_000_000;
        let mut pacer = Pacer::NEW;
        let (mut sent, mut first) = (0, 0);
        for tick in 0..200 {
            pacer.earn(begun + CATCH_UP_INTERVAL * tick, stream, None);
            while pacer.is_open() {
                pacer.spend(1_200);
                sent += 1_200;
            }
            if tick == 0 {
                first = sent;
            }
        }
        assert!((256_000..270_000).contains(&first), "{first}");
        let rest = (sent - first) * 8;
        assert!((17_000_000..19_000_000).contains(&rest), "{rest} bits in a second");
    }
}
