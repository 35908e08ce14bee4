//! Pacer of one subscriber: what it is sent of the past leaves no faster than its line is known to
//! carry. Live media isn't held back, but counts.

use std::time::{Duration, Instant};

use super::bwe::BandwidthEstimator;

/// Interval of portions. A newcomer isn't served in the same burst as the last DTLS flight: clients
/// that set up SRTP only after reading the whole burst would lose the start.
pub(super) const CATCH_UP_INTERVAL: Duration = Duration::from_millis(5);

/// The same once the first picture is there: larger portions cost less than more of them.
pub(super) const LATER_INTERVAL: Duration = Duration::from_millis(10);

/// Packets of one portion: about 30 Mbit/s.
pub(super) const CATCH_UP_PACKETS: usize = 32;

/// Pace in percent of the stream's rate: the least that catches up.
const STREAM_PERCENT: u64 = 150;

/// The same up to the end of the first keyframe, which is the first picture, while the line is
/// unknown; and its least pace, in bits per second.
const KEYFRAME_PERCENT: u64 = 300;
const MIN_KEYFRAME_BITS: u64 = 1_500_000;

/// The same for who never says what arrives.
const UNHEARD_PERCENT: u64 = 200;

/// Pace in percent of what the line has carried: more arrives as long as nothing waits. Where that is
/// little, in bits per second, a queue is soon full.
const EMPTY_LINE_PERCENT: u64 = 200;
const LINE_PERCENT: u64 = 150;
const NARROW_LINE_PERCENT: u64 = 120;
const NARROW_BITS: u64 = 500_000;

/// Queuing delay of an empty queue.
const MAX_EMPTY_DELAY: Duration = Duration::from_millis(10);

/// Pace in percent of what the line has carried, while packets wait in a queue or get lost.
const QUEUED_PERCENT: u64 = 90;

/// Rate of a stream that has just begun, in bits per second.
const INITIAL_BITS: u64 = 1_000_000;

/// Initial burst in bytes, at least: a keyframe of a small picture, and less than any queue. And the
/// most of it.
const MIN_INITIAL_BURST: u64 = 6_000;
const MAX_INITIAL_BURST: u64 = 40_000;

/// The same as time of the stream, in milliseconds: a line that carries the stream at all has room
/// for that in its queue, and a line that doesn't is of no use to it.
const INITIAL_BURST_MILLIS: u64 = 40;

/// Rest of the initial burst for what comes after the first picture, in bytes: by some more
/// packets the line is known sooner.
const MAX_AFTER_BURST: i64 = 0;

/// Time for which a pace is saved up, and the least that is, in bytes.
const SAVED: Duration = Duration::from_millis(20);
const MIN_SAVED: i64 = 3_000;

/// Time of sending for which live media may be ahead, without counting any more.
const MAX_DEBT: Duration = Duration::from_millis(100);

/// What is sent of the past besides what is live, in bits per second.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PacedStream {
    /// Rate of the layer that catches up; 0 if not known yet.
    pub(super) bits: u64,
    /// Rate of sound.
    pub(super) sound: u64,
    /// The keyframe with which it begins isn't complete.
    pub(super) starts: bool,
}

/// Pacer of one subscriber.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pacer {
    /// Bytes that may leave now.
    left: i64,
    counted: Option<Instant>,
}

impl Pacer {
    /// A pacer that has sent nothing.
    pub(super) const NEW: Pacer = Pacer { left: 0, counted: None };

    /// Bits per second at which a stream may be sent over a line, together with what is live.
    pub(super) fn pace(
        now: Instant,
        stream: PacedStream,
        line: Option<&BandwidthEstimator>,
    ) -> u64 {
        let bits = if stream.bits == 0 { INITIAL_BITS } else { stream.bits };
        let least = bits * STREAM_PERCENT / 100 + stream.sound;
        match line {
            None => bits * UNHEARD_PERCENT / 100 + stream.sound,
            Some(line) if !line.has_feedback() => match stream.starts {
                true => (bits * KEYFRAME_PERCENT / 100).max(MIN_KEYFRAME_BITS) + stream.sound,
                false => least,
            },
            Some(line) if line.is_strained(now) => {
                // What the line carries isn't known at once: then no more than what is live.
                let carried = if line.carried() > 0 { line.carried() } else { bits + stream.sound };
                carried * QUEUED_PERCENT / 100
            }
            Some(line) => {
                let carried = line.carried();
                let narrow = carried < NARROW_BITS;
                let percent = match line.queuing_delay() <= MAX_EMPTY_DELAY {
                    true => EMPTY_LINE_PERCENT,
                    false if narrow => NARROW_LINE_PERCENT,
                    false => LINE_PERCENT,
                };
                let first = bits * KEYFRAME_PERCENT / 100 + stream.sound;
                let least = if stream.starts && !narrow { first } else { least };
                least.max(carried * percent / 100)
            }
        }
    }

    /// Bytes with which a stream may begin on a line of which nothing is known.
    fn initial_burst(stream: PacedStream) -> i64 {
        let burst = stream.bits * INITIAL_BURST_MILLIS / 8_000;
        burst.clamp(MIN_INITIAL_BURST, MAX_INITIAL_BURST).cast_signed()
    }

    /// Earns bytes for the time that passed: for a stream that is sent over a line.
    pub(super) fn earn(
        &mut self,
        now: Instant,
        stream: PacedStream,
        line: Option<&BandwidthEstimator>,
    ) {
        let Some(counted) = self.counted.replace(now) else {
            self.left = Pacer::initial_burst(stream);
            return;
        };
        let pace = Pacer::pace(now, stream, line);
        let bytes = |span: Duration| (u128::from(pace) * span.as_micros() / 8_000_000) as i64;
        // What was not used for long is not saved up.
        let earned = bytes(now.saturating_duration_since(counted).min(MAX_DEBT * 2));
        let saved = bytes(SAVED).max(MIN_SAVED).max(self.left);
        self.left = (self.left.max(-bytes(MAX_DEBT)) + earned).min(saved);
    }

    /// True if more may be sent now.
    pub(super) fn is_open(&self) -> bool {
        self.left > 0
    }

    /// True if all of so many bytes may be sent now.
    pub(super) fn has_room(&self, bytes: u64) -> bool {
        i64::try_from(bytes).is_ok_and(|bytes| bytes <= self.left)
    }

    /// Ends the initial burst: it is meant for the first picture.
    pub(super) fn end_burst(&mut self) {
        self.left = self.left.min(MAX_AFTER_BURST);
    }

    /// Spends sent bytes.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes as i64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn catch_up_is_paced_at_multiple_of_stream_and_live_media_counts() {
        let begun = Instant::now();
        let line = BandwidthEstimator::new(begun);
        let paced = |starts: bool, live: usize| {
            let stream = PacedStream { bits: 6_000_000, sound: 0, starts };
            let mut pacer = Pacer::NEW;
            let mut sent = 0;
            for tick in 0..200 {
                let now = begun + CATCH_UP_INTERVAL * tick;
                pacer.earn(now, stream, Some(&line));
                pacer.spend(live);
                while pacer.is_open() {
                    pacer.spend(1_200);
                    sent += 1_200;
                }
            }
            sent * 8 / 1_000_000
        };
        assert_eq!([paced(false, 0), paced(true, 0)], [9, 18]);
        // 8 Mbit/s of live media.
        assert_eq!(paced(false, 5_000), 1);
    }
}
