//! Loss-based congestion detection, which tolerates the loss of a bad radio link.

use std::collections::VecDeque;

/// Packets are judged together that were sent within so many microseconds, once so many more have
/// passed: until then some of them may only be late.
const SPAN: u64 = 300_000;
const SETTLING: u64 = 200_000;

/// Spans that are counted at a time.
const SPANS: usize = 8;

/// Spans that are judged together besides, as chance evens out in 1.5 s: a policer has no queue to
/// show, and loses a little all the time.
const LONG_SPANS: usize = 5;

/// Least packets of a judgement.
const MIN_JUDGED_PACKETS: u32 = 20;

/// Loss of a bad radio link that isn't full, as a share; and by how many standard deviations it
/// must be exceeded, since few packets say little.
const RADIO_LOSS: f64 = 0.12;
const CERTAINTY: f64 = 3.0;

/// Loss on a path. Times are in microseconds, on our clock.
pub(super) struct LossDetector {
    spans: VecDeque<Span>,
    /// Arrived and missed packets of spans that were too short to be judged.
    left_over: (u32, u32),
    /// The last spans that were judged.
    recent: VecDeque<(u32, u32)>,
    heavy: bool,
}

struct Span {
    index: u64,
    arrived: u32,
    missed: u32,
}

impl LossDetector {
    pub(super) fn new() -> Self {
        let spans = VecDeque::with_capacity(SPANS);
        let recent = VecDeque::with_capacity(LONG_SPANS);
        LossDetector { spans, left_over: (0, 0), recent, heavy: false }
    }

    pub(super) fn is_heavy(&self) -> bool {
        self.heavy
    }

    /// Notes an arrived packet that was sent at `sent`; `late` if it had been reported missing.
    pub(super) fn arrived(&mut self, sent: u64, late: bool) {
        if let Some(span) = self.span(sent) {
            span.arrived += 1;
            span.missed = span.missed.saturating_sub(u32::from(late));
        }
    }

    /// Notes a missing packet that was sent at `sent`.
    pub(super) fn missed(&mut self, sent: u64) {
        if let Some(span) = self.span(sent) {
            span.missed += 1;
        }
    }

    /// Share lost, where it is heavy and had not been judged.
    pub(super) fn judge(&mut self, now: u64) -> Option<f64> {
        let mut found = None;
        while self.spans.front().is_some_and(|s| now >= (s.index + 1) * SPAN + SETTLING) {
            let Some(span) = self.spans.pop_front() else {
                break;
            };
            let (arrived, missed) = self.left_over;
            let (arrived, missed) = (arrived + span.arrived, missed + span.missed);
            if arrived + missed < MIN_JUDGED_PACKETS {
                self.left_over = (arrived, missed);
                continue;
            }
            self.left_over = (0, 0);
            if self.recent.len() == LONG_SPANS {
                self.recent.pop_front();
            }
            self.recent.push_back((arrived, missed));
            let sum = |(a, b): (u32, u32), it: &(u32, u32)| (a + it.0, b + it.1);
            let long = self.recent.iter().fold((0, 0), sum);
            let judged = heavy_loss(arrived, missed).or_else(|| heavy_loss(long.0, long.1));
            self.heavy = judged.is_some();
            if self.heavy {
                self.recent.clear();
            }
            found = judged.or(found);
        }
        found
    }

    fn span(&mut self, sent: u64) -> Option<&mut Span> {
        let index = sent / SPAN;
        if self.spans.back().is_none_or(|s| s.index < index) {
            if self.spans.len() == SPANS {
                self.spans.pop_front();
            }
            self.spans.push_back(Span { index, arrived: 0, missed: 0 });
        }
        self.spans.iter_mut().rev().find(|s| s.index == index)
    }
}

/// Share of packets that were missed, if that is more than chance on a bad radio link.
fn heavy_loss(arrived: u32, missed: u32) -> Option<f64> {
    let (all, missed) = (f64::from(arrived + missed), f64::from(missed));
    let deviation = (RADIO_LOSS * (1.0 - RADIO_LOSS) * all).sqrt();
    (missed > RADIO_LOSS * all + CERTAINTY * deviation).then_some(missed / all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavy_loss_is_more_than_chance_on_a_bad_radio_link() {
        let judged = |arrived: u32, missed: u32| {
            let mut loss = LossDetector::new();
            (0..arrived).for_each(|_| loss.arrived(0, false));
            (0..missed).for_each(|_| loss.missed(0));
            let found = loss.judge(SPAN + SETTLING);
            assert_eq!(found.is_some(), loss.is_heavy());
            found
        };
        // A fifth of a few packets says little, a fifth of many a lot.
        assert_eq!(judged(16, 4), None);
        assert_eq!(judged(160, 40), Some(0.2));
        assert_eq!(judged(12, 8), Some(0.4));
        // Too few to judge.
        assert_eq!(judged(0, 19), None);
    }
}
