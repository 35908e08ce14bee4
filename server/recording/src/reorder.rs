//! Packets of one stream in the order of their numbers, with time for repairs.

use std::collections::BTreeMap;

use crate::packet::{Micros, RecorderPacket};

/// Time for which a missing packet is waited for.
pub(crate) const PATIENCE: Micros = 1_000_000;
/// Packets that wait behind a missing one, at most, and their bytes; it is given up for lost then.
const MAX_WAITING: usize = 4_096;
const MAX_WAITING_BYTES: usize = 16 << 20;

/// Next packet of a stream, or a gap.
#[derive(Debug)]
pub(crate) enum InOrder {
    /// The packet with the next number.
    Packet(RecorderPacket),
    /// Packets are missing and won't come.
    Lost,
}

/// Waits for packets that are missing. In the usual case, a packet is given out at once.
#[derive(Debug, Default)]
pub(crate) struct Reorder {
    /// The next number; none before the first.
    next: Option<u64>,
    /// Those that came before their turn, and when they did.
    waiting: BTreeMap<u64, (Micros, RecorderPacket)>,
    bytes: usize,
}

impl Reorder {
    /// Takes a packet; gives it back if its turn is now, after which [`Reorder::next`] may have more.
    pub(crate) fn push(&mut self, now: Micros, packet: RecorderPacket) -> Option<RecorderPacket> {
        let next = *self.next.get_or_insert(packet.sequence);
        if packet.sequence == next {
            self.next = Some(next + 1);
            return Some(packet);
        }
        if packet.sequence > next && !self.waiting.contains_key(&packet.sequence) {
            self.bytes += packet.payload.len();
            self.waiting.insert(packet.sequence, (now, packet));
        }
        None
    }

    /// Returns what comes next, if it is there, or is waited for no longer.
    pub(crate) fn next(&mut self, now: Micros) -> Option<InOrder> {
        let next = self.next?;
        let (number, (came, _)) = self.waiting.first_key_value()?;
        if *number == next {
            let (_, packet) = self.waiting.pop_first()?.1;
            self.bytes = self.bytes.saturating_sub(packet.payload.len());
            self.next = Some(next + 1);
            return Some(InOrder::Packet(packet));
        }
        let full = self.waiting.len() > MAX_WAITING || self.bytes > MAX_WAITING_BYTES;
        if now - came < PATIENCE && !full {
            return None;
        }
        self.next = Some(*number);
        Some(InOrder::Lost)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::RecordedCodec;

    fn packet(sequence: u64) -> RecorderPacket {
        RecorderPacket {
            session: 1,
            stream: 1,
            codec: RecordedCodec::Opus,
            sequence,
            timestamp: 0,
            captured: Duration::ZERO,
            marker: false,
            payload: [1].into(),
        }
    }

    /// Numbers that come out; 0 for a loss.
    fn come(reorder: &mut Reorder, now: Micros, sequence: u64) -> Vec<u64> {
        let mut out: Vec<u64> =
            reorder.push(now, packet(sequence)).iter().map(|it| it.sequence).collect();
        out.extend(rest(reorder, now));
        out
    }

    fn rest(reorder: &mut Reorder, now: Micros) -> Vec<u64> {
        let next = std::iter::from_fn(|| reorder.next(now));
        next.map(|it| if let InOrder::Packet(it) = it { it.sequence } else { 0 }).collect()
    }

    #[test]
    fn late_packets_are_waited_for_and_lost_ones_given_up() {
        let mut reorder = Reorder::default();
        assert_eq!(come(&mut reorder, 0, 10), [10]);
        assert_eq!(come(&mut reorder, 0, 12), []);
        assert_eq!(come(&mut reorder, 10, 13), []);
        assert_eq!(come(&mut reorder, 900_000, 11), [11, 12, 13]);
        assert_eq!(come(&mut reorder, 900_000, 12), [], "twice");
        assert_eq!(come(&mut reorder, 1_000_000, 15), []);
        assert_eq!(come(&mut reorder, 1_500_000, 17), []);
        assert_eq!(rest(&mut reorder, 1_999_999), []);
        assert_eq!(rest(&mut reorder, 2_000_000), [0, 15]);
        assert_eq!(come(&mut reorder, 2_100_000, 14), [], "too late");
        assert_eq!(rest(&mut reorder, 2_500_000), [0, 17]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut reorder = Reorder::default();
        come(&mut reorder, 0, 0);
        let out: Vec<u64> = (2..10_000).flat_map(|it| come(&mut reorder, 0, it)).collect();
        assert_eq!(out.len(), 9_999);
        assert!(reorder.waiting.is_empty());
    }
}
