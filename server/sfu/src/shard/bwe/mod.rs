//! Bandwidth estimation (BWE) by a subscriber's transport-wide feedback.
//!
//! Like Google Congestion Control (draft-ietf-rmcat-gcc-02) it backs off to a little less than the
//! arriving rate when queues grow or packets are lost. But it is made for a sender that can't
//! choose its rate, only among layers. What arrives without trouble is carried: the estimate is
//! never below it. Since a sender that sends little learns nothing of further capacity, it probes
//! by sending more for a moment: see [`probe`]. There is no need to sense the slightest growth of a
//! queue, either: see [`delay`].

mod delay;
mod loss;
mod probe;
mod reported;
mod sent;

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use self::delay::{DelayDetector, DelaySignal};
use self::loss::LossDetector;
use self::probe::BandwidthProber;
pub(super) use self::reported::ReportedBandwidth;
use self::sent::{SentPackets, State};
use super::bitrate::BitrateMeter;
use crate::rtcp::TransportFeedback;

/// Initial estimate, in bits per second.
const INITIAL_BITS: u64 = 500_000;

/// Least estimate, in bits per second: a network that carries less carries no media.
const MIN_BITS: u64 = 30_000;

/// What is taken for carried in a probe's first step, in bits per second.
const MIN_KNOWN_BITS: f64 = 200_000.0;

/// Queuing delay that ends a probe.
const MAX_PROBE_DELAY: Duration = Duration::from_millis(25);

/// Share of the arriving rate that is kept on overuse.
const BACK_OFF: f64 = 0.85;

/// Growth in a second without trouble.
const GROWTH: f64 = 0.08;

/// Time in which the first feedback comes from who gives any.
const UNHEARD_TIMEOUT: Duration = Duration::from_secs(2);

/// Queuing delay beyond which a queue is filling.
const MAX_CALM_DELAY: Duration = Duration::from_millis(30);

/// Time after a back-off in which the path is taken for full.
const STRAINED_TIME: Duration = Duration::from_secs(1);

/// Packets and percent of one feedback that make it a lossy one.
const LOSSY: (u32, u32) = (3, 15);

/// Window of the arriving rate, and the part of its end that is left out, since packets may still
/// come between others; in microseconds.
const ARRIVAL_WINDOW: u64 = 480_000;
const UNSETTLED: u64 = 60_000;

/// Microseconds after which a receiver's clock wraps: its 64 ms are counted with 24 bits.
const CLOCK_WRAP: u64 = 64_000 << 24;

/// Estimator of one subscriber's bandwidth.
pub(super) struct BandwidthEstimator {
    /// Empty until something is sent.
    sent: SentPackets,
    begun: Instant,
    delay: DelayDetector,
    arriving: BitrateMeter,
    estimate: f64,
    /// What has arrived without trouble: the estimate, but for what nobody has tried.
    carried: f64,
    heard: Option<Instant>,
    /// When the first packet was sent.
    first_sent: Option<Instant>,
    /// Receiver's clock at its last feedback, in microseconds, unwrapped.
    there: u64,
    backed_off: Option<Instant>,
    /// Last feedback of which much was missing.
    lossy: Option<Instant>,
    /// The highest number that feedback has covered.
    covered: Option<u16>,
    loss: LossDetector,
    probing: BandwidthProber,
}

/// Unwraps a receiver's clock that shows `at`, to the moment nearest to `before`.
fn unwrap_clock(at: u64, before: u64) -> u64 {
    let whole = before - before % CLOCK_WRAP + at;
    if whole + CLOCK_WRAP / 2 < before {
        whole + CLOCK_WRAP
    } else if whole > before + CLOCK_WRAP / 2 {
        // Before the first turn there is none to go back to.
        whole.checked_sub(CLOCK_WRAP).unwrap_or(whole)
    } else {
        whole
    }
}

impl BandwidthEstimator {
    pub(super) fn new(now: Instant) -> Self {
        BandwidthEstimator {
            sent: SentPackets::default(),
            begun: now,
            delay: DelayDetector::new(),
            arriving: BitrateMeter::new(ARRIVAL_WINDOW),
            estimate: INITIAL_BITS as f64,
            carried: 0.0,
            heard: None,
            first_sent: None,
            there: 0,
            backed_off: None,
            lossy: None,
            covered: None,
            loss: LossDetector::new(),
            probing: BandwidthProber::default(),
        }
    }

    /// Estimate in bits per second, headers included.
    pub(super) fn estimate(&self) -> u64 {
        self.estimate as u64
    }

    /// Bits per second that have arrived without trouble, headers included.
    pub(super) fn carried(&self) -> u64 {
        self.carried as u64
    }

    /// Queuing delay on the path, as far as is known.
    pub(super) fn queuing_delay(&self) -> Duration {
        self.delay.queuing_delay()
    }

    /// True while packets wait in a queue of the path, or more of them get lost than on a bad radio
    /// link.
    pub(super) fn is_strained(&self, now: Instant) -> bool {
        let since = |at: Option<Instant>, span| {
            at.is_some_and(|at| now.saturating_duration_since(at) < span)
        };
        self.queuing_delay() > MAX_CALM_DELAY
            || since(self.backed_off, STRAINED_TIME)
            || since(self.lossy, STRAINED_TIME / 2)
    }

    /// True if the subscriber gives feedback at all.
    pub(super) fn has_feedback(&self) -> bool {
        self.heard.is_some()
    }

    /// True if the subscriber has had the time to give feedback, and gives none.
    pub(super) fn is_unheard(&self, now: Instant) -> bool {
        let sent = |at| now.saturating_duration_since(at) > UNHEARD_TIMEOUT;
        !self.has_feedback() && self.first_sent.is_some_and(sent)
    }

    /// True if a packet is to be counted: all are from the first of video on. Audio by itself
    /// leaves nothing to choose.
    pub(super) fn counts(&self, video: bool) -> bool {
        video || !self.sent.is_empty()
    }

    /// Notes a sent packet.
    pub(super) fn on_sent(&mut self, now: Instant, number: u16, bytes: usize) {
        self.first_sent.get_or_insert(now);
        let at = now.saturating_duration_since(self.begun).as_micros() as u32;
        let probe = self.probing.is_on(now);
        if probe {
            self.probing.sent(bytes);
        }
        let awaits = !self.is_unheard(now);
        self.sent.insert(number, at, bytes, probe, awaits);
    }

    /// Handles transport-wide feedback.
    pub(super) fn on_feedback(&mut self, now: Instant, feedback: &TransportFeedback<'_>) {
        let mut newest = 0;
        let (mut came, mut missed) = (0, 0);
        let (there, covered) = (self.there, self.covered);
        let clock = now.saturating_duration_since(self.begun).as_micros() as u64;
        for arrival in feedback.arrivals() {
            let Some(sent) = self.sent.get_mut(arrival.number) else {
                continue;
            };
            // A late repair of sound has its old number: what comes after it there was told before,
            // perhaps by feedback that was lost.
            let is_new = covered.is_none_or(|it| arrival.number.wrapping_sub(it).cast_signed() > 0);
            if is_new {
                self.covered = Some(arrival.number);
            }
            let ago = (clock as u32).wrapping_sub(sent.at);
            let sent_at = clock.saturating_sub(ago.into());
            match (arrival.at, sent.state) {
                (None, State::Flying) if is_new => {
                    sent.state = State::Missed;
                    missed += 1;
                    self.loss.missed(sent_at);
                }
                (Some(at), State::Flying | State::Missed) => {
                    self.loss.arrived(sent_at, sent.state == State::Missed);
                    sent.state = State::Arrived;
                    came += 1;
                    let at = unwrap_clock(u64::try_from(at.as_micros()).unwrap_or_default(), there);
                    newest = newest.max(at);
                    self.arriving.add(at, sent.bytes().into());
                    self.delay.add(sent_at, at);
                    if sent.is_probe() {
                        self.probing.arrived(sent.at, at, sent.bytes());
                    }
                }
                _ => {}
            }
        }
        if missed >= LOSSY.0 && missed * 100 > (missed + came) * LOSSY.1 {
            self.lossy = Some(now);
        }
        if newest > 0 {
            self.there = newest;
            self.judge(now, clock, newest);
            if self.delay.queuing_delay() > MAX_PROBE_DELAY {
                self.probing.stop(now);
            }
        }
        self.heard = Some(now);
    }

    /// Handles a change of the path: its delay and its loss have to be learnt anew.
    pub(super) fn path_changed(&mut self) {
        self.delay = DelayDetector::new();
        self.loss = LossDetector::new();
    }

    /// Begins a probe of `wanted` bits per second, or a step towards that; a `gentle` one where sound
    /// has hardly room.
    pub(super) fn probe(&mut self, now: Instant, wanted: u64, gentle: bool) {
        // Beyond what has arrived, the estimate is a guess.
        let known = self.carried.max(MIN_KNOWN_BITS).min(self.estimate);
        self.probing.begin(now, wanted, known as u64, gentle);
    }

    /// True while probes find more and more: a layer that fits by now may soon be too little.
    pub(super) fn is_climbing(&self, now: Instant) -> bool {
        self.probing.is_climbing(now)
    }

    /// True when the next probe may begin.
    pub(super) fn may_probe(&self, now: Instant) -> bool {
        self.delay.signal() == DelaySignal::Normal
            && !self.loss.is_heavy()
            && self.has_feedback()
            && self.probing.may_begin(now)
    }

    /// Bytes to send now in addition to what was, so that a running probe is as fast as it is meant
    /// to be; and when to look again.
    pub(super) fn probe_due(&self, now: Instant) -> Option<(usize, Instant)> {
        self.probing.due(now)
    }

    /// Notes that what a probe gained could not be held.
    pub(super) fn probe_failed(&mut self, now: Instant) {
        self.probing.fail(now);
    }

    /// True while no probe may begin, whatever the line is like.
    #[cfg(test)]
    pub(super) fn rests(&self, now: Instant) -> bool {
        !self.probing.may_begin(now)
    }

    fn judge(&mut self, now: Instant, clock: u64, newest: u64) {
        let arriving = self.arriving.bits(newest.saturating_sub(UNSETTLED)) as f64;
        let passed = self.heard.map_or(0.0, |h| now.saturating_duration_since(h).as_secs_f64());
        match self.delay.judge() {
            DelaySignal::Overuse if arriving > 0.0 => {
                self.estimate = self.estimate.min(BACK_OFF * arriving);
                self.backed_off = Some(now);
            }
            DelaySignal::Overuse | DelaySignal::Easing => {}
            DelaySignal::Normal => {
                let grown = self.estimate * (1.0 + GROWTH * passed.min(1.0));
                // Nothing is known beyond what is tried.
                let known = (1.5 * arriving + 10_000.0).max(self.estimate);
                self.estimate = grown.min(known).max(arriving);
                self.carried = self.carried.max(arriving);
            }
        }
        if let Some(loss) = self.loss.judge(clock) {
            let carried = if arriving > 0.0 { self.estimate.min(arriving) } else { self.estimate };
            self.estimate = carried * (1.0 - loss / 2.0);
            self.backed_off = Some(now);
        }
        let calm =
            self.backed_off.is_none_or(|at| now.saturating_duration_since(at) > BACK_OFF_TIMEOUT);
        if let Some(carried) = self.probing.result(now, calm) {
            self.estimate = self.estimate.max(carried as f64);
            self.carried = self.carried.max(carried as f64);
        }
        self.estimate = self.estimate.max(MIN_BITS as f64);
        self.carried = self.carried.min(self.estimate);
    }
}

/// Time after a back-off in which a probe says nothing good.
const BACK_OFF_TIMEOUT: Duration = Duration::from_millis(500);
