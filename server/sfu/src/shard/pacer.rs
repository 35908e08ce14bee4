//! How fast what is past is sent.

use std::time::{Duration, Instant};

use super::bwe::BandwidthEstimator;

/// A newcomer isn't served in the same burst as the last DTLS flight: clients that set up SRTP only
/// after reading the whole burst would lose the start.
pub(super) const CATCH_UP_INTERVAL: Duration = Duration::from_millis(5);

/// Packets of the past that one subscriber gets per [`CATCH_UP_INTERVAL`]: about 30 Mbit/s.
pub(super) const CATCH_UP_PACKETS: usize = 16;

/// Of the stream, in percent: on a line that carries four times as much it fills no queue, with what is
/// live and sound.
const OF_THE_STREAM: u64 = 300;

/// Of what the line is known to carry, in percent: more arrives as long as nothing waits.
const OF_THE_LINE: u64 = 150;

/// Of the stream, in percent, while packets wait on the way.
const WHILE_THEY_WAIT: u64 = 125;

/// Packets that wait longer fill a queue.
const WAITING: Duration = Duration::from_millis(60);

/// Bits per second of a stream that has just begun.
const JUST_BEGUN: u64 = 4_000_000;

/// Least pace, in bits per second.
const LEAST: u64 = 1_000_000;

/// What is sent at once of the past is what the stream has in so long, which is about a keyframe; and
/// its bounds, in bytes.
const AT_ONCE: u64 = 400;
const LEAST_AT_ONCE: u64 = 64 * 1024;
const MOST_AT_ONCE: u64 = 256 * 1024;

/// What one subscriber may be sent of one track's past.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pacer {
    /// Bytes.
    left: i64,
    counted: Option<Instant>,
}

impl Pacer {
    /// Nothing was sent yet.
    pub(super) const FRESH: Pacer = Pacer { left: 0, counted: None };

    /// Time has passed. The stream has so many bits per second; 0 if that isn't known yet.
    pub(super) fn earn(&mut self, now: Instant, stream: u64, line: Option<&BandwidthEstimator>) {
        let stream = if stream == 0 { JUST_BEGUN } else { stream };
        let Some(counted) = self.counted.replace(now) else {
            self.left = (stream / 8 * AT_ONCE / 1_000).clamp(LEAST_AT_ONCE, MOST_AT_ONCE) as i64;
            return;
        };
        let line = line.filter(|line| line.is_told());
        let waits = line.is_some_and(|line| line.waiting() > WAITING);
        let pace = match line {
            Some(_) if waits => stream * WHILE_THEY_WAIT / 100,
            Some(line) => (stream * OF_THE_STREAM).max(line.estimate() * OF_THE_LINE) / 100,
            None => stream * OF_THE_STREAM / 100,
        };
        // What was not used for long is not saved up.
        let passed = now.saturating_duration_since(counted).min(CATCH_UP_INTERVAL * 4);
        let earned = u128::from(pace.max(LEAST)) * passed.as_micros() / 8_000_000;
        self.left = (self.left + earned as i64).min(MOST_AT_ONCE as i64);
    }

    /// Whether more may be sent now.
    pub(super) fn is_open(&self) -> bool {
        self.left > 0
    }

    /// So many bytes were sent.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.left -= bytes as i64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn the_past_is_sent_several_times_faster_than_the_stream_behind_its_keyframe() {
        let begun = Instant::now();
        let stream = 6_000_000;
        let mut pace = Pacer::FRESH;
        let (mut sent, mut first) = (0, 0);
        for tick in 0..200 {
            pace.earn(begun + CATCH_UP_INTERVAL * tick, stream, None);
            while pace.is_open() {
                pace.spend(1_200);
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
