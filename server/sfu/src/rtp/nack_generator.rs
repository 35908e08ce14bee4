//! Generator of generic NACKs (RFC 4585 §6.2.1).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::rtp::numbers::ExtSeq;

/// Distance from the newest packet at which one is still waited for.
const MAX_AGE_PACKETS: u64 = 2_048;

/// Packets of one stream that are waited for at a time: a line that loses more has no use for
/// repairs.
const MAX_GAPS: usize = 512;

/// Time after which a packet is missing, and not only reordered.
const REORDERING_TIMEOUT: Duration = Duration::from_millis(10);

/// Round-trip time before any repair came.
const INITIAL_ROUND_TRIP: Duration = Duration::from_millis(50);

/// Bounds on the time between two requests for a packet.
const MIN_RETRY_INTERVAL: Duration = Duration::from_millis(20);
const MAX_RETRY_INTERVAL: Duration = Duration::from_millis(800);

/// Requests for one packet.
const MAX_RETRIES: u8 = 8;

/// Time after which a repair is of no use: the viewers have gone on.
const GIVE_UP_TIMEOUT: Duration = Duration::from_millis(2_000);

/// Pairs of a number and a mask in one NACK; the rest waits for the next.
const MAX_PAIRS: usize = 64;

/// Missing packets of one stream.
#[derive(Default)]
pub(crate) struct NackGenerator {
    highest: Option<ExtSeq>,
    /// Missing packets, by number.
    gaps: VecDeque<Gap>,
    /// Time from request to repair, smoothed.
    round_trip: Option<Duration>,
    due: Option<Instant>,
}

/// A missing packet.
#[derive(Clone, Copy)]
struct Gap {
    sequence: ExtSeq,
    noticed: Instant,
    asked: Option<Instant>,
    retries: u8,
}

impl NackGenerator {
    /// Notes a packet.
    pub(crate) fn received(&mut self, sequence: ExtSeq, now: Instant) {
        let Some(highest) = self.highest else {
            self.highest = Some(sequence);
            return;
        };
        if sequence <= highest {
            self.filled(sequence, now);
            return;
        }
        self.highest = Some(sequence);
        if sequence == highest + 1 {
            return;
        }
        if sequence - highest > MAX_AGE_PACKETS {
            // Another count.
            self.gaps.clear();
            self.due = None;
            return;
        }
        let earliest = sequence.saturating_sub(MAX_GAPS as u64);
        for sequence in (highest + 1).max(earliest).until(sequence) {
            if self.gaps.len() == MAX_GAPS {
                self.gaps.pop_front();
            }
            self.gaps.push_back(Gap { sequence, noticed: now, asked: None, retries: 0 });
        }
        let due = now + REORDERING_TIMEOUT;
        self.due = Some(self.due.map_or(due, |known| known.min(due)));
    }

    fn filled(&mut self, sequence: ExtSeq, now: Instant) {
        let Ok(at) = self.gaps.binary_search_by_key(&sequence, |gap| gap.sequence) else {
            return;
        };
        let Some(gap) = self.gaps.remove(at) else {
            return;
        };
        // Of several requests it isn't known which was answered (Karn's rule); until anything is known,
        // it was the first.
        if let Some(asked) = gap.asked.filter(|_| gap.retries == 1) {
            let took = now.saturating_duration_since(asked);
            self.round_trip = Some(self.round_trip.map_or(took, |known| (known * 7 + took) / 8));
        } else if gap.retries > 1 && self.round_trip.is_none() {
            self.round_trip = Some(now.saturating_duration_since(gap.noticed + REORDERING_TIMEOUT));
        }
        self.schedule();
    }

    /// Extended sequence number of a missing packet by the 16 bits that it carries, and its
    /// distance from the newest.
    pub(crate) fn awaited(&self, number: u16) -> Option<(ExtSeq, u64)> {
        let highest = self.highest?;
        let behind = u64::from(highest.number().wrapping_sub(number));
        let sequence = highest.checked_sub(behind)?;
        self.gaps.binary_search_by_key(&sequence, |gap| gap.sequence).ok()?;
        Some((sequence, behind))
    }

    /// When [`NackGenerator::write_due`] next has something to request.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    fn schedule(&mut self) {
        let retry_interval = self.retry_interval();
        self.due = self.gaps.iter().map(|gap| gap.due(retry_interval)).min();
    }

    /// Time from a request to the next one.
    fn retry_interval(&self) -> Duration {
        let expected = self.round_trip.unwrap_or(INITIAL_ROUND_TRIP);
        (expected * 5 / 4 + REORDERING_TIMEOUT).clamp(MIN_RETRY_INTERVAL, MAX_RETRY_INTERVAL)
    }

    /// Calls `write` with each pair of a number and a mask of the 16 after it that is due. Gives up
    /// what is of no use any more.
    pub(crate) fn write_due(&mut self, now: Instant, mut write: impl FnMut(u16, u16)) {
        let retry_interval = self.retry_interval();
        let reach =
            self.highest.map_or(ExtSeq(0), |highest| highest.saturating_sub(MAX_AGE_PACKETS));
        self.gaps.retain(|gap| {
            let waited = now.saturating_duration_since(gap.noticed);
            gap.sequence > reach
                && waited < GIVE_UP_TIMEOUT
                && (gap.retries < MAX_RETRIES || gap.due(retry_interval) > now)
        });
        let mut pair: Option<(ExtSeq, u16)> = None;
        let mut pairs = 0;
        for gap in &mut self.gaps {
            if gap.due(retry_interval) > now {
                continue;
            }
            match &mut pair {
                Some((first, mask)) if gap.sequence - *first <= 16 => {
                    *mask |= 1 << (gap.sequence - *first - 1);
                }
                _ if pairs == MAX_PAIRS => break,
                _ => {
                    if let Some((first, mask)) = pair.replace((gap.sequence, 0)) {
                        write(first.number(), mask);
                    }
                    pairs += 1;
                }
            }
            gap.retries += 1;
            gap.asked = Some(now);
        }
        if let Some((first, mask)) = pair {
            write(first.number(), mask);
        }
        self.schedule();
    }
}

impl Gap {
    fn due(&self, retry_interval: Duration) -> Instant {
        self.asked.map_or(self.noticed + REORDERING_TIMEOUT, |asked| asked + retry_interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(missing: &mut NackGenerator, now: Instant) -> Vec<(u16, u16)> {
        let mut pairs = Vec::new();
        missing.write_due(now, |first, mask| pairs.push((first, mask)));
        pairs
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn missing_packet_is_requested_until_filled_or_given_up() {
        let begun = Instant::now();
        let at = |millis| begun + Duration::from_millis(millis);
        let mut missing = NackGenerator::default();
        for sequence in [65_533, 65_534, 65_537, 65_554, 65_556] {
            missing.received(ExtSeq(sequence), at(0));
        }
        assert_eq!(missing.due(), Some(at(10)));
        assert_eq!(asked(&mut missing, at(9)), []);
        // One that was only overtaken is not asked for.
        missing.received(ExtSeq(65_536), at(9));
        assert_eq!(asked(&mut missing, at(10)), [(65_535, 0xfffc), (16, 0b101)]);
        assert_eq!(asked(&mut missing, at(60)), []);
        // The repair tells how long repairs take.
        assert_eq!(missing.awaited(65_535), Some((ExtSeq(65_535), 21)));
        missing.received(ExtSeq(65_535), at(40));
        assert_eq!(missing.awaited(65_535), None);
        assert_eq!(missing.due(), Some(at(10 + 30 * 5 / 4 + 10) + Duration::from_micros(500)));
        for number in 2..=18 {
            missing.received(ExtSeq(65_536 + number), at(50));
        }
        assert_eq!(missing.awaited(19), Some((ExtSeq(65_555), 1)));
        let (mut retries, mut now) = (1, 50);
        while missing.due().is_some() {
            now += 5;
            retries += asked(&mut missing, at(now)).len();
        }
        assert_eq!((retries, missing.awaited(19)), (usize::from(MAX_RETRIES), None));
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn missing_packets_are_bounded() {
        let now = Instant::now();
        let mut missing = NackGenerator::default();
        for number in (0..20_000).filter(|number| number % 18 != 0) {
            missing.received(ExtSeq(number), now);
        }
        assert_eq!(missing.gaps.len(), MAX_GAPS);
        let later = now + REORDERING_TIMEOUT;
        let most = MAX_AGE_PACKETS as usize / 18;
        assert_eq!(asked(&mut missing, later).len(), MAX_PAIRS);
        assert!(
            (most - MAX_PAIRS..=most - MAX_PAIRS + 1).contains(&asked(&mut missing, later).len())
        );
        // A jump is another count.
        missing.received(ExtSeq(1_000_000), later);
        assert_eq!(missing.due(), None);
    }
}
