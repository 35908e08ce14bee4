//! Bandwidth probes: sending more for a moment, to see whether it is carried.
//!
//! A probe is a short train of packets, at a rate that is raised step by step. On a line that carries
//! less, it makes sound wait for some hundredths of a second, and nothing is lost.

use std::time::{Duration, Instant};

/// Bytes of a train, and the bounds of its duration.
const TRAIN_BYTES: u64 = 6_000;
const MIN_DURATION: Duration = Duration::from_millis(60);
const MAX_DURATION: Duration = Duration::from_millis(200);

/// Duration of the last step: policers let through for a moment what they don't carry.
const LAST_DURATION: Duration = Duration::from_millis(150);

/// Time between two portions.
const PROBE_INTERVAL: Duration = Duration::from_millis(5);

/// Rate of a train, in percent of what is known to be carried: after one that was carried, and
/// after one that failed or where little is known to be carried, in bits per second.
const FIRST_STEP_PERCENT: u64 = 200;
const STEP_PERCENT: u64 = 150;
const LITTLE_BITS: u64 = 500_000;

/// Time for feedback after the end.
const FEEDBACK_TIMEOUT: Duration = Duration::from_millis(600);

/// Time between two probes: after one that was carried; after one that wasn't, doubled each time;
/// and after a result that could not be held, doubled each time.
const MIN_PAUSE: Duration = Duration::from_millis(100);
const FAILED_PAUSE: Duration = Duration::from_millis(1_500);
const MAX_FAILED_PAUSE: Duration = Duration::from_secs(3);
const REGRET_PAUSE: Duration = Duration::from_secs(6);
const MAX_REGRET_PAUSE: Duration = Duration::from_secs(128);

/// Time after which a result has proved itself: the next failure is a change in the network.
const CARRIED_TIMEOUT: Duration = Duration::from_secs(20);

/// Growth of a queue from the first third of a train to its last that is only jitter: in
/// microseconds, and in percent of the train.
const MAX_GROWTH_MICROS: i64 = 3_000;
const MAX_GROWTH_PERCENT: i64 = 8;

/// Share of a probe that may be lost, in percent, besides one packet: more is more loss than a bad
/// radio link's.
const MAX_LOST_PERCENT: u32 = 15;

/// Time in which the next step has a result.
const CLIMBING_TIME: Duration = Duration::from_millis(800);

/// Time for reordered packets.
const SETTLING: Duration = Duration::from_millis(150);

/// Fewer packets prove nothing.
const MIN_PACKETS: u32 = 5;

/// The present probe, and when the next may be.
pub(super) struct BandwidthProber {
    running: Option<Running>,
    /// Earliest time of the next probe.
    rest_until: Option<Instant>,
    /// Pause after the next probe that fails, and after the next result that can't be held.
    failed_pause: Duration,
    regret_pause: Duration,
    step_percent: u64,
    /// When a step was carried after which none has failed.
    climbed: Option<Instant>,
    /// Since when the last result is carried.
    carried: Option<Instant>,
}

struct Running {
    begun: Instant,
    ends: Instant,
    rate: u64,
    /// Bytes that left since it began, and that arrived.
    sent: usize,
    came: usize,
    /// Packets that left.
    left: u32,
    /// Times in microseconds of the first and last that arrived, on both clocks, and the bytes
    /// after the first.
    first: Option<(u32, u64)>,
    last: (u32, u64),
    bytes: u64,
    packets: u32,
    /// The least time on the way in each third of the train, in microseconds, compared with the
    /// first packet's.
    least: [Option<i64>; 3],
}

impl Default for BandwidthProber {
    fn default() -> Self {
        BandwidthProber {
            running: None,
            rest_until: None,
            failed_pause: FAILED_PAUSE,
            regret_pause: REGRET_PAUSE,
            step_percent: FIRST_STEP_PERCENT,
            climbed: None,
            carried: None,
        }
    }
}

impl BandwidthProber {
    pub(super) fn may_begin(&self, now: Instant) -> bool {
        self.running.is_none() && self.rest_until.is_none_or(|at| now >= at)
    }

    /// True while each step is carried, and the next is under way.
    pub(super) fn is_climbing(&self, now: Instant) -> bool {
        self.climbed.is_some_and(|at| now.saturating_duration_since(at) < CLIMBING_TIME)
    }

    /// Begins a step towards `wanted` from what is `known` to be carried, in bits per second. A
    /// `gentle` one is short, for lines that hardly carry the sound.
    pub(super) fn begin(&mut self, now: Instant, wanted: u64, known: u64, gentle: bool) {
        let step = if known < LITTLE_BITS { STEP_PERCENT } else { self.step_percent };
        let rate = wanted.min(known * step / 100).max(1);
        let train = Duration::from_micros(TRAIN_BYTES * 8_000_000 / rate);
        let duration = match rate < wanted {
            _ if gentle => MIN_DURATION,
            true => train.clamp(MIN_DURATION, MAX_DURATION),
            false => train.clamp(LAST_DURATION, MAX_DURATION),
        };
        self.running = Some(Running {
            begun: now,
            ends: now + duration,
            rate,
            sent: 0,
            came: 0,
            left: 0,
            first: None,
            last: (0, 0),
            bytes: 0,
            packets: 0,
            least: [None; 3],
        });
    }

    /// True if a packet that leaves now belongs to a probe.
    pub(super) fn is_on(&self, now: Instant) -> bool {
        self.running.as_ref().is_some_and(|r| now < r.ends)
    }

    /// Sends no more: packets wait in a queue.
    pub(super) fn stop(&mut self, now: Instant) {
        if let Some(running) = &mut self.running {
            running.ends = running.ends.min(now);
        }
    }

    pub(super) fn sent(&mut self, bytes: usize) {
        if let Some(running) = &mut self.running {
            running.sent += bytes;
            running.left += 1;
        }
    }

    pub(super) fn due(&self, now: Instant) -> Option<(usize, Instant)> {
        let running = self.running.as_ref().filter(|r| now < r.ends)?;
        let passed = now.saturating_duration_since(running.begun) + PROBE_INTERVAL;
        let meant = u128::from(running.rate) * passed.as_micros() / 8_000_000;
        let meant = usize::try_from(meant).unwrap_or(usize::MAX);
        Some((meant.saturating_sub(running.sent), now + PROBE_INTERVAL))
    }

    pub(super) fn arrived(&mut self, sent: u32, arrived: u64, bytes: u16) {
        let Some(running) = &mut self.running else {
            return;
        };
        running.came += usize::from(bytes);
        running.packets += 1;
        let Some((first_sent, first)) = running.first else {
            running.first = Some((sent, arrived));
            running.last = (sent, arrived);
            running.least[0] = Some(0);
            return;
        };
        running.bytes += u64::from(bytes);
        running.last = (running.last.0.max(sent), running.last.1.max(arrived));
        let after = sent.wrapping_sub(first_sent) as i32;
        let took = arrived.wrapping_sub(first) as i64 - i64::from(after);
        let whole = running.ends.saturating_duration_since(running.begun).as_micros().max(1) as i64;
        let third = (i64::from(after.max(0)) * 3 / whole).min(2) as usize;
        if let Some(least) = running.least.get_mut(third) {
            *least = Some(least.map_or(took, |it| it.min(took)));
        }
    }

    /// Bits per second that the probe found to be carried, once, when all feedback is in. `calm`
    /// says that queues didn't grow meanwhile.
    pub(super) fn result(&mut self, now: Instant, calm: bool) -> Option<u64> {
        let running = self.running.as_ref()?;
        let span = running.ends.saturating_duration_since(running.begun).as_micros() as i64;
        let (first_sent, first) = running.first.unwrap_or_default();
        let (last_sent, last) = running.last;
        let last_third = i64::from(last_sent.wrapping_sub(first_sent)) > span * 4 / 5;
        let complete = running.came >= running.sent && now >= running.ends;
        let settled = last_third && now >= running.ends + SETTLING;
        if !complete && !settled && now < running.ends + FEEDBACK_TIMEOUT {
            return None;
        }
        let arriving = match running.packets >= MIN_PACKETS && last > first {
            true => running.bytes * 8 * 1_000_000 / (last - first),
            false => 0,
        };
        let lost = running.left.saturating_sub(running.packets);
        let delivered = lost <= 1 + running.left * MAX_LOST_PERCENT / 100;
        let calm = calm && delivered;
        let grown = match running.least {
            [Some(early), _, Some(late)] => late - early,
            _ => i64::MAX,
        };
        let flat = grown <= MAX_GROWTH_MICROS + span * MAX_GROWTH_PERCENT / 100;
        let is_carried = calm && flat && arriving > 0;
        // Without a queue all that was sent is carried; else that is all the line has, and a little
        // less is safe.
        let carried = if is_carried { running.rate } else { arriving.min(running.rate) / 20 * 19 };
        self.running = None;
        if is_carried {
            self.carried = Some(now);
            self.climbed = Some(now);
            self.failed_pause = FAILED_PAUSE;
            self.step_percent = FIRST_STEP_PERCENT;
            self.rest_until = Some(now + MIN_PAUSE);
        } else {
            self.climbed = None;
            self.step_percent = STEP_PERCENT;
            self.rest_until = Some(now + self.failed_pause);
            self.failed_pause = (self.failed_pause * 2).min(MAX_FAILED_PAUSE);
        }
        (calm && arriving > 0).then_some(carried)
    }

    /// Notes that the result was not carried after all, or no longer.
    pub(super) fn fail(&mut self, now: Instant) {
        let held = self.carried.take().map(|at| now.saturating_duration_since(at));
        if held.is_some_and(|held| held > CARRIED_TIMEOUT) {
            self.regret_pause = REGRET_PAUSE;
        }
        self.running = None;
        self.climbed = None;
        self.step_percent = STEP_PERCENT;
        self.rest_until = Some(now + self.regret_pause);
        self.regret_pause = (self.regret_pause * 2).min(MAX_REGRET_PAUSE);
    }
}
