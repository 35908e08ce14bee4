//! Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).

use std::time::Duration;

use super::{half_word, word};

/// Unit of receive deltas.
const DELTA_UNIT: Duration = Duration::from_micros(250);

/// Unit of the reference time.
const REFERENCE_UNIT: Duration = Duration::from_millis(64);

/// Packets that a feedback covers, at most: more than any browser's, also the first one after an
/// outage of seconds.
const MAX_PACKETS: u16 = 4_096;

/// Transport-wide feedback.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TransportFeedback<'a> {
    first: u16,
    count: u16,
    /// Reference time, on the receiver's own clock.
    reference: Duration,
    rest: &'a [u8],
    /// Offset of the receive deltas in `rest`.
    deltas: usize,
}

/// Arrival of one packet, by the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PacketArrival {
    /// Transport-wide sequence number.
    pub(crate) number: u16,
    /// On the receiver's own clock, which wraps after 12 days; [`None`] if it hasn't come.
    pub(crate) at: Option<Duration>,
}

impl<'a> TransportFeedback<'a> {
    /// Reads what follows the common part of the packet.
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let count = half_word(body, 2)?;
        if count > MAX_PACKETS {
            return None;
        }
        let rest = body.get(8..)?;
        let mut feedback = TransportFeedback {
            first: half_word(body, 0)?,
            count,
            // 24 bits, then the feedback's own count.
            reference: REFERENCE_UNIT * (word(body, 4)? >> 8),
            rest,
            deltas: 0,
        };
        let mut told = 0;
        while told < usize::from(count) {
            let chunk = half_word(rest, feedback.deltas)?;
            feedback.deltas += 2;
            told += Chunk(chunk).length();
        }
        Some(feedback)
    }

    /// Number of packets that it covers.
    pub(crate) fn count(&self) -> u16 {
        self.count
    }

    /// The packets that it covers, in the order of their numbers.
    pub(crate) fn arrivals(&self) -> impl Iterator<Item = PacketArrival> {
        let (chunks, mut deltas) = self.rest.split_at(self.deltas.min(self.rest.len()));
        let mut at = self.reference;
        let chunks = chunks.chunks_exact(2).map(|c| Chunk(half_word(c, 0).unwrap_or_default()));
        let symbols = chunks.flat_map(|c| (0..c.length()).map(move |i| c.symbol(i)));
        let mut number = self.first.wrapping_sub(1);
        symbols.take(usize::from(self.count)).map_while(move |symbol| {
            number = number.wrapping_add(1);
            let step = match symbol {
                Symbol::Missing => return Some(PacketArrival { number, at: None }),
                Symbol::Small => {
                    let (step, rest) = deltas.split_first()?;
                    deltas = rest;
                    i32::from(*step)
                }
                Symbol::Large => {
                    let (step, rest) = deltas.split_at_checked(2)?;
                    deltas = rest;
                    i32::from(half_word(step, 0)? as i16)
                }
            };
            let span = DELTA_UNIT * step.unsigned_abs();
            at = if step < 0 { at.saturating_sub(span) } else { at + span };
            Some(PacketArrival { number, at: Some(at) })
        })
    }
}

enum Symbol {
    Missing,
    /// With a difference of one byte.
    Small,
    /// With a difference of two bytes, with sign.
    Large,
}

/// A packet status chunk: a run of one symbol, or a vector of 14 small or 7 large ones.
#[derive(Clone, Copy)]
struct Chunk(u16);

impl Chunk {
    fn length(self) -> usize {
        match self.0 >> 14 {
            0 | 1 => usize::from(self.0 & 0x1fff),
            2 => 14,
            _ => 7,
        }
    }

    fn symbol(self, index: usize) -> Symbol {
        let code = match self.0 >> 14 {
            0 | 1 => self.0 >> 13 & 3,
            2 => self.0 >> (13 - index.min(13)) & 1,
            _ => self.0 >> (2 * (6 - index.min(6))) & 3,
        };
        match code {
            1 => Symbol::Small,
            2 => Symbol::Large,
            _ => Symbol::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(body: &[u8]) -> Option<Vec<(u16, Option<u128>)>> {
        let feedback = TransportFeedback::read(body)?;
        let told = feedback.arrivals();
        Some(told.map(|a| (a.number, a.at.map(|at| at.as_micros()))).collect())
    }

    #[test]
    fn transport_feedback_chunks_are_read_across_wrap() {
        // From 65,534: a run of two small ones, then a vector with one missing and one large.
        let body =
            [0xff, 0xfe, 0, 5, 0, 0, 1, 3, 0x20, 0x02, 0xc0 | 0x06, 0x00, 4, 0, 0xff, 0xfc, 8];
        // Vector of two-bit symbols: 00 (missing), 01? laid out from the highest bits.
        let told = arrivals(&body).expect("readable");
        assert_eq!(told[0], (65_534, Some(65_000)));
        assert_eq!(told[1], (65_535, Some(65_000)));
        assert_eq!(told[2].0, 0);
        assert_eq!(told.len(), 5);
    }

    #[test]
    fn truncated_transport_feedback_is_refused() {
        assert_eq!(arrivals(&[0, 1, 0, 3, 0, 0, 1]), None);
        assert_eq!(arrivals(&[0, 1, 0, 3, 0, 0, 1, 0]), None);
        // Said to have come, without a time.
        assert_eq!(arrivals(&[0, 1, 0, 3, 0, 0, 1, 0, 0x20, 0x03]), Some(vec![]));
        assert_eq!(arrivals(&[0, 1, 0xff, 0xff, 0, 0, 1, 0, 0x3f, 0xff]), None);
        // A run of none at all tells of nothing, but must end.
        assert_eq!(arrivals(&[0, 1, 0, 1, 0, 0, 1, 0, 0, 0]), None);
    }
}
