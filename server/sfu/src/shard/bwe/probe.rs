//! Bandwidth probes: sending more for a moment, to see whether it is carried.

use std::time::{Duration, Instant};

/// Duration of a probe.
const PROBE_DURATION: Duration = Duration::from_millis(200);

/// Time between two portions.
const PROBE_INTERVAL: Duration = Duration::from_millis(5);

/// Time for feedback after the end.
const FEEDBACK_TIMEOUT: Duration = Duration::from_millis(600);

/// Time between two probes: doubled with each that fails, up to the most.
const MIN_PAUSE: Duration = Duration::from_secs(1);
const FAILED_PAUSE: Duration = Duration::from_secs(4);
const MAX_PAUSE: Duration = Duration::from_secs(32);

/// Time after which a result has proved itself: the next failure is a change in the network.
const CARRIED_TIMEOUT: Duration = Duration::from_secs(20);

/// Least rate of arrival without a queue, in percent of the rate sent.
const MIN_RATE_PERCENT: u64 = 60;

/// Share of a probe that has to arrive, in percent: less is more loss than a bad radio link's.
const MIN_DELIVERED_PERCENT: u64 = 80;

/// Time for reordered packets.
const SETTLING: Duration = Duration::from_millis(150);

/// Fewer packets prove nothing.
const MIN_PACKETS: u32 = 8;

/// The present probe, and when the next may be.
pub(super) struct BandwidthProber {
    running: Option<Running>,
    /// Earliest time of the next probe.
    rest_until: Option<Instant>,
    /// Pause after the next failure.
    pause: Duration,
    /// Since when the last result is carried.
    carried: Option<Instant>,
}

struct Running {
    begun: Instant,
    wanted: u64,
    /// Bytes that left since it began.
    sent: usize,
    /// Times in microseconds of the first and last that arrived, on both clocks, and the bytes
    /// after the first.
    first: Option<(u32, u64)>,
    last: (u32, u64),
    bytes: u64,
    packets: u32,
}

impl Default for BandwidthProber {
    fn default() -> Self {
        BandwidthProber { running: None, rest_until: None, pause: FAILED_PAUSE, carried: None }
    }
}

impl BandwidthProber {
    pub(super) fn may_begin(&self, now: Instant) -> bool {
        self.running.is_none() && self.rest_until.is_none_or(|at| now >= at)
    }

    pub(super) fn begin(&mut self, now: Instant, wanted: u64) {
        self.running = Some(Running {
            begun: now,
            wanted,
            sent: 0,
            first: None,
            last: (0, 0),
            bytes: 0,
            packets: 0,
        });
    }

    /// True if a packet that leaves now belongs to a probe.
    pub(super) fn is_on(&self, now: Instant) -> bool {
        self.running.as_ref().is_some_and(|r| now < r.begun + PROBE_DURATION)
    }

    pub(super) fn sent(&mut self, bytes: usize) {
        if let Some(running) = &mut self.running {
            running.sent += bytes;
        }
    }

    pub(super) fn due(&self, now: Instant) -> Option<(usize, Instant)> {
        let running = self.running.as_ref().filter(|r| now < r.begun + PROBE_DURATION)?;
        let passed = now.saturating_duration_since(running.begun) + PROBE_INTERVAL;
        let meant = u128::from(running.wanted) * passed.as_micros() / 8_000_000;
        let meant = usize::try_from(meant).unwrap_or(usize::MAX);
        Some((meant.saturating_sub(running.sent), now + PROBE_INTERVAL))
    }

    pub(super) fn arrived(&mut self, sent: u32, arrived: u64, bytes: u16) {
        let Some(running) = &mut self.running else {
            return;
        };
        if running.first.is_none() {
            running.first = Some((sent, arrived));
            running.last = (sent, arrived);
        } else {
            running.bytes += u64::from(bytes);
            running.last = (running.last.0.max(sent), running.last.1.max(arrived));
        }
        running.packets += 1;
    }

    /// Bits per second that the probe found to be carried, once, when all feedback is in. `calm`
    /// says that queues didn't grow meanwhile.
    pub(super) fn result(&mut self, now: Instant, calm: bool) -> Option<u64> {
        let running = self.running.as_ref()?;
        let (over, wanted) = (running.begun + PROBE_DURATION, running.wanted);
        let (first_sent, first) = running.first.unwrap_or_default();
        let (last_sent, last) = running.last;
        let complete =
            u128::from(last_sent.wrapping_sub(first_sent)) > PROBE_DURATION.as_micros() * 9 / 10;
        if now < over + SETTLING || !complete && now < over + FEEDBACK_TIMEOUT {
            return None;
        }
        let sending = running.sent as u64 * 8_000 / PROBE_DURATION.as_millis() as u64;
        let arriving = match running.packets >= MIN_PACKETS && last > first {
            true => running.bytes * 8 * 1_000_000 / (last - first),
            false => 0,
        };
        let calm = calm && running.bytes * 100 >= running.sent as u64 * MIN_DELIVERED_PERCENT;
        let carried = if calm && arriving * 100 >= sending * MIN_RATE_PERCENT {
            // Some of the packets were late, as they are on a line that is uneven.
            sending.min(wanted)
        } else {
            // That is all the line has, and a little less is safe.
            arriving.min(wanted) / 20 * 19
        };
        self.running = None;
        match calm && carried * 10 >= wanted * 9 {
            true => {
                self.carried = Some(now);
                self.rest_until = Some(now + MIN_PAUSE);
            }
            false => self.fail(now),
        }
        calm.then_some(carried)
    }

    /// Notes that the result was not carried after all, or no longer.
    pub(super) fn fail(&mut self, now: Instant) {
        let held = self.carried.take().map(|at| now.saturating_duration_since(at));
        if held.is_some_and(|held| held > CARRIED_TIMEOUT) {
            self.pause = FAILED_PAUSE;
        }
        self.running = None;
        self.rest_until = Some(now + self.pause);
        self.pause = (self.pause * 2).min(MAX_PAUSE);
    }
}
