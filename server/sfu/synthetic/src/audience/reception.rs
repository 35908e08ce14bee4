//! Counting of received packets.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::content::Stamp;

/// Sequence numbers behind the highest of which is remembered whether they came.
const REMEMBERED: i64 = 64;

/// Packets received of one track.
#[derive(Clone, Debug, Default)]
pub struct Reception {
    /// Packets, each once.
    pub packets: u64,
    /// Packets that came again.
    pub duplicates: u64,
    /// Bytes of the datagrams that held them.
    pub bytes: u64,
    /// Ends of frames (RTP markers).
    pub frames: u64,
    /// Lowest and highest extended sequence number.
    range: Option<(i64, i64)>,
    /// Bit `n`: the `n`-th number behind the highest came.
    recent: u64,
}

impl Reception {
    /// Sequence numbers between the lowest and the highest that did not come.
    pub fn missing(&self) -> u64 {
        let span = self.range.map_or(0, |(low, high)| high - low + 1);
        u64::try_from(span).unwrap_or(0).saturating_sub(self.packets)
    }

    /// Takes note of an RTP packet by its clear header.
    pub(super) fn count(&mut self, header: Header, length: usize) {
        let extended = match self.range {
            None => i64::from(header.sequence),
            // The nearer way round is meant.
            Some((_, high)) => high + i64::from(header.sequence.wrapping_sub(high as u16) as i16),
        };
        let (low, high) = self.range.unwrap_or((extended, extended - 1));
        let ahead = extended - high;
        if ahead > 0 {
            self.recent = if ahead < REMEMBERED { self.recent << ahead | 1 } else { 1 };
        } else if -ahead < REMEMBERED {
            let bit = 1 << -ahead;
            if self.recent & bit != 0 {
                self.duplicates += 1;
                return;
            }
            self.recent |= bit;
        }
        self.range = Some((low.min(extended), high.max(extended)));
        self.packets += 1;
        self.bytes += length as u64;
        self.frames += u64::from(header.marker);
    }
}

/// Header of an SRTP packet (RFC 3550 §5.1), which is not encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) payload_type: u8,
    pub(super) marker: bool,
    sequence: u16,
}

impl Header {
    /// Reads the header of a datagram, if it is RTP and not RTCP (RFC 5761 §4).
    pub(super) fn read(datagram: &[u8]) -> Option<Self> {
        let [128..=191, second, high, low, ..] = *datagram else {
            return None;
        };
        let payload_type = second & 0x7f;
        (!(64..=95).contains(&payload_type)).then_some(Header {
            payload_type,
            marker: second & 0x80 != 0,
            sequence: u16::from_be_bytes([high, low]),
        })
    }
}

/// Waits for all packets of one keyframe.
#[derive(Debug, Default)]
pub(super) struct FirstPicture {
    /// By number; whether it was the first of a keyframe, and whether the last of its frame.
    came: BTreeMap<u64, (bool, bool)>,
    /// When it was complete.
    pub(super) complete: Option<Instant>,
}

impl FirstPicture {
    /// Takes note of a video packet.
    pub(super) fn note(&mut self, stamp: Stamp, marker: bool, now: Instant) {
        if self.complete.is_some() {
            return;
        }
        self.came.insert(stamp.number, (stamp.keyframe, marker));
        let keyframes = self.came.iter().filter(|(_, (keyframe, _))| *keyframe);
        for (first, _) in keyframes {
            let frame = self.came.range(first..).zip(*first..);
            let mut together = frame.take_while(|((came, _), number)| *came == number);
            if together.any(|((_, (_, last)), _)| *last) {
                self.complete = Some(now);
                break;
            }
        }
        if self.complete.is_some() {
            self.came.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn header(sequence: u16) -> Header {
        Header { payload_type: 96, marker: false, sequence }
    }

    #[test]
    fn gaps_and_doubles_are_counted_across_the_wrap() {
        let mut reception = Reception::default();
        for sequence in [65_534, 65_535, 1, 1, 2, 65_533, 200, 199] {
            reception.count(header(sequence), 10);
        }
        assert_eq!((reception.packets, reception.duplicates, reception.bytes), (7, 1, 70));
        // 0, and from 3 to 198.
        assert_eq!(reception.missing(), 197);
    }

    #[test]
    fn only_rtp_has_a_header() {
        let packet = [0x90, 0x80 | 96, 1, 2, 0, 0];
        let read = Header { payload_type: 96, marker: true, sequence: 258 };
        assert_eq!(Header::read(&packet), Some(read));
        assert_eq!(Header::read(&[0x80, 200, 0, 6]), None);
        assert_eq!(Header::read(&[22, 96, 0, 6]), None);
        assert_eq!(Header::read(&[0x80]), None);
    }

    #[test]
    fn a_picture_needs_all_packets_of_a_keyframe() {
        let mut first = FirstPicture::default();
        let now = Instant::now();
        let mut note = |number, keyframe, marker| {
            first.note(Stamp { sent: Duration::ZERO, number, keyframe }, marker, now);
            first.complete.is_some()
        };
        // The end of an earlier frame, a keyframe with a gap, an ordinary frame.
        assert!(!note(7, false, true));
        assert!(!note(8, true, false));
        assert!(!note(10, false, true));
        assert!(!note(11, false, true));
        assert!(note(9, false, false));
    }
}
