//! Reader of RTCP from receivers.

use super::transport_feedback::TransportFeedback;
use super::{block_type, half_word, packet_type, word};
use crate::rtp::numbers::Ssrc;

/// Message of a receiver.
#[derive(Debug)]
pub(crate) enum RtcpMessage<'a> {
    /// Reception report block (RFC 3550 §6.4.1).
    Reception(ReceptionReport),
    /// Generic NACK (RFC 4585 §6.2.1).
    Nack(Nack<'a>),
    /// PLI (RFC 4585 §6.3.1) or FIR (RFC 5104 §4.3.1).
    KeyframeRequest { ssrc: Ssrc },
    /// Transport-wide feedback.
    TransportFeedback(TransportFeedback<'a>),
    /// The receiver's own bound of the bandwidth, in bits per second (REMB).
    BandwidthBound(u64),
    /// Receiver reference time (RFC 3611 §4.4), to be answered.
    ReferenceTime(ReferenceTime),
}

/// Clock of a receiver that sends no media: from the answer it learns the round-trip time, and so
/// when to ask again for what is missing (RFC 3611 §4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReferenceTime {
    /// The receiver.
    pub(crate) ssrc: Ssrc,
    /// Middle 32 bits of its NTP time.
    pub(crate) at: u32,
}

/// Reception report block (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReceptionReport {
    pub(crate) ssrc: Ssrc,
    /// Fraction lost since the report before, in 256ths.
    pub(crate) fraction_lost: u8,
    /// Cumulative number of packets lost; negative if more came than were sent.
    pub(crate) lost: i32,
    /// Interarrival jitter in ticks of the stream's clock.
    pub(crate) jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report (LSR); 0 without one.
    pub(crate) last_report: u32,
    /// Delay since that report (DLSR), in 65,536ths of a second.
    pub(crate) delay: u32,
}

/// Generic NACK (RFC 4585 §6.2.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nack<'a> {
    pub(crate) ssrc: Ssrc,
    pairs: &'a [u8],
}

impl Nack<'_> {
    /// Sequence numbers of the missing packets: each pair holds one and a mask of the 16 after it.
    pub(crate) fn missing(&self) -> impl Iterator<Item = u16> {
        self.pairs.chunks_exact(4).flat_map(|pair| {
            let first = half_word(pair, 0).unwrap_or_default();
            let mask = half_word(pair, 2).unwrap_or_default();
            let after = (0..16).filter(move |bit| mask & (1 << bit) != 0);
            std::iter::once(first).chain(after.map(move |bit| first.wrapping_add(bit + 1)))
        })
    }
}

/// Reads a compound packet, calling `take` for each message. Unknown packets are skipped; at a
/// wrong length the reading ends.
pub(crate) fn read<'a>(mut compound: &'a [u8], mut take: impl FnMut(RtcpMessage<'a>)) {
    while let Some([first, kind, ..]) = compound.first_chunk::<4>() {
        let (first, kind) = (*first, *kind);
        let words = half_word(compound, 2).unwrap_or_default();
        let length = (usize::from(words) + 1) * 4;
        if first >> 6 != 2 || length > compound.len() {
            return;
        }
        let (packet, rest) = compound.split_at(length);
        compound = rest;
        let count = usize::from(first & 0x1f);
        let padding = match packet.last() {
            Some(padding) if first & 0x20 != 0 => usize::from(*padding),
            _ => 0,
        };
        let Some(packet) = length.checked_sub(padding).and_then(|end| packet.get(..end)) else {
            return;
        };
        match kind {
            packet_type::RECEIVER_REPORT => reports(packet.get(8..), count, &mut take),
            packet_type::SENDER_REPORT => reports(packet.get(28..), count, &mut take),
            packet_type::TRANSPORT_FEEDBACK => transport(packet, count, &mut take),
            packet_type::PAYLOAD_FEEDBACK => payload(packet, count, &mut take),
            packet_type::EXTENDED_REPORT => extended(packet, &mut take),
            _ => {}
        }
    }
}

fn reports<'a>(blocks: Option<&'a [u8]>, count: usize, take: &mut impl FnMut(RtcpMessage<'a>)) {
    for block in blocks.unwrap_or_default().chunks_exact(24).take(count) {
        if let Some(report) = report(block) {
            take(RtcpMessage::Reception(report));
        }
    }
}

fn report(block: &[u8]) -> Option<ReceptionReport> {
    let loss = word(block, 4)?;
    Some(ReceptionReport {
        ssrc: Ssrc(word(block, 0)?),
        fraction_lost: (loss >> 24) as u8,
        // 24 bits with sign.
        lost: (loss << 8) as i32 >> 8,
        jitter: word(block, 12)?,
        last_report: word(block, 16)?,
        delay: word(block, 20)?,
    })
}

/// RFC 4585 §6.2: by the format in the place of the count.
fn transport<'a>(packet: &'a [u8], format: usize, take: &mut impl FnMut(RtcpMessage<'a>)) {
    const NACK: usize = 1;
    const TRANSPORT_WIDE: usize = 15;
    let (Some(ssrc), Some(body)) = (word(packet, 8), packet.get(12..)) else {
        return;
    };
    match format {
        NACK => take(RtcpMessage::Nack(Nack { ssrc: Ssrc(ssrc), pairs: body })),
        TRANSPORT_WIDE => {
            if let Some(feedback) = TransportFeedback::read(body) {
                take(RtcpMessage::TransportFeedback(feedback));
            }
        }
        _ => {}
    }
}

/// RFC 4585 §6.3.
fn payload<'a>(packet: &'a [u8], format: usize, take: &mut impl FnMut(RtcpMessage<'a>)) {
    const PICTURE_LOSS: usize = 1;
    const FULL_INTRA: usize = 4;
    const APPLICATION: usize = 15;
    match format {
        PICTURE_LOSS => {
            if let Some(ssrc) = word(packet, 8) {
                take(RtcpMessage::KeyframeRequest { ssrc: Ssrc(ssrc) });
            }
        }
        FULL_INTRA => {
            for entry in packet.get(12..).unwrap_or_default().chunks_exact(8) {
                if let Some(ssrc) = word(entry, 0) {
                    take(RtcpMessage::KeyframeRequest { ssrc: Ssrc(ssrc) });
                }
            }
        }
        APPLICATION if packet.get(12..16) == Some(b"REMB") => {
            // draft-alvestrand-rmcat-remb-03 §2.2: 6 bits of exponent, 18 of mantissa.
            if let Some(bound) = word(packet, 16) {
                let (exponent, mantissa) = (bound >> 18 & 0x3f, u64::from(bound & 0x3_ffff));
                let fits = exponent < mantissa.leading_zeros();
                let bits = if fits { mantissa << exponent } else { u64::MAX };
                take(RtcpMessage::BandwidthBound(bits));
            }
        }
        _ => {}
    }
}

/// RFC 3611 §2: blocks, each with its own type and length.
fn extended<'a>(packet: &'a [u8], take: &mut impl FnMut(RtcpMessage<'a>)) {
    let (Some(ssrc), Some(mut blocks)) = (word(packet, 4), packet.get(8..)) else {
        return;
    };
    while let (Some(kind), Some(words)) = (blocks.first(), half_word(blocks, 2)) {
        let length = (usize::from(words) + 1) * 4;
        let Some((block, rest)) = blocks.split_at_checked(length) else {
            return;
        };
        blocks = rest;
        if *kind == block_type::REFERENCE_TIME
            && let (Some(seconds), Some(fraction)) = (word(block, 4), word(block, 8))
        {
            let at = seconds << 16 | fraction >> 16;
            take(RtcpMessage::ReferenceTime(ReferenceTime { ssrc: Ssrc(ssrc), at }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(compound: &[u8]) -> Vec<String> {
        let mut said = Vec::new();
        read(compound, |message| {
            said.push(match message {
                RtcpMessage::Reception(r) => {
                    format!("{} lost {} ({}/256)", r.ssrc, r.lost, r.fraction_lost)
                }
                RtcpMessage::Nack(n) => {
                    format!("{} misses {:?}", n.ssrc, n.missing().collect::<Vec<_>>())
                }
                RtcpMessage::KeyframeRequest { ssrc } => format!("{ssrc} has no picture"),
                RtcpMessage::TransportFeedback(told) => {
                    format!("{} packets", told.arrivals().count())
                }
                RtcpMessage::BandwidthBound(bits) => format!("{bits} bits a second"),
                RtcpMessage::ReferenceTime(time) => format!("{} has {:x}", time.ssrc, time.at),
            });
        });
        said
    }

    #[test]
    fn compound_rtcp_is_read_message_by_message() {
        let mut compound = vec![0x81, 201, 0, 7, 0, 0, 0, 9];
        compound.extend([0, 0, 0, 1, 64, 0xff, 0xff, 0xfe]);
        compound.extend([0; 16]);
        compound.extend([0x81, 205, 0, 4, 0, 0, 0, 9, 0, 0, 0, 1]);
        compound.extend([0xff, 0xff, 0x80, 0x01, 0, 7, 0, 0]);
        compound.extend([0x81, 206, 0, 2, 0, 0, 0, 9, 0, 0, 0, 1]);
        compound.extend([0x84, 206, 0, 4, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 2, 5, 0, 0, 0]);
        compound.extend([0x8f, 206, 0, 5, 0, 0, 0, 9, 0, 0, 0, 0]);
        compound.extend([b'R', b'E', b'M', b'B', 1, 0x0b, 0xd0, 0x90, 0, 0, 0, 1]);
        compound.extend([0x8f, 205, 0, 5, 0, 0, 0, 9, 0, 0, 0, 1]);
        compound.extend([0, 7, 0, 2, 0, 0, 1, 0, 0x20, 0x02, 4, 4]);
        // A block that is passed over comes first.
        compound.extend([0x80, 207, 0, 6, 0, 0, 0, 9, 99, 0, 0, 1, 0, 0, 0, 0]);
        compound.extend([4, 0, 0, 2, 0xaa, 0xbb, 0, 5, 0, 6, 0xcc, 0xdd]);
        let all = [
            "1 lost -2 (64/256)",
            "1 misses [65535, 0, 15, 7]",
            "1 has no picture",
            "2 has no picture",
            "1000000 bits a second",
            "2 packets",
            "9 has 50006",
        ];
        assert_eq!(said(&compound), all);
        // Cut anywhere, it says less and nothing else.
        for end in 0..compound.len() {
            let less = said(&compound[..end]);
            assert_eq!(less, all[..less.len()]);
        }
    }

    #[test]
    fn compound_rtcp_with_wrong_length_ends_reading() {
        assert_eq!(said(&[0x81, 206, 0xff, 0xff, 0, 0, 0, 9, 0, 0, 0, 1]), [""; 0]);
        assert_eq!(said(&[0x81, 201, 0, 1, 0, 0, 0, 9]), [""; 0]);
        assert_eq!(said(&[0xa1, 206, 0, 2, 0, 0, 0, 9, 0, 0, 0, 99]), [""; 0]);
    }
}
