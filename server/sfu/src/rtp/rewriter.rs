//! Rewriting of sequence numbers, timestamps and picture counts for one subscriber.

use std::collections::VecDeque;
use std::time::Instant;

use crate::codec::vp8::{Vp8Offset, Vp8Picture};
use crate::rtp::numbers::ExtSeq;
use crate::rtp::packet::{Packet, Source, clock_rate};

/// Segments that are remembered, for retransmissions of what was sent before them.
const MAX_SEGMENTS: usize = 4;

/// Packets that may be missing at a splice.
const MAX_MISSING: u64 = 256;

/// Rewriter of one outgoing stream. Sequence number and timestamp go on when the source changes:
/// the number by one, the timestamp by the time that passed.
pub(crate) struct RtpRewriter {
    /// Newest last.
    segments: VecDeque<Segment>,
    last: Option<LastSent>,
    /// Sequence number and timestamp before the first packet.
    initial: (ExtSeq, u32),
}

/// A stretch of packets of one source, with constant offsets.
#[derive(Clone, Copy)]
struct Segment {
    source: Source,
    /// Number of its first packet, as sent.
    first: ExtSeq,
    sequence_offset: u64,
    timestamp_offset: u32,
    shift: Vp8Offset,
    frame_shift: u16,
}

/// How a packet follows those sent before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Splice {
    /// It is the next of its source, whatever is missing in between.
    None,
    /// It follows whatever was sent last.
    AfterLast,
    /// It would have been of that number at the source so far: what is missing before it stays
    /// missing, and can be asked for.
    Instead(ExtSeq),
}

/// Origin of a sent packet.
#[derive(Clone, Copy)]
pub(crate) struct SourcePosition {
    /// Number at its source.
    pub(crate) sequence: ExtSeq,
    segment: Segment,
}

/// The newest packet sent.
#[derive(Clone, Copy)]
pub(crate) struct LastSent {
    pub(crate) sequence: ExtSeq,
    pub(crate) timestamp: u32,
    pub(crate) arrival: Instant,
    pub(crate) captured: Instant,
    pub(crate) rate: u64,
    picture: Option<Vp8Picture>,
    /// Frame number of AV1.
    frame: Option<u16>,
}

/// Numbers of a packet on the outgoing stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RewrittenNumbers {
    pub(crate) sequence: ExtSeq,
    pub(crate) timestamp: u32,
    /// Picture counts of VP8, where they differ from those in the payload.
    pub(crate) picture: Option<Vp8Picture>,
    /// Offset to add to AV1's frame number.
    pub(crate) frame_shift: u16,
}

impl RtpRewriter {
    /// A rewriter whose first numbers come from `random`. The sequence number is below 2^15: a
    /// receiver assumes that no roll-over came before the first packet it sees (RFC 3711 §3.3.1).
    pub(crate) fn new(random: u64) -> Self {
        let initial = (ExtSeq(random & 0x7fff), (random >> 16) as u32);
        RtpRewriter { segments: VecDeque::with_capacity(MAX_SEGMENTS), last: None, initial }
    }

    /// The newest packet sent, if any was.
    pub(crate) fn last(&self) -> Option<&LastSent> {
        self.last.as_ref()
    }

    /// Numbers of a packet that is sent.
    pub(crate) fn rewrite(&mut self, packet: &Packet, splice: Splice) -> RewrittenNumbers {
        let segment = match self.segments.back() {
            Some(segment) if splice == Splice::None && segment.source == packet.source => *segment,
            _ => self.begin(packet, splice),
        };
        let numbers = segment.rewrite(packet);
        if self.last.is_none_or(|l| l.sequence < numbers.sequence) {
            self.last = Some(LastSent {
                sequence: numbers.sequence,
                timestamp: numbers.timestamp,
                arrival: packet.arrival,
                captured: packet.captured,
                rate: clock_rate(&packet.codec),
                picture: numbers.picture.or(packet.picture),
                frame: frame(packet).map(|frame| frame.wrapping_add(numbers.frame_shift)),
            });
        }
        numbers
    }

    /// Forgets the origins of what was sent: from now on the same SSRCs may be other sources.
    pub(crate) fn forget_sources(&mut self) {
        self.segments.clear();
    }

    /// Origin of the packet that was sent under the 16 bits `number`.
    pub(crate) fn origin(&self, number: u16) -> Option<SourcePosition> {
        let last = self.last?.sequence;
        // Nothing younger than the last can be meant.
        let behind = last.number().wrapping_sub(number);
        let sequence = last.checked_sub(behind.into())?;
        let segment = *self.segments.iter().rev().find(|r| r.first <= sequence)?;
        Some(SourcePosition {
            sequence: ExtSeq(sequence.0.wrapping_sub(segment.sequence_offset)),
            segment,
        })
    }

    fn begin(&mut self, packet: &Packet, splice: Splice) -> Segment {
        let missing = self.missing_before(splice);
        let (sequence, timestamp) = match self.last {
            None => self.initial,
            Some(last) => {
                let passed = packet.arrival.saturating_duration_since(last.arrival);
                let ticks = passed.as_micros() * u128::from(clock_rate(&packet.codec)) / 1_000_000;
                (last.sequence + 1 + missing, last.timestamp.wrapping_add(ticks.max(1) as u32))
            }
        };
        let shift = match (self.last.and_then(|l| l.picture), packet.picture) {
            (Some(last), Some(next)) => Vp8Offset::after(last, next),
            _ => Vp8Offset::default(),
        };
        let timestamp_offset =
            self.same_time_line(packet).unwrap_or_else(|| timestamp.wrapping_sub(packet.timestamp));
        let segment = Segment {
            shift,
            frame_shift: self.frame_shift(packet),
            source: packet.source,
            first: sequence,
            sequence_offset: sequence.0.wrapping_sub(packet.sequence.0),
            timestamp_offset,
        };
        if self.segments.len() == MAX_SEGMENTS {
            self.segments.pop_front();
        }
        self.segments.push_back(segment);
        segment
    }

    /// Packets of the present segment that are missing before a splice.
    fn missing_before(&self, splice: Splice) -> u64 {
        let (Some(segment), Some(last), Splice::Instead(sequence)) =
            (self.segments.back(), self.last, splice)
        else {
            return 0;
        };
        let place = ExtSeq(sequence.0.wrapping_add(segment.sequence_offset));
        place.since(last.sequence + 1).filter(|missing| *missing <= MAX_MISSING).unwrap_or(0)
    }

    /// Timestamp offset so far, for a packet on the same time line: one of another layer of the
    /// same scalable stream.
    fn same_time_line(&self, packet: &Packet) -> Option<u32> {
        let segment = self.segments.back().filter(|segment| {
            segment.source != packet.source && segment.source.ssrc == packet.source.ssrc
        })?;
        let timestamp = packet.timestamp.wrapping_add(segment.timestamp_offset);
        let ahead = timestamp.wrapping_sub(self.last?.timestamp) as i32;
        (ahead > 0).then_some(segment.timestamp_offset)
    }

    /// Offset by which a frame of AV1 follows the last one. Within one publisher's stream frames
    /// keep their distances, as long as they come in order: receivers know of the gaps that dropped
    /// layers leave.
    fn frame_shift(&self, packet: &Packet) -> u16 {
        let (Some(next), Some(last)) = (frame(packet), self.last.and_then(|l| l.frame)) else {
            return 0;
        };
        let segment =
            self.segments.back().filter(|segment| segment.source.ssrc == packet.source.ssrc);
        let kept = segment.map(|segment| segment.frame_shift);
        let follows = |shift: &u16| next.wrapping_add(*shift).wrapping_sub(last) as i16 > 0;
        kept.filter(follows).unwrap_or_else(|| last.wrapping_add(1).wrapping_sub(next))
    }
}

/// The number of the frame of AV1 that a packet is of.
fn frame(packet: &Packet) -> Option<u16> {
    packet.extensions.dependency.as_ref().map(|descriptor| descriptor.frame())
}

impl SourcePosition {
    pub(crate) fn source(&self) -> Source {
        self.segment.source
    }

    /// Numbers under which the packet from there was sent.
    pub(crate) fn rewrite(&self, packet: &Packet) -> RewrittenNumbers {
        self.segment.rewrite(packet)
    }
}

impl Segment {
    fn rewrite(&self, packet: &Packet) -> RewrittenNumbers {
        RewrittenNumbers {
            sequence: ExtSeq(packet.sequence.0.wrapping_add(self.sequence_offset)),
            timestamp: packet.timestamp.wrapping_add(self.timestamp_offset),
            picture: packet
                .picture
                .filter(|_| self.shift != Vp8Offset::default())
                .map(|p| p.shifted(self.shift)),
            frame_shift: self.frame_shift,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::numbers::Ssrc;

    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn packet(ssrc: u32, sequence: u64) -> Packet {
        let timestamp = sequence as u32 * 3_000;
        Packet { timestamp, ..Packet::sample(ssrc, sequence, Instant::now()) }
    }

    #[test]
    fn rewritten_numbers_stay_stable_when_source_returns() {
        let mut rewriter = RtpRewriter::new(7);
        let mut sent = Vec::new();
        // The second stretch of source 1 is exactly as far behind as the first.
        for (ssrc, numbers) in [(1, 1..101), (2, 501..541), (1, 141..151)] {
            for (at, number) in numbers.enumerate() {
                let packet = packet(ssrc, number);
                let splice = if at == 0 { Splice::AfterLast } else { Splice::None };
                sent.push((rewriter.rewrite(&packet, splice), packet));
            }
        }
        for (name, packet) in &sent {
            let origin = rewriter.origin(name.sequence.number()).expect("remembered");
            assert_eq!((origin.source(), origin.sequence), (packet.source, packet.sequence));
            assert_eq!(origin.rewrite(packet), *name);
        }
        // Another publisher may use the same names for other things.
        rewriter.forget_sources();
        assert!(sent.iter().all(|(name, _)| rewriter.origin(name.sequence.number()).is_none()));
        let next = rewriter.rewrite(&packet(1, 151), Splice::None);
        assert_eq!(next.sequence, sent.last().expect("some").0.sequence + 1);
    }
    #[test]
    fn missing_tail_stays_missing_when_lower_layer_goes_on() {
        let of = |layer, sequence| Packet {
            source: Source { ssrc: Ssrc(1), layer: Some(layer) },
            ..packet(1, sequence)
        };
        let mut rewriter = RtpRewriter::new(7);
        let first = rewriter.rewrite(&of(2, 500), Splice::AfterLast).sequence;
        // The packets 501 and 502 are lost; 503 begins the next picture, and is 130 in layer 0.
        let next = rewriter.rewrite(&of(0, 130), Splice::Instead(ExtSeq(503))).sequence;
        assert_eq!(next, first + 3);
        for (number, (layer, sequence)) in (0..).zip([(2, 500), (2, 501), (2, 502), (0, 130)]) {
            let origin = rewriter.origin((first + number).number()).expect("remembered");
            assert_eq!((origin.source().layer, origin.sequence), (Some(layer), ExtSeq(sequence)));
        }
        // Numbers that make no sense are none.
        for (sequence, nonsense) in [(135, 80), (140, 900_000)] {
            let last = rewriter.last().expect("sent").sequence;
            let splice = Splice::Instead(ExtSeq(nonsense));
            assert_eq!(rewriter.rewrite(&of(1, sequence), splice).sequence, last + 1);
        }
    }
}
