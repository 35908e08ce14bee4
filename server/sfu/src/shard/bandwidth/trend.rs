//! Whether packets take longer and longer: the delay gradient of Google Congestion Control
//! (draft-ietf-rmcat-gcc-02 §5), with a least-squares line instead of a Kalman filter.

use std::collections::VecDeque;

/// Packets sent within this many microseconds are one group: they leave together.
const GROUP: i64 = 5_000;

/// Groups the line is drawn through.
const WINDOW: usize = 20;

/// Weight of the past in smoothing the delay.
const SMOOTHING: f64 = 0.9;

/// Factors from a slope to what the threshold is compared with: the more groups, the more certain.
const GAIN: f64 = 4.0;
const MOST_GROUPS: u32 = 60;

/// How fast the threshold follows a trend outside and inside it, per millisecond.
const THRESHOLD_UP: f64 = 0.0087;
const THRESHOLD_DOWN: f64 = 0.039;

/// Bounds of the threshold.
const THRESHOLD: std::ops::RangeInclusive<f64> = 6.0..=600.0;

/// Time for which the trend must be above the threshold, in milliseconds.
const PERSISTENCE: f64 = 10.0;

/// Arrivals this far apart, in microseconds, have nothing to do with each other.
const BREAK: i64 = 3_000_000;

/// What the delay says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Normal,
    /// Queues on the way grow.
    Over,
    /// Queues on the way drain.
    Under,
}

/// The trend of the one-way delay. Times are in microseconds, sent on our clock, arrived on theirs.
pub(super) struct Trend {
    group: Option<Group>,
    before: Option<Group>,
    /// Milliseconds: when it arrived, and the smoothed sum of delay differences.
    line: VecDeque<(f64, f64)>,
    delay: f64,
    smoothed: f64,
    groups: u32,
    begun: i64,
    threshold: f64,
    compared: Option<f64>,
    last_trend: f64,
    above_for: f64,
    signal: Signal,
}

#[derive(Clone, Copy)]
struct Group {
    first_sent: i64,
    last_sent: i64,
    arrived: i64,
}

impl Trend {
    pub(super) fn new() -> Self {
        Trend {
            group: None,
            before: None,
            line: VecDeque::with_capacity(WINDOW),
            delay: 0.0,
            smoothed: 0.0,
            groups: 0,
            begun: 0,
            threshold: 12.5,
            compared: None,
            last_trend: 0.0,
            above_for: 0.0,
            signal: Signal::Normal,
        }
    }

    pub(super) fn signal(&self) -> Signal {
        self.signal
    }

    /// One more packet arrived; in the order in which they were sent.
    pub(super) fn add(&mut self, sent: i64, arrived: i64) {
        let Some(group) = &mut self.group else {
            self.begun = arrived;
            self.group = Some(Group { first_sent: sent, last_sent: sent, arrived });
            return;
        };
        if sent < group.first_sent {
            return;
        }
        if sent - group.first_sent <= GROUP {
            group.last_sent = group.last_sent.max(sent);
            group.arrived = group.arrived.max(arrived);
            return;
        }
        let done = *group;
        self.group = Some(Group { first_sent: sent, last_sent: sent, arrived });
        if let Some(before) = self.before.replace(done) {
            let (apart_sent, apart) = (done.last_sent - before.last_sent, done.arrived - before.arrived);
            if apart.abs() > BREAK || apart_sent > BREAK {
                *self = Trend { threshold: self.threshold, ..Trend::new() };
                return;
            }
            self.compare(apart_sent as f64 / 1e3, apart as f64 / 1e3, done.arrived);
        }
    }

    fn compare(&mut self, apart_sent: f64, apart: f64, arrived: i64) {
        self.groups = (self.groups + 1).min(1_000);
        self.delay += apart - apart_sent;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.delay;
        if self.line.len() == WINDOW {
            self.line.pop_front();
        }
        let at = (arrived - self.begun) as f64 / 1e3;
        self.line.push_back((at, self.smoothed));
        let trend = match self.line.len() {
            WINDOW => slope(&self.line).unwrap_or(self.last_trend),
            _ => 0.0,
        };
        self.detect(trend, apart_sent, at);
    }

    fn detect(&mut self, trend: f64, apart_sent: f64, at: f64) {
        if self.groups < 2 {
            return;
        }
        let weighed = f64::from(self.groups.min(MOST_GROUPS)) * trend * GAIN;
        if weighed > self.threshold {
            self.above_for += apart_sent;
            if self.above_for > PERSISTENCE && trend >= self.last_trend {
                self.above_for = 0.0;
                self.signal = Signal::Over;
            }
        } else {
            self.above_for = 0.0;
            self.signal = if weighed < -self.threshold { Signal::Under } else { Signal::Normal };
        }
        self.last_trend = trend;
        let passed = (at - self.compared.replace(at).unwrap_or(at)).clamp(0.0, 100.0);
        // A spike from a change of route must not make it deaf.
        if weighed.abs() <= self.threshold + 15.0 {
            let follow =
                if weighed.abs() < self.threshold { THRESHOLD_DOWN } else { THRESHOLD_UP };
            let moved = self.threshold + follow * (weighed.abs() - self.threshold) * passed;
            self.threshold = moved.clamp(*THRESHOLD.start(), *THRESHOLD.end());
        }
    }
}

/// Slope of the line through the points by least squares; none if they are all at one time.
fn slope(points: &VecDeque<(f64, f64)>) -> Option<f64> {
    let count = points.len() as f64;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0, y + p.1));
    let (middle_x, middle_y) = (sum_x / count, sum_y / count);
    let (up, down) = points.iter().fold((0.0, 0.0), |(up, down), (x, y)| {
        (up + (x - middle_x) * (y - middle_y), down + (x - middle_x) * (x - middle_x))
    });
    (down > 0.0).then(|| up / down)
}
