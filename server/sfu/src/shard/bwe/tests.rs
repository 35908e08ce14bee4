//! The estimator against simulated links, in virtual time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::BandwidthEstimator;
use crate::rtcp::{RtcpMessage, read};
use crate::shard::layer_selection::LayerLadder;

/// Bits per second of three layers, as browsers send them.
const LAYERS: [u64; 3] = [150_000, 500_000, 2_500_000];

/// What the receiver's clock of 24 bits shows at first: it begins anew after six seconds.
const BEFORE_TURN: u32 = (1 << 24) - 100;

/// What a link does. It begins with a queue.
#[derive(Clone, Copy)]
struct Link {
    /// Bits per second.
    capacity: u64,
    /// Most milliseconds a packet waits in the queue.
    queue: u64,
    /// Of a thousand.
    lost: u64,
    /// Milliseconds at random, more or less.
    jitter: u64,
    /// Milliseconds on the way.
    delay: u64,
    /// Bits per second beyond which packets are dropped instead of queued; 0 without.
    policed: u64,
}

const FAST: Link =
    Link { capacity: 50_000_000, queue: 200, lost: 0, jitter: 0, delay: 20, policed: 0 };

/// One subscriber behind a link.
struct Run {
    now: Duration,
    start: Instant,
    bandwidth: BandwidthEstimator,
    random: fastrand::Rng,
    number: u16,
    /// When the link has sent what it was given.
    busy: Duration,
    /// Numbers and arrivals of which nothing was told.
    arrived: VecDeque<(u16, Option<Duration>)>,
    layer: Option<usize>,
    changes: u32,
    /// Bits per second of sound, how many packets of it were sent and lost, and the longest wait.
    sound: u64,
    heard: (u32, u32),
    longest: Duration,
    /// Of the policer, in bits, and when it was filled.
    tokens: (u64, Duration),
}

impl Run {
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn new(seed: u64) -> Self {
        let start = Instant::now();
        Run {
            now: Duration::ZERO,
            start,
            bandwidth: BandwidthEstimator::new(start),
            random: fastrand::Rng::with_seed(seed),
            number: 65_000,
            busy: Duration::ZERO,
            arrived: VecDeque::new(),
            layer: None,
            changes: 0,
            sound: 0,
            heard: (0, 0),
            longest: Duration::ZERO,
            tokens: (0, Duration::ZERO),
        }
    }

    /// Sends a packet; how long it waits, if it isn't lost.
    fn send(&mut self, link: Link, bytes: usize) -> Option<Duration> {
        self.number = self.number.wrapping_add(1);
        self.bandwidth.on_sent(self.start + self.now, self.number, bytes);
        let waiting = self.busy.saturating_sub(self.now);
        let dropped = waiting > Duration::from_millis(link.queue)
            || self.random.u64(..1_000) < link.lost
            || !self.is_within_policy(link.policed, bytes);
        let mut at = None;
        if !dropped {
            let takes = bytes as u64 * 8_000_000 / link.capacity;
            self.busy = self.busy.max(self.now) + Duration::from_micros(takes);
            let jitter = Duration::from_micros(self.random.u64(..=link.jitter * 2_000));
            at = Some(self.busy + Duration::from_millis(link.delay) + jitter);
        }
        self.arrived.push_back((self.number, at));
        at.map(|_| waiting)
    }

    fn is_within_policy(&mut self, policed: u64, bytes: usize) -> bool {
        let earned = (self.now - self.tokens.1).as_micros() as u64 * policed / 1_000_000;
        // 40 ms at that rate may come at once.
        self.tokens = ((self.tokens.0 + earned).min(policed / 25), self.now);
        let left = self.tokens.0.checked_sub(bytes as u64 * 8);
        self.tokens.0 = left.unwrap_or(self.tokens.0);
        policed == 0 || left.is_some()
    }

    /// Tells of all packets that have arrived or are overdue, in the order of their numbers.
    fn tell(&mut self) {
        let told = |(_, at): &(u16, Option<Duration>), now| at.is_none_or(|at| at <= now);
        let mut count = 0_usize;
        for (index, packet) in self.arrived.iter().enumerate() {
            if packet.1.is_some() && told(packet, self.now) {
                count = index + 1;
            }
        }
        let batch: Vec<_> = self.arrived.drain(..count).collect();
        let Some(first) = batch.first() else {
            return;
        };
        // What comes later than what was sent after it is told of later, too; numbers have no gaps.
        if let Some(late) = batch.iter().position(|p| !told(p, self.now)) {
            for (number, at) in batch.iter().skip(late).rev() {
                self.arrived.push_front((*number, at.filter(|at| *at > self.now)));
            }
        }
        let reference = self.now.saturating_sub(Duration::from_secs(2)).as_millis() as u32 / 64;
        let mut body = Vec::from(first.0.to_be_bytes());
        body.extend((batch.len() as u16).to_be_bytes());
        body.extend((reference.wrapping_add(BEFORE_TURN) << 8).to_be_bytes());
        let mut deltas = Vec::new();
        let mut before = i64::from(reference) * 64_000;
        for packet in &batch {
            let at = packet.1.filter(|_| told(packet, self.now));
            let symbol: u16 = if at.is_some() { 2 } else { 0 };
            body.extend((symbol << 13 | 1).to_be_bytes());
            if let Some(at) = at {
                let delta = (at.as_micros() as i64 - before) / 250;
                before += delta * 250;
                deltas.extend((delta as i16).to_be_bytes());
            }
        }
        body.extend(deltas);
        body.resize(body.len().next_multiple_of(4), 0);
        let words = (body.len() / 4 + 2) as u16;
        let mut packet = vec![0x8f, 205];
        packet.extend(words.to_be_bytes());
        packet.extend([0; 8]);
        packet.extend(body);
        let now = self.start + self.now;
        let mut heard = false;
        read(&packet, |message| {
            if let RtcpMessage::TransportFeedback(feedback) = message {
                heard = true;
                self.bandwidth.on_feedback(now, &feedback);
            }
        });
        assert!(heard, "readable");
    }

    /// As the audience does it every 100 ms.
    fn choose(&mut self) {
        let now = self.start + self.now;
        let ladder = LayerLadder::of(&LAYERS);
        let estimate = self.bandwidth.estimate();
        let budget = estimate.saturating_sub(self.sound);
        let choice = ladder.choose(self.layer, budget, None).expect("layers");
        if let Some(before) = self.layer.filter(|l| *l != choice.layer) {
            self.changes += 1;
            if before > choice.layer {
                self.bandwidth.probe_failed(now);
            }
        }
        self.layer = Some(choice.layer);
        if let Some(next) = choice.next
            && self.bandwidth.may_probe(now)
        {
            self.bandwidth.probe(now, (next + self.sound) * 105 / 100, false);
        }
    }

    /// `seconds` over a link.
    fn pass(&mut self, link: Link, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while self.now < end {
            let step = self.now.as_millis() as u64;
            if step.is_multiple_of(100) {
                self.choose();
            }
            if step.is_multiple_of(33) {
                let mut bytes = LAYERS[self.layer.unwrap_or(0)] as usize * 33 / 8_000;
                while bytes > 0 {
                    let packet = bytes.min(1_200);
                    self.send(link, packet);
                    bytes -= packet;
                }
            }
            if step.is_multiple_of(20) && self.sound > 0 {
                let waited = self.send(link, (self.sound / 400) as usize);
                self.heard.0 += 1;
                self.heard.1 += u32::from(waited.is_none());
                self.longest = self.longest.max(waited.unwrap_or_default());
            }
            if step.is_multiple_of(5)
                && let Some((due, _)) = self.bandwidth.probe_due(self.start + self.now)
            {
                let mut due = due;
                while due > 0 {
                    self.send(link, 1_200);
                    due = due.saturating_sub(1_200);
                }
            }
            if step.is_multiple_of(50) {
                self.tell();
            }
            self.now += Duration::from_millis(1);
        }
    }

    fn get(&self) -> u64 {
        LAYERS[self.layer.expect("chosen")]
    }
}

#[test]
fn a_fast_link_gets_the_best_layer_within_seconds_and_keeps_it() {
    for seed in 1..5 {
        let mut run = Run::new(seed);
        run.pass(FAST, 4);
        assert_eq!(run.get(), 2_500_000, "estimate {}", run.bandwidth.estimate());
        let changes = run.changes;
        run.pass(FAST, 60);
        assert_eq!((run.get(), run.changes), (2_500_000, changes));
    }
}

#[test]
fn a_link_that_worsens_gets_less_within_two_seconds_and_more_again_when_it_recovers() {
    for (seed, queue) in [(1, 100), (2, 500), (3, 2_000), (4, 30)] {
        let slow = Link { capacity: 300_000, queue, ..FAST };
        let mut run = Run::new(seed);
        run.pass(FAST, 10);
        run.pass(slow, 2);
        assert_eq!(run.get(), 150_000, "queue {queue}, estimate {}", run.bandwidth.estimate());
        let changes = run.changes;
        run.pass(slow, 60);
        assert_eq!(run.get(), 150_000, "queue {queue}, estimate {}", run.bandwidth.estimate());
        assert!(run.changes - changes <= 2, "{} changes", run.changes - changes);
        run.pass(FAST, 40);
        assert_eq!(run.get(), 2_500_000, "queue {queue}, estimate {}", run.bandwidth.estimate());
    }
}

#[test]
fn a_link_between_two_layers_gets_the_lower_one_without_oscillating() {
    for (seed, capacity) in [(1, 800_000), (2, 1_200_000), (3, 1_600_000), (4, 2_000_000)] {
        let mut run = Run::new(seed);
        run.pass(Link { capacity, ..FAST }, 120);
        assert_eq!(run.get(), 500_000, "capacity {capacity}");
        assert!(run.changes <= 6, "capacity {capacity}: {} changes", run.changes);
    }
}

#[test]
fn loss_and_jitter_alone_are_no_congestion() {
    for (seed, lost, jitter) in [(1, 10, 0), (2, 50, 0), (3, 100, 0), (4, 0, 30), (5, 10, 30)] {
        let mut run = Run::new(seed);
        run.pass(FAST, 10);
        let changes = run.changes;
        run.pass(Link { lost, jitter, ..FAST }, 60);
        assert_eq!(run.get(), 2_500_000, "lost {lost}, jitter {jitter}");
        assert!(run.changes - changes <= 2, "lost {lost}, jitter {jitter}: {}", run.changes);
    }
}

#[test]
fn probes_leave_sound_alone() {
    for (seed, capacity, queue) in
        [(1, 1_000_000, 100), (2, 1_500_000, 100), (3, 2_500_000, 60), (4, 1_000_000, 1_000)]
    {
        let mut run = Run::new(seed);
        run.sound = 256_000;
        let link = Link { capacity, queue, ..FAST };
        run.pass(link, 10);
        (run.heard, run.longest) = ((0, 0), Duration::ZERO);
        run.pass(link, 120);
        let (sent, lost) = run.heard;
        assert!(lost * 1_000 <= sent, "{capacity}, {queue} ms: {lost} of {sent} lost");
        assert!(run.longest < Duration::from_millis(60), "{capacity}, {queue}: {:?}", run.longest);
        assert_eq!(run.get(), 500_000);
    }
}

#[test]
fn a_longer_way_is_no_queue() {
    for seed in 1..5 {
        let mut run = Run::new(seed);
        run.pass(FAST, 10);
        assert_eq!(run.get(), 2_500_000);
        let changes = run.changes;
        run.pass(Link { delay: 80, ..FAST }, 30);
        assert_eq!((run.get(), run.changes), (2_500_000, changes), "60 ms longer");
        run.pass(FAST, 10);
        run.pass(Link { delay: 220, ..FAST }, 30);
        assert_eq!((run.get(), run.changes), (2_500_000, changes), "200 ms longer");
        // What is a queue then is noticed as before.
        run.pass(Link { delay: 220, capacity: 300_000, ..FAST }, 2);
        assert_eq!(run.get(), 150_000);
    }
}

#[test]
fn a_policed_link_gets_what_it_lets_through() {
    for seed in 1..5 {
        let mut run = Run::new(seed);
        run.pass(FAST, 10);
        let policed = Link { policed: 2_000_000, ..FAST };
        run.pass(policed, 5);
        assert_eq!(run.get(), 500_000, "estimate {}", run.bandwidth.estimate());
        let changes = run.changes;
        run.pass(policed, 120);
        assert_eq!(run.get(), 500_000);
        assert!(run.changes - changes <= 4, "{} changes in two minutes", run.changes - changes);
    }
}
