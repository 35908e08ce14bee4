//! Sent packets of which feedback is awaited.

/// Packets remembered at first: at 2.5 Mbit/s those of 2 s.
const MIN_PACKETS: usize = 512;

/// The most: 3 s at 15 Mbit/s, or a second of queue on the way of a fast start.
const MAX_PACKETS: usize = 4_096;

/// Age, in microseconds, up to which feedback may still come.
const MAX_AGE: u32 = 2_000_000;

/// Marks the packets of a probe among their lengths.
const PROBE: u16 = 1 << 15;

/// Sent packets by their transport-wide numbers. It grows where feedback takes so long that packets
/// would be forgotten before it comes: most lines are done with a small part of what few need.
///
/// Invariant: the number of slots is a power of two, and at least 256.
#[derive(Default)]
pub(super) struct SentPackets(Box<[SentPacket]>);

/// A sent packet.
#[derive(Clone, Copy, Default)]
pub(super) struct SentPacket {
    /// Microseconds since the estimator began; 71 minutes, then again.
    pub(super) at: u32,
    length: u16,
    /// Upper half of its number: its place tells the rest.
    upper: u8,
    pub(super) state: State,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Unknown,
    Flying,
    Missed,
    Arrived,
}

impl SentPacket {
    /// Length in bytes.
    pub(super) fn bytes(&self) -> u16 {
        self.length & !PROBE
    }

    /// True if it belonged to a probe.
    pub(super) fn is_probe(&self) -> bool {
        self.length & PROBE != 0
    }
}

impl SentPackets {
    /// True as long as nothing was sent.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes a packet that is sent `at` so many microseconds; `awaits` says that feedback comes at
    /// all.
    pub(super) fn insert(&mut self, number: u16, at: u32, bytes: usize, probe: bool, awaits: bool) {
        if self.0.is_empty() {
            self.0 = vec![SentPacket::default(); MIN_PACKETS].into();
        }
        let count = self.0.len();
        let forgets = self
            .slot(number)
            .is_some_and(|slot| slot.state == State::Flying && at.wrapping_sub(slot.at) < MAX_AGE);
        if forgets && awaits && count < MAX_PACKETS {
            self.grow(count * 2);
        }
        let length = u16::try_from(bytes).unwrap_or(u16::MAX).min(PROBE - 1);
        let length = length | if probe { PROBE } else { 0 };
        if let Some(slot) = self.slot(number) {
            *slot = SentPacket { at, length, upper: (number >> 8) as u8, state: State::Flying };
        }
    }

    /// The packet of that number, if it is remembered.
    pub(super) fn get_mut(&mut self, number: u16) -> Option<&mut SentPacket> {
        let upper = (number >> 8) as u8;
        self.slot(number).filter(|slot| slot.upper == upper && slot.state != State::Unknown)
    }

    fn slot(&mut self, number: u16) -> Option<&mut SentPacket> {
        let mask = self.0.len().wrapping_sub(1);
        self.0.get_mut(usize::from(number) & mask)
    }

    fn grow(&mut self, count: usize) {
        let before = std::mem::replace(&mut self.0, vec![SentPacket::default(); count].into());
        for (index, old) in before.iter().enumerate() {
            let number = u16::from(old.upper) << 8 | (index & 0xff) as u16;
            if let Some(slot) = self.slot(number) {
                *slot = *old;
            }
        }
    }

    #[cfg(test)]
    fn memory(&self) -> usize {
        size_of_val(&*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends that many packets a second for 20 s, of which feedback tells after so many others.
    fn sent(per_second: u32, told_after: u16) -> (SentPackets, usize) {
        let mut packets = SentPackets::default();
        let mut forgotten = 0;
        for number in 0..per_second * 20 {
            let at = (u64::from(number) * 1_000_000 / u64::from(per_second)) as u32;
            packets.insert(number as u16, at, 1_200, number % 3 == 0, true);
            let Some(told) = number.checked_sub(told_after.into()) else {
                continue;
            };
            match packets.get_mut(told as u16) {
                Some(slot) => {
                    assert_eq!((slot.bytes(), slot.is_probe()), (1_200, told % 3 == 0));
                    slot.state = State::Arrived;
                }
                None => forgotten += 1,
            }
        }
        (packets, forgotten)
    }

    #[test]
    fn memory_of_sent_packets_is_what_the_line_needs() {
        let (packets, forgotten) = sent(261, 60);
        assert_eq!((packets.memory(), forgotten), (4 * 1_024, 0));
        // A second of queue after a fast start: what was forgotten first, is so no more.
        let (packets, forgotten) = sent(3_200, 3_900);
        assert!(packets.memory() <= 32 * 1_024);
        assert!(forgotten < 10, "{forgotten}");
    }

    #[test]
    fn nothing_is_kept_for_feedback_that_never_comes() {
        let mut packets = SentPackets::default();
        for number in 0..20_000_u16 {
            packets.insert(number, u32::from(number) * 100, 1_200, false, false);
        }
        assert_eq!(packets.memory(), 4 * 1_024);
        assert!(packets.get_mut(19_999).is_some() && packets.get_mut(3).is_none());
    }
}
