//! Rewriting of sequence numbers, timestamps and picture counts for one subscriber.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::codec::vp8::{Vp8Offset, Vp8Picture};
use crate::rtp::numbers::ExtSeq;
use crate::rtp::packet::{Packet, Source, clock_rate};

/// Segments that are remembered, for retransmissions of what was sent before them.
const MAX_SEGMENTS: usize = 4;

/// Packets that may be missing at a splice.
const MAX_MISSING: u64 = 256;

/// Ticks of the past for one as sent: frames of up to 200 a second stay apart.
const TICKS_PER_PRESSED: u32 = 400;

/// Longest past that is pressed, in seconds: more is kept of nothing.
const MAX_PAST_SECONDS: u64 = 30;

/// Rewriter of one outgoing stream. Sequence number and timestamp go on when the source changes:
/// the number by one, the timestamp by the time that passed from capture to capture.
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
    /// Offset of its time line.
    timestamp_offset: u32,
    pressed: Option<PressedPast>,
    shift: Vp8Offset,
    frame_shift: u16,
}

/// A past that is sent once more, with less time between its frames than they had.
#[derive(Clone, Copy)]
struct PressedPast {
    /// Timestamp of its beginning, and ticks to its end, at the source.
    from: u32,
    span: u32,
    /// The same as sent.
    first: u32,
    room: u32,
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
    /// Its timestamp on the time line: later than `timestamp`, if it is of a pressed past.
    on_line: u32,
    captured: Instant,
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
                on_line: packet.timestamp.wrapping_add(segment.timestamp_offset),
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
        let (sequence, timestamp_offset, pressed) = match self.last {
            None => (self.initial.0, self.initial.1.wrapping_sub(packet.timestamp), None),
            Some(last) => {
                let (offset, pressed) = self.time_line(packet, &last);
                (last.sequence + 1 + missing, offset, pressed)
            }
        };
        let shift = match (self.last.and_then(|l| l.picture), packet.picture) {
            (Some(last), Some(next)) => Vp8Offset::after(last, next),
            _ => Vp8Offset::default(),
        };
        let segment = Segment {
            shift,
            frame_shift: self.frame_shift(packet),
            source: packet.source,
            first: sequence,
            sequence_offset: sequence.0.wrapping_sub(packet.sequence.0),
            timestamp_offset,
            pressed,
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

    /// Offset by which a packet's timestamp is on the time line so far: capture times and timestamps
    /// go on together, as sender reports say. A past that was on it already is pressed together
    /// behind the last timestamp, or the line itself would be ahead by that past for good.
    fn time_line(&self, packet: &Packet, last: &LastSent) -> (u32, Option<PressedPast>) {
        let rate = clock_rate(&packet.codec);
        let by_capture = last.on_line_at(packet.captured, rate).wrapping_sub(packet.timestamp);
        // The same source goes on exactly, unless it counts anew.
        let segment = self.segments.back().filter(|it| it.source.ssrc == packet.source.ssrc);
        let offset = segment.map(|it| it.timestamp_offset).filter(|offset| {
            let apart = offset.wrapping_sub(by_capture) as i32;
            u64::from(apart.unsigned_abs()) < rate
        });
        let offset = offset.unwrap_or(by_capture);
        let ahead = packet.timestamp.wrapping_add(offset).wrapping_sub(last.timestamp) as i32;
        if ahead > 0 {
            return (offset, None);
        }
        let first = last.timestamp.wrapping_add(1);
        let behind = ahead.unsigned_abs();
        // Pressed sound would overlap.
        if !packet.codec.spec().codec.is_video() || u64::from(behind) > rate * MAX_PAST_SECONDS {
            return (first.wrapping_sub(packet.timestamp), None);
        }
        (offset, Some(PressedPast::new(packet.timestamp, first, behind)))
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

impl LastSent {
    /// Timestamp of that moment on its time line, for a sender report.
    pub(crate) fn timestamp_at(&self, moment: Instant) -> u32 {
        self.on_line_at(moment, self.rate)
    }

    fn on_line_at(&self, captured: Instant, rate: u64) -> u32 {
        let ticks = |span: Duration| (span.as_micros() * u128::from(rate) / 1_000_000) as u32;
        match captured.checked_duration_since(self.captured) {
            Some(later) => self.on_line.wrapping_add(ticks(later)),
            None => {
                self.on_line.wrapping_sub(ticks(self.captured.saturating_duration_since(captured)))
            }
        }
    }
}

impl PressedPast {
    /// A past that begins with the source's timestamp `from`, sent as `first`, which would have been
    /// `behind` and a tick more ago.
    fn new(from: u32, first: u32, behind: u32) -> Self {
        let room = behind / TICKS_PER_PRESSED + 2;
        PressedPast { from, span: behind.saturating_add(room + 1), first, room }
    }

    /// Timestamp as sent of a packet of that past; [`None`] of one after it.
    fn press(&self, timestamp: u32) -> Option<u32> {
        let since = timestamp.wrapping_sub(self.from) as i32;
        let since = u32::try_from(since).unwrap_or(0);
        let pressed = u64::from(since) * u64::from(self.room) / u64::from(self.span);
        (since < self.span).then(|| self.first.wrapping_add(pressed as u32))
    }
}

impl Segment {
    fn rewrite(&self, packet: &Packet) -> RewrittenNumbers {
        let pressed = self.pressed.and_then(|past| past.press(packet.timestamp));
        RewrittenNumbers {
            sequence: ExtSeq(packet.sequence.0.wrapping_add(self.sequence_offset)),
            timestamp: pressed
                .unwrap_or_else(|| packet.timestamp.wrapping_add(self.timestamp_offset)),
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
    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn past_is_pressed_together_and_time_line_stays() {
        let begun = Instant::now();
        // Thirty frames a second.
        let frame = |number: u64| Packet {
            captured: begun + Duration::from_micros(number * 1_000_000 / 30),
            ..packet(1, number)
        };
        let mut rewriter = RtpRewriter::new(u64::MAX);
        let mut before = 0;
        for number in 0..300 {
            before = rewriter.rewrite(&frame(number), Splice::None).timestamp;
        }
        let report = rewriter.last().expect("sent").timestamp_at(begun);
        let mut last = before;
        for number in 0..310 {
            let splice = if number == 0 { Splice::AfterLast } else { Splice::None };
            let packet = frame(number);
            let numbers = rewriter.rewrite(&packet, splice);
            assert!((1..=3_000).contains(&numbers.timestamp.wrapping_sub(last)), "{number}");
            last = numbers.timestamp;
            let origin = rewriter.origin(numbers.sequence.number()).expect("remembered");
            assert_eq!(origin.rewrite(&packet), numbers, "as it was sent");
            let now = rewriter.last().expect("sent").timestamp_at(begun);
            assert!((now.wrapping_sub(report) as i32).abs() < 90, "a millisecond");
        }
        assert_eq!(last.wrapping_sub(before), 10 * 3_000, "the present has the time it would have");
    }
}
