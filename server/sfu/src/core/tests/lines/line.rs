//! A line to one client: its rate, its delay, its queue, and what else goes wrong on it.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Bytes of IP and UDP that go with each datagram.
const HEADERS: usize = 28;

/// A segment of the competing flow, in bytes.
const SEGMENT: usize = 1_500;

/// The least that a queue holds, in bytes: some packets.
const MIN_QUEUE: u64 = 6_000;

/// What a line does.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct LineSpec {
    /// Kilobits per second.
    pub(super) rate: u64,
    /// Milliseconds, one way.
    pub(super) delay: u64,
    /// Milliseconds that a full queue makes packets wait.
    pub(super) queue: u64,
    /// Of a thousand, in both directions.
    pub(super) lost: u32,
    /// Kilobits per second beyond which packets are dropped instead of queued.
    pub(super) policed: Option<u64>,
    /// Each so many milliseconds, nothing goes through for so many: as on Wi-Fi.
    pub(super) stalls: Option<(u64, u64)>,
    /// A download shares the line, as greedy as TCP is.
    pub(super) shared: bool,
}

impl LineSpec {
    /// A line without troubles.
    pub(super) const fn new(rate: u64, delay: u64, queue: u64) -> Self {
        let (lost, policed, stalls, shared) = (0, None, None, false);
        LineSpec { rate, delay, queue, lost, policed, stalls, shared }
    }
}

/// A line at work.
pub(in super::super) struct Line {
    pub(super) spec: LineSpec,
    begun: Instant,
    /// When it has sent what it was given.
    busy: Instant,
    /// What is in the queue: when it has left, and its bytes.
    queue: VecDeque<(Instant, usize)>,
    queued: u64,
    /// Of the policer, in bits.
    tokens: f64,
    filled: Instant,
    download: Download,
    /// SSRC of repairs, by which they are told from the rest.
    pub(super) repairs: Option<[u8; 4]>,
    /// Bytes offered, repairs among them, and what was dropped.
    pub(super) offered: u64,
    pub(super) repaired: u64,
    pub(super) dropped: u64,
    /// Bytes in the first two seconds.
    pub(super) at_first: u64,
}

/// One flow of TCP (Reno): slow start, then a segment more a round trip, half at a loss.
struct Download {
    window: f64,
    threshold: f64,
    flying: u64,
    /// When acknowledgements come, and losses are noticed.
    events: BTreeMap<(Instant, u64), bool>,
    number: u64,
    /// Losses before that are the same one.
    recovered: Option<Instant>,
}

impl Line {
    pub(super) fn new(spec: LineSpec, now: Instant) -> Self {
        Line {
            spec,
            begun: now,
            busy: now,
            queue: VecDeque::new(),
            queued: 0,
            tokens: 0.0,
            filled: now,
            download: Download {
                window: 10.0,
                threshold: f64::MAX,
                flying: 0,
                events: BTreeMap::new(),
                number: 0,
                recovered: None,
            },
            repairs: None,
            offered: 0,
            repaired: 0,
            dropped: 0,
            at_first: 0,
        }
    }

    fn is_lost(&self, random: &mut fastrand::Rng) -> bool {
        random.u32(..1_000) < self.spec.lost
    }

    /// When what the client says arrives.
    pub(in super::super) fn back(
        &self,
        now: Instant,
        random: &mut fastrand::Rng,
    ) -> Option<Instant> {
        (!self.is_lost(random)).then(|| now + Duration::from_millis(self.spec.delay))
    }

    /// When a datagram arrives at the client; [`None`] if it doesn't.
    pub(in super::super) fn pass(
        &mut self,
        now: Instant,
        datagram: &[u8],
        random: &mut fastrand::Rng,
    ) -> Option<Instant> {
        self.advance(now);
        let bytes = datagram.len() + HEADERS;
        self.offered += bytes as u64;
        let media = datagram.first().is_some_and(|first| (128..192).contains(first));
        if media && datagram.get(8..12) == self.repairs.as_ref().map(|ssrc| &ssrc[..]) {
            self.repaired += bytes as u64;
        }
        if now < self.begun + Duration::from_secs(2) {
            self.at_first += bytes as u64;
        }
        let left = match self.is_within_policy(now, bytes) {
            true => self.enqueue(now, bytes),
            false => None,
        };
        if left.is_none() {
            self.dropped += bytes as u64;
        }
        left.filter(|_| !self.is_lost(random)).map(|at| at + Duration::from_millis(self.spec.delay))
    }

    fn is_within_policy(&mut self, now: Instant, bytes: usize) -> bool {
        let Some(policed) = self.spec.policed else {
            return true;
        };
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        // 40 ms at that rate may come at once.
        let rate = (policed * 1_000) as f64;
        self.tokens = (self.tokens + passed * rate).min(rate * 0.04);
        let bits = (bytes * 8) as f64;
        let within = self.tokens >= bits;
        if within {
            self.tokens -= bits;
        }
        within
    }

    /// When it has left the queue; [`None`] if that is full.
    fn enqueue(&mut self, now: Instant, bytes: usize) -> Option<Instant> {
        while let Some((left, gone)) = self.queue.front()
            && *left <= now
        {
            self.queued -= *gone as u64;
            self.queue.pop_front();
        }
        let most = (self.spec.rate * self.spec.queue / 8).max(MIN_QUEUE);
        if self.queued + bytes as u64 > most {
            return None;
        }
        self.busy = self.busy.max(now);
        if let Some((every, span)) = self.spec.stalls {
            let at = self.busy.saturating_duration_since(self.begun).as_micros() as u64;
            let within = at % (every * 1_000);
            let stalled = (every - span) * 1_000..every * 1_000;
            if stalled.contains(&within) {
                self.busy += Duration::from_micros(every * 1_000 - within);
            }
        }
        self.busy += Duration::from_micros(bytes as u64 * 8_000 / self.spec.rate);
        self.queue.push_back((self.busy, bytes));
        self.queued += bytes as u64;
        Some(self.busy)
    }

    /// Lets the download go on.
    fn advance(&mut self, now: Instant) {
        if !self.spec.shared {
            return;
        }
        if self.download.events.is_empty() {
            self.send_segments(now);
        }
        while let Some((key, acknowledged)) =
            self.download.events.first_key_value().map(|(key, it)| (*key, *it))
            && key.0 <= now
        {
            let download = &mut self.download;
            download.events.remove(&key);
            download.flying -= 1;
            if acknowledged {
                let slow = download.window < download.threshold;
                download.window += if slow { 1.0 } else { 1.0 / download.window };
            } else if download.recovered.is_none_or(|at| key.0 > at) {
                download.window = (download.window / 2.0).max(2.0);
                download.threshold = download.window;
                download.recovered = Some(self.busy.max(key.0) + Duration::from_millis(40));
            }
            self.send_segments(key.0);
        }
    }

    fn send_segments(&mut self, now: Instant) {
        // Its server is near.
        let way = Duration::from_millis(40);
        while (self.download.flying as f64) < self.download.window {
            let left = self.enqueue(now, SEGMENT);
            let noticed = left.unwrap_or(self.busy.max(now)) + way;
            self.download.number += 1;
            self.download.events.insert((noticed, self.download.number), left.is_some());
            self.download.flying += 1;
        }
    }
}
