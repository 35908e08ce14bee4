//! The pace of a source: real time.

use std::time::{Duration, Instant};

/// Sound by which a source may be ahead. Programs send a burst when they connect.
const LEAD: Duration = Duration::from_secs(5);

/// Holds a source to real time: a program that sends a file as fast as it can would throw its listeners from
/// one place of it to the next. Who waits doesn't read, so the program waits, too.
#[derive(Clone, Copy, Debug)]
pub struct Pacer {
    /// Time at which sound of length zero was due.
    origin: Instant,
}

impl Pacer {
    /// The first sound comes now.
    pub fn new(now: Instant) -> Self {
        Self { origin: now }
    }

    /// Time to wait before more is read, when sound of this length has come in all. Who was late is not owed
    /// the time.
    pub fn wait(&mut self, now: Instant, length: Duration) -> Duration {
        let elapsed = now.saturating_duration_since(self.origin);
        if elapsed > length {
            self.origin += elapsed - length;
            return Duration::ZERO;
        }
        (length - elapsed).saturating_sub(LEAD)
    }
}

/// Bytes a second that a source may send in the long run: 1 Mbit/s, of which the best of what is taken needs
/// half.
const BYTES_PER_SECOND: u64 = 125_000;
/// Bytes that may come at once: a burst of seconds, and the pictures in tags.
const BURST_BYTES: u64 = 1024 * 1024;

/// Holds a source to a rate of bytes, whatever these say about how long they last: headers, tags, and sound of
/// no length are read and handed on, too.
#[derive(Clone, Copy, Debug)]
pub struct ByteBudget {
    /// Time at which all that came was due.
    paid: Instant,
}

impl ByteBudget {
    /// Nothing has come yet.
    pub fn new(now: Instant) -> Self {
        Self { paid: now }
    }

    /// Time to wait before more is read, when so many bytes came now.
    pub fn wait(&mut self, now: Instant, bytes: usize) -> Duration {
        let micros =
            |bytes: u64| Duration::from_micros(bytes.saturating_mul(1_000_000) / BYTES_PER_SECOND);
        self.paid = self.paid.max(now) + micros(bytes as u64);
        self.paid.saturating_duration_since(now).saturating_sub(micros(BURST_BYTES))
    }
}

/// Silence that little sound does not hide: each stretch of it vouches for so many times its length without any.
const VOUCHES: u32 = 20;

/// Time since a source was last heard. A frame now and then is no sound: it makes good the silence
/// before it in proportion to its length only.
#[derive(Clone, Copy, Debug)]
pub struct Liveliness {
    heard: Instant,
}

impl Liveliness {
    /// Heard now, or about to be.
    pub fn new(now: Instant) -> Self {
        Self { heard: now }
    }

    /// Sound of such a length came.
    pub fn note(&mut self, now: Instant, length: Duration) {
        self.heard = now.min(self.heard + length.saturating_mul(VOUCHES));
    }

    /// Time up to which there was sound.
    pub fn heard(&self) -> Instant {
        self.heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn bytes_without_length_take_their_time() {
        let start = Instant::now();
        let mut budget = ByteBudget::new(start);
        let (mut now, mut count) = (start, 0);
        while count < 10_000_000 {
            now += budget.wait(now, 8_192);
            count += 8_192;
        }
        let seconds = now.duration_since(start).as_secs();
        assert!((70..=73).contains(&seconds), "{seconds}");
        // 320 kbit/s never wait, not even after a burst.
        for _ in 0..1_000 {
            now += Duration::from_millis(200);
            budget.wait(now, 8_000);
        }
        assert_eq!(budget.wait(now, 300_000), Duration::ZERO);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn a_frame_now_and_then_is_no_sound() {
        let start = Instant::now();
        let mut lively = Liveliness::new(start);
        let mut now = start;
        for _ in 0..10 {
            now += Duration::from_secs(6);
            lively.note(now, Duration::from_millis(26));
        }
        assert!(now - lively.heard() > Duration::from_secs(50));
        // A second of sound makes good a gap of twenty.
        let mut lively = Liveliness::new(start);
        for _ in 0..40 {
            now += Duration::from_millis(26);
            lively.note(start + Duration::from_secs(20), Duration::from_millis(26));
        }
        assert_eq!(lively.heard(), start + Duration::from_secs(20));
    }
    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn a_source_is_held_to_real_time_and_owed_nothing() {
        let start = Instant::now();
        let seconds = Duration::from_secs;
        let mut pacer = Pacer::new(start);
        assert_eq!(pacer.wait(start, seconds(5)), Duration::ZERO);
        assert_eq!(pacer.wait(start, seconds(7)), seconds(2));
        assert_eq!(pacer.wait(start + seconds(2), seconds(7)), Duration::ZERO);
        // A minute without a sound, and then all at once.
        assert_eq!(pacer.wait(start + seconds(67), seconds(7)), Duration::ZERO);
        assert_eq!(pacer.wait(start + seconds(67), seconds(14)), seconds(2));
    }
}
