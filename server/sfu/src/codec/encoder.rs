//! Monitoring of a publisher's encoder: GOP length, B-frames, answers to keyframe requests.

use std::time::{Duration, Instant};

use crate::rtp::numbers::ExtSeq;

/// A setting of the publisher's encoder that its artist should change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The GOP is this long, and keyframe requests are not answered: a newcomer waits for the next
    /// keyframe, or is sent the whole GOP.
    KeyframeInterval(Duration),
    /// H.264 with B-frames, which browsers show out of order.
    BFrames,
    /// H.264 without parameter sets, in the stream and in the offer: nobody can decode it.
    NoParameterSets,
    /// The publisher exceeds its rate limit, and the excess is dropped.
    TooMuch,
}

/// Longest keyframe interval that is not worth advice.
const MAX_GOOD_INTERVAL: Duration = Duration::from_secs(4);

/// Longest interval of an encoder that is left to itself.
const MAX_PLAUSIBLE_INTERVAL: Duration = Duration::from_secs(20);

/// A keyframe within this time of a request is its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(1_000);

/// A request without an answer for this long is ignored by the publisher.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);

/// A stream without packets for this long was stopped.
const PAUSE_TIMEOUT: Duration = Duration::from_secs(1);

/// B-frames after which a misreading is ruled out.
const MIN_B_FRAMES: u32 = 3;

/// B-frames that were last seen so long ago are over.
const ADVICE_TIMEOUT: Duration = Duration::from_secs(10);

/// Observations of one stream.
#[derive(Debug, Default)]
pub(crate) struct EncoderMonitor {
    /// Arrival of the last packet.
    heard: Option<Instant>,
    /// Timestamp and arrival of the last keyframe.
    keyframe: Option<(u32, Instant)>,
    /// The first request since then.
    asked: Option<Instant>,
    answers: u32,
    deaf: bool,
    /// Time between the last two keyframes, neither of which was asked for.
    interval: Option<Duration>,
    /// Long intervals in a row.
    long: u32,
    newest: Option<(ExtSeq, u32)>,
    b_pictures: u32,
    b_picture: Option<Instant>,
}

impl EncoderMonitor {
    /// Notes a packet of any kind.
    pub(crate) fn packet_received(&mut self, now: Instant) {
        let paused = self.heard.replace(now).is_some_and(|at| now > at + PAUSE_TIMEOUT);
        if paused {
            // Nothing can be told of what was between.
            (self.keyframe, self.asked) = (None, None);
        }
    }

    /// Notes a packet of H.264; `b_slice` says that a slice of a B-frame begins in it.
    pub(crate) fn frame_order(
        &mut self,
        sequence: ExtSeq,
        timestamp: u32,
        b_slice: bool,
        now: Instant,
    ) {
        let before = self.newest.filter(|(newest, _)| *newest + 1 == sequence);
        let falls = before.is_some_and(|(_, it)| (timestamp.wrapping_sub(it) as i32) < 0);
        if falls || b_slice {
            self.b_pictures = self.b_pictures.saturating_add(1);
            self.b_picture = Some(now);
        }
        if self.newest.is_none_or(|(newest, _)| newest < sequence) {
            self.newest = Some((sequence, timestamp));
        }
    }

    /// Notes a packet with which a keyframe may begin.
    pub(crate) fn keyframe_received(&mut self, timestamp: u32, now: Instant) {
        let Some((known, last)) = self.keyframe else {
            self.keyframe = Some((timestamp, now));
            self.asked = None;
            return;
        };
        if timestamp.wrapping_sub(known) as i32 <= 0 {
            // Of the same one, or of one before.
            return;
        }
        self.keyframe = Some((timestamp, now));
        let since = |at: Instant| now.saturating_duration_since(at);
        match self.asked.take().map(since) {
            Some(took) if took <= ANSWER_TIMEOUT => {
                self.answers += 1;
                self.long = 0;
                return;
            }
            Some(took) => self.deaf |= took > REQUEST_TIMEOUT,
            None => {}
        }
        let interval = since(last);
        self.interval = Some(interval);
        self.long = if interval >= MAX_GOOD_INTERVAL { self.long.saturating_add(1) } else { 0 };
    }

    /// Notes a keyframe request.
    pub(crate) fn keyframe_requested(&mut self) {
        self.asked = self.asked.or(self.heard);
    }

    /// The settings to change.
    pub(crate) fn advice(&self, now: Instant) -> impl Iterator<Item = Advice> {
        let since = |at: Instant| now.saturating_duration_since(at);
        let waits = self.asked.is_some_and(|at| since(at) > REQUEST_TIMEOUT);
        // One keyframe may be late by chance; a program has the same interval again and again, and
        // browsers a much longer one.
        let deaf = self.deaf || waits;
        let habit = self.long > 1 && self.answers < 2;
        let habit = habit && self.interval.is_some_and(|it| it < MAX_PLAUSIBLE_INTERVAL);
        let interval = self.interval.filter(|_| self.long > 0 && (deaf || habit));
        let b_frames = self.b_pictures >= MIN_B_FRAMES
            && self.b_picture.is_some_and(|at| since(at) < ADVICE_TIMEOUT);
        let interval = interval.map(Advice::KeyframeInterval);
        interval.into_iter().chain(b_frames.then_some(Advice::BFrames))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(monitor: &EncoderMonitor, now: Instant) -> Vec<Advice> {
        monitor.advice(now).collect()
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn long_keyframe_interval_is_advised_against_when_habitual() {
        let begun = Instant::now();
        let at = |millis: u64| begun + Duration::from_millis(millis);
        let long = [Advice::KeyframeInterval(Duration::from_millis(8_333))];
        let mut monitor = EncoderMonitor::default();
        for number in 0..3 {
            // All packets of one picture count once.
            monitor.keyframe_received(number, at(u64::from(number) * 8_333));
            monitor.keyframe_received(number, at(u64::from(number) * 8_333 + 5));
            assert_eq!(advice(&monitor, at(20_000)), if number < 2 { &[][..] } else { &long });
        }
        // Who answers has a long interval only while nobody asks.
        let mut answering = EncoderMonitor::default();
        for number in 0..20 {
            let now = at(u64::from(number) * 30_000);
            answering.heard = Some(now);
            answering.keyframe_requested();
            answering.keyframe_received(number, now + Duration::from_millis(100));
            assert_eq!(advice(&answering, now), []);
        }
        // Who leaves a request is told after one.
        let mut deaf = EncoderMonitor::default();
        deaf.keyframe_received(1, at(0));
        deaf.heard = Some(at(3_000));
        deaf.keyframe_requested();
        deaf.keyframe_received(2, at(8_333));
        assert_eq!(advice(&deaf, at(8_333)), long);
        // And no more when the interval is set.
        deaf.keyframe_received(3, at(10_333));
        assert_eq!(advice(&deaf, at(10_333)), []);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn frames_out_of_order_are_b_frames() {
        let now = Instant::now();
        let mut monitor = EncoderMonitor::default();
        // Decoded in the order I P B B, shown as I B B P.
        let shown = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8];
        for (number, timestamp) in (10..).zip(shown) {
            monitor.frame_order(ExtSeq(number), timestamp * 3_000, false, now);
        }
        assert_eq!(advice(&monitor, now), [Advice::BFrames]);
        assert_eq!(advice(&monitor, now + ADVICE_TIMEOUT), []);
        // What is late isn't out of order.
        let mut late = EncoderMonitor::default();
        for number in [1, 2, 4, 5, 3, 6, 8, 7, 10, 9] {
            late.frame_order(ExtSeq(number), number as u32 * 3_000, false, now);
        }
        assert_eq!(advice(&late, now), []);
    }
}
