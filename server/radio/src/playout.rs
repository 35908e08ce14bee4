//! Playout: when the packets of a stream are to be heard.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::opus_packet::SoundPacket;

/// Ticks of timestamps a second (RFC 7587 §4.1).
pub(crate) const RATE: u64 = 48_000;
/// Sound that is kept back, for as long as what comes next is late.
pub(crate) const LEAD: Duration = Duration::from_millis(200);
/// Time in which all that comes together, a page or a burst, has come. What has waited through all of it waits
/// for nothing.
pub(crate) const WINDOW: Duration = Duration::from_secs(6);
/// Sound beyond what is kept back that may wait for nothing: less isn't worth the gap.
pub(crate) const MAX_IDLE: u64 = RATE / 2;
/// The most that waits, in ticks; the oldest gives way.
const MAX_WAITING: u64 = 30 * RATE;

/// Spreads packets over the time that they last, however they come, and gives them timestamps that go on as the
/// clock does. A source that is ahead has its listeners wait no longer than it takes to see that it stays so.
#[derive(Debug)]
pub struct Playout {
    waiting: VecDeque<SoundPacket>,
    /// Length of what waits, in ticks.
    length: u64,
    /// Time at which the next packet is due, and its timestamp; none before the first.
    next: Option<(Instant, u64)>,
    /// The least that waited in this window, and when it ends.
    least: u64,
    window: Option<Instant>,
}

impl Default for Playout {
    fn default() -> Self {
        let (waiting, length) = (VecDeque::new(), 0);
        Self { waiting, length, next: None, least: u64::MAX, window: None }
    }
}

impl Playout {
    /// Takes a packet that has come.
    pub fn push(&mut self, now: Instant, packet: SoundPacket) {
        if self.waiting.is_empty() {
            let (due, ticks) = self.next.unwrap_or((now, 0));
            // Nothing was there when it was due: the pause is heard, and what comes is kept back again.
            if due <= now {
                let begins = now + LEAD;
                self.next = Some((begins, ticks + ticks_of(begins - due)));
                (self.least, self.window) = (u64::MAX, Some(begins + WINDOW));
            }
        }
        self.length += u64::from(packet.samples);
        self.waiting.push_back(packet);
        while self.length > MAX_WAITING {
            self.drop_oldest();
        }
    }

    /// Forgets what waits.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.length = 0;
    }

    /// Time at which the next packet is due; none while none waits.
    pub fn due(&self) -> Option<Instant> {
        self.next.filter(|_| !self.waiting.is_empty()).map(|it| it.0)
    }

    /// Takes out the next packet that is due, with its timestamp, modulo 2^32.
    pub fn pop(&mut self, now: Instant) -> Option<(u32, SoundPacket)> {
        let (due, ticks) = self.next.filter(|it| it.0 <= now)?;
        self.trim(now);
        let packet = self.waiting.pop_front()?;
        let samples = u64::from(packet.samples);
        self.length -= samples;
        self.least = self.least.min(self.length);
        self.next = Some((due + time_of(samples), ticks + samples));
        Some((ticks as u32, packet))
    }

    /// Leaves out what has waited for nothing.
    fn trim(&mut self, now: Instant) {
        if self.window.is_none_or(|it| now < it) {
            return;
        }
        let kept = ticks_of(LEAD);
        if self.least != u64::MAX && self.least > kept + MAX_IDLE {
            let surplus = self.length - (self.least - kept);
            while self.length > surplus && self.waiting.len() > 1 {
                self.drop_oldest();
            }
        }
        (self.least, self.window) = (u64::MAX, Some(now + WINDOW));
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.waiting.pop_front() {
            self.length -= u64::from(oldest.samples);
        }
    }
}

fn ticks_of(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).saturating_mul(RATE) / 1_000_000
}

fn time_of(ticks: u64) -> Duration {
    Duration::from_micros(ticks * 1_000_000 / RATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(20);

    /// Playout in virtual time: what goes out, by when and with which timestamp.
    struct Run {
        playout: Playout,
        start: Instant,
        now: Instant,
        heard: Vec<(Duration, u32, u8)>,
    }

    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn started() -> Run {
        let start = Instant::now();
        Run { playout: Playout::default(), start, now: start, heard: Vec::new() }
    }

    impl Run {
        fn come(&mut self, count: u8) {
            for number in 0..count {
                let payload = [31 << 3, number].into();
                self.playout.push(self.now, SoundPacket { payload, samples: 960 });
            }
        }

        fn pass(&mut self, time: Duration) {
            let until = self.now + time;
            while let Some(due) = self.playout.due().filter(|it| *it <= until) {
                self.now = self.now.max(due);
                let (timestamp, packet) = self.playout.pop(self.now).unwrap();
                self.heard.push((self.now - self.start, timestamp, packet.payload[1]));
            }
            self.now = until;
        }

        /// Checks that timestamps go on as the clock does.
        fn check(&self) {
            for two in self.heard.windows(2) {
                let ticks = two[1].1.wrapping_sub(two[0].1);
                assert_eq!(ticks_of(two[1].0 - two[0].0), u64::from(ticks));
            }
        }
    }

    #[test]
    fn what_comes_together_is_heard_one_after_the_other() {
        let mut run = started();
        for _ in 0..8 {
            run.come(50);
            run.pass(Duration::from_secs(1));
        }
        run.check();
        let first = run.heard[0].0;
        assert_eq!(first, LEAD);
        assert!(run.heard.windows(2).all(|two| two[1].0 - two[0].0 == FRAME));
    }

    #[test]
    fn a_pause_is_heard_as_one_and_in_the_timestamps() {
        let mut run = started();
        run.come(10);
        run.pass(Duration::from_secs(3));
        run.come(10);
        run.pass(Duration::from_secs(1));
        run.check();
        assert_eq!(run.heard.len(), 20);
        assert_eq!(run.heard[10].0, Duration::from_secs(3) + LEAD);
        assert_eq!(run.playout.due(), None);
        run.now = run.start + run.heard[19].0 + FRAME;
        run.come(1);
        assert_eq!(run.playout.due(), Some(run.now + LEAD));
    }

    #[test]
    fn a_source_that_stays_ahead_is_not_waited_for() {
        let mut run = started();
        // Five seconds at once, and then in real time.
        run.come(250);
        for _ in 0..40 {
            run.come(12);
            run.pass(FRAME * 12);
        }
        run.check();
        let waits = time_of(run.playout.length);
        assert!(waits < LEAD + FRAME * 13, "{waits:?}");
        // Of pages of four seconds nothing is left out.
        let mut run = started();
        for _ in 0..5 {
            run.come(200);
            run.pass(FRAME * 200);
        }
        assert!(run.heard.windows(2).all(|two| two[1].2 == (two[0].2 + 1) % 200));
        run.check();
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut run = started();
        for _ in 0..20 {
            run.come(200);
        }
        assert_eq!(run.playout.length, MAX_WAITING);
        run.playout.clear();
        assert_eq!(run.playout.due(), None);
    }
}
