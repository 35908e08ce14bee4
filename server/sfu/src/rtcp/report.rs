//! Writer of compound RTCP packets.

use super::{block_type, packet_type};
use crate::rtp::numbers::Ssrc;

/// CNAME of all descriptions, as in the SDP answer (RFC 3550 §6.5.1).
const CNAME: &[u8] = b"stage";

/// Sender report (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SenderReport {
    pub(crate) ssrc: Ssrc,
    /// NTP timestamp: 32 bits of seconds, 32 of their fraction.
    pub(crate) ntp: u64,
    /// RTP timestamp of the same moment.
    pub(crate) timestamp: u32,
    pub(crate) packets: u32,
    /// Payload bytes.
    pub(crate) bytes: u32,
}

/// Answer to a receiver's reference time (DLRR, RFC 3611 §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DelaySinceReference {
    /// The sender.
    pub(crate) ssrc: Ssrc,
    /// The receiver.
    pub(crate) receiver: Ssrc,
    /// Middle 32 bits of the receiver's NTP time (LRR).
    pub(crate) at: u32,
    /// Delay since that came (DLRR), in 65,536ths of a second.
    pub(crate) delay: u32,
}

/// Compound packet in the making (RFC 3550 §6.1). Keeps its memory from one to the next.
#[derive(Default)]
pub(crate) struct CompoundPacket(Vec<u8>);

impl CompoundPacket {
    /// Begins a new packet.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The packet so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Adds a sender report with the sender's description (SDES).
    pub(crate) fn sender_report(&mut self, report: &SenderReport) {
        self.header(0, packet_type::SENDER_REPORT, 6);
        self.0.extend(report.ssrc.to_be_bytes());
        self.0.extend(report.ntp.to_be_bytes());
        self.0.extend(report.timestamp.to_be_bytes());
        self.0.extend(report.packets.to_be_bytes());
        self.0.extend(report.bytes.to_be_bytes());
        self.description(report.ssrc);
    }

    /// Adds an answer to a receiver's reference time; reports come before it.
    pub(crate) fn delay_since_reference(&mut self, answer: &DelaySinceReference) {
        self.header(0, packet_type::EXTENDED_REPORT, 5);
        self.0.extend(answer.ssrc.to_be_bytes());
        self.0.extend([block_type::DELAY_SINCE_REFERENCE, 0, 0, 3]);
        self.0.extend(answer.receiver.to_be_bytes());
        self.0.extend(answer.at.to_be_bytes());
        self.0.extend(answer.delay.to_be_bytes());
    }

    /// Adds a generic NACK (RFC 4585 §6.2.1): `pairs` is called with a writer of a number and a
    /// mask of the 16 after it. Adds nothing if that is not used.
    pub(crate) fn nack(
        &mut self,
        sender: Ssrc,
        media: Ssrc,
        pairs: impl FnOnce(&mut dyn FnMut(u16, u16)),
    ) {
        const GENERIC_NACK: u8 = 1;
        let before = self.0.len();
        self.begin(sender);
        let begun = self.0.len();
        self.header(GENERIC_NACK, packet_type::TRANSPORT_FEEDBACK, 2);
        self.0.extend(sender.to_be_bytes());
        self.0.extend(media.to_be_bytes());
        let mut words = 2_u16;
        pairs(&mut |number, mask| {
            self.0.extend(number.to_be_bytes());
            self.0.extend(mask.to_be_bytes());
            words += 1;
        });
        if words == 2 {
            self.0.truncate(before);
        } else if let Some(length) = self.0.get_mut(begun + 2..begun + 4) {
            length.copy_from_slice(&words.to_be_bytes());
        }
    }

    /// Begins a compound with an empty receiver report, unless it has begun.
    fn begin(&mut self, ssrc: Ssrc) {
        if self.0.is_empty() {
            self.header(0, packet_type::RECEIVER_REPORT, 1);
            self.0.extend(ssrc.to_be_bytes());
        }
    }

    /// Adds BYE (RFC 3550 §6.6).
    pub(crate) fn bye(&mut self, ssrc: Ssrc) {
        self.begin(ssrc);
        self.header(1, packet_type::GOODBYE, 1);
        self.0.extend(ssrc.to_be_bytes());
    }

    /// RFC 3550 §6.5: one chunk with the canonical name, padded to a word.
    fn description(&mut self, ssrc: Ssrc) {
        const CNAME_ITEM: u8 = 1;
        let item = 2 + CNAME.len();
        // At least one zero byte ends the chunk.
        let padded = (item / 4 + 1) * 4;
        self.header(1, packet_type::SOURCE_DESCRIPTION, (4 + padded) as u16 / 4);
        self.0.extend(ssrc.to_be_bytes());
        self.0.extend([CNAME_ITEM, CNAME.len() as u8]);
        self.0.extend(CNAME);
        self.0.extend(std::iter::repeat_n(0, padded - item));
    }

    fn header(&mut self, count: u8, kind: u8, words: u16) {
        self.0.extend([0x80 | count, kind]);
        self.0.extend(words.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compound_rtcp_packets_have_length_in_words() {
        let mut compound = CompoundPacket::default();
        let report =
            SenderReport { ssrc: Ssrc(7), ntp: 1 << 32 | 5, timestamp: 9, packets: 3, bytes: 300 };
        compound.sender_report(&report);
        compound.delay_since_reference(&DelaySinceReference {
            ssrc: Ssrc(7),
            receiver: Ssrc(9),
            at: 6,
            delay: 5,
        });
        compound.bye(Ssrc(7));
        let bytes = compound.bytes();
        assert_eq!(bytes[..8], [0x80, 200, 0, 6, 0, 0, 0, 7]);
        assert_eq!(bytes[8..16], [0, 0, 0, 1, 0, 0, 0, 5]);
        assert_eq!(bytes[28..38], [0x81, 202, 0, 3, 0, 0, 0, 7, 1, 5]);
        assert_eq!(&bytes[38..44], b"stage\0");
        assert_eq!(bytes[44..56], [0x80, 207, 0, 5, 0, 0, 0, 7, 5, 0, 0, 3]);
        assert_eq!(bytes[56..68], [0, 0, 0, 9, 0, 0, 0, 6, 0, 0, 0, 5]);
        assert_eq!(bytes[68..], [0x81, 203, 0, 1, 0, 0, 0, 7]);
        compound.clear();
        compound.nack(Ssrc(7), Ssrc(9), |_| {});
        assert!(compound.bytes().is_empty());
        compound.nack(Ssrc(7), Ssrc(9), |pair| {
            pair(5, 0x8001);
            pair(65_535, 0);
        });
        let report = [0x80, 201, 0, 1, 0, 0, 0, 7];
        assert_eq!(compound.bytes()[..8], report);
        let nack = [0x81, 205, 0, 4, 0, 0, 0, 7, 0, 0, 0, 9, 0, 5, 0x80, 1, 0xff, 0xff, 0, 0];
        assert_eq!(compound.bytes()[8..], nack);
        compound.clear();
        compound.bye(Ssrc(7));
        assert_eq!(compound.bytes()[..8], report);
    }
}
