//! The line from RTP timestamps to the wall clock.
//!
//! Timestamps are even and drift; times of capture are true and jitter. So a track's time is that of its
//! timestamps plus an offset, which slowly follows the times of capture. When these are far off and stay there,
//! for capturing stalled while timestamps went on as if nothing had happened, the line steps.

use crate::packet::{Micros, from_ticks};

/// Error from which on a line doesn't slew.
const MAX_SLEWED: Micros = 250_000;
/// Time in which an error would vanish if it didn't change.
const SETTLING: i64 = 8_000_000;
/// A slewing line gains or loses at most one in so many.
const MIN_SLEW: i64 = 200;
/// Time for which a line is new, after its beginning or a step.
const NEW: Micros = 10_000_000;
/// Such a line loses at most one in so many, where the error is worth it.
const MIN_NEW_SLEW: i64 = 10;
const MIN_NEW_ERROR: Micros = 5_000;
/// Time of capture through which an error has to stay before the line steps: the packets of a burst, which were
/// all late by less and less, have one.
const DOUBT: Micros = 300_000;
/// Packets in doubt, at most: the line steps then.
pub(crate) const MAX_DOUBTFUL: u32 = 512;

/// Time line of one stream.
#[derive(Debug)]
pub(crate) struct TimeLine {
    rate: u32,
    /// The last timestamp, and the ticks up to it.
    last: Option<(u32, i64)>,
    /// From the time of ticks to that of the recording.
    offset: Micros,
    /// Ticks at which the offset was last adjusted.
    adjusted: i64,
    /// Ticks at which it began, or stepped.
    stepped: i64,
    doubt: Option<Doubt>,
}

/// An error that may go away.
#[derive(Debug)]
struct Doubt {
    /// Time of capture of the first packet in doubt.
    since: Micros,
    /// The least error.
    least: Micros,
    count: u32,
}

impl TimeLine {
    /// A line of so many ticks a second.
    pub(crate) fn new(rate: u32) -> Self {
        TimeLine { rate, last: None, offset: 0, adjusted: 0, stepped: 0, doubt: None }
    }

    /// Takes a packet's times, in order; false while it is in doubt where it belongs. The next for which it is
    /// true, clears those before it.
    pub(crate) fn observe(&mut self, timestamp: u32, captured: Micros) -> bool {
        let Some((last, before)) = self.last else {
            self.last = Some((timestamp, 0));
            self.offset = captured;
            return true;
        };
        let ticks = before + i64::from(timestamp.wrapping_sub(last).cast_signed());
        self.last = Some((timestamp, ticks));
        let error = captured - (from_ticks(ticks, self.rate) + self.offset);
        if error.abs() <= MAX_SLEWED {
            self.doubt = None;
            let passed = from_ticks(ticks - self.adjusted, self.rate).clamp(0, 1_000_000);
            let slew = (passed / MIN_SLEW).max(0);
            let is_new = from_ticks(ticks - self.stepped, self.rate) < NEW;
            self.offset += if is_new && error < -MIN_NEW_ERROR {
                error.max(-passed / MIN_NEW_SLEW)
            } else {
                (error * passed / SETTLING).clamp(-slew, slew)
            };
            self.adjusted = self.adjusted.max(ticks);
            return true;
        }
        let fresh = || Doubt { since: captured, least: error, count: 0 };
        let doubt = self.doubt.get_or_insert_with(fresh);
        if doubt.least.signum() != error.signum() {
            *doubt = fresh();
        }
        if error.abs() < doubt.least.abs() {
            doubt.least = error;
        }
        doubt.count += 1;
        if (captured - doubt.since).abs() < DOUBT && doubt.count < MAX_DOUBTFUL {
            return false;
        }
        self.offset += doubt.least;
        (self.adjusted, self.stepped) = (ticks, ticks);
        self.doubt = None;
        true
    }

    /// Moves the line ahead, with all that was observed.
    pub(crate) fn move_ahead(&mut self, by: Micros) {
        self.offset -= by;
    }

    /// Time of a packet that was observed, or came among those that were.
    pub(crate) fn time(&self, timestamp: u32) -> Micros {
        let Some((last, ticks)) = self.last else { return self.offset };
        let ticks = ticks + i64::from(timestamp.wrapping_sub(last).cast_signed());
        from_ticks(ticks, self.rate) + self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Micros = 1_000_000;

    /// Times of packets of 20 ms on a line, for captures `captured(n)`.
    fn run(count: i64, captured: impl Fn(i64) -> Micros) -> Vec<Micros> {
        let mut line = TimeLine::new(48_000);
        // Near the wrap.
        let timestamp = |n: i64| (n as u32).wrapping_mul(960).wrapping_sub(96_000);
        let mut doubtful = Vec::new();
        let mut times = Vec::new();
        for n in 0..count {
            let certain = line.observe(timestamp(n), captured(n));
            doubtful.push(n);
            if certain {
                times.extend(doubtful.drain(..).map(|n| line.time(timestamp(n))));
            }
        }
        times
    }

    #[test]
    fn drifting_clock_is_followed_within_a_frame() {
        // 100 ppm for three hours.
        let captured = |n: i64| n * 20_000 + n * 2;
        let times = run(540_000, captured);
        let worst = (0..).zip(&times).map(|(n, time)| (time - captured(n)).abs()).max();
        assert!(worst < Some(5_000), "{worst:?}");
    }

    #[test]
    fn jitter_doesnt_shake_the_line() {
        let mut random = fastrand::Rng::with_seed(1);
        let late: Vec<i64> = (0..5_000).map(|_| random.i64(0..60_000)).collect();
        let times = run(5_000, |n| n * 20_000 + late[n as usize]);
        let steps = |times: &[Micros]| {
            times.windows(2).map(|two| (two[1] - two[0] - 20_000).abs()).max().unwrap()
        };
        assert!(steps(&times) <= 2_000 && steps(&times[500..]) <= 200);
    }

    #[test]
    fn late_beginning_is_made_good_within_a_second() {
        // The first packets are late, until a report tells when they were captured.
        let late = |n: i64| n * 20_000 + if n < 50 { 60_000 } else { 0 };
        let times = run(200, late);
        let error = |n: i64| times[n as usize] - n * 20_000;
        assert_eq!(error(49), 60_000);
        assert!(error(100).abs() < 6_000, "{}", error(100));
    }

    #[test]
    fn stalled_capture_steps_and_a_late_burst_doesnt() {
        let stall = |n: i64| n * 20_000 + if n >= 500 { 18 * SECOND } else { 0 };
        let times = run(1_000, stall);
        assert_eq!(times.len(), 1_000);
        assert!((0..).zip(&times).all(|(n, time)| (time - stall(n)).abs() <= 1_000));
        // Two seconds of packets come at once.
        let burst = |n: i64| if (500..600).contains(&n) { 12 * SECOND } else { n * 20_000 };
        let times = run(1_000, burst);
        assert!((0..).zip(&times).all(|(n, time)| (time - n * 20_000).abs() <= 25_000));
    }
}
