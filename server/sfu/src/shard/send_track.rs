//! One track on its way to one subscriber: payload types, SSRCs and headers of its packets.

use str0m::format::CodecConfig;
use str0m::media::Pt;
use str0m::rtp::{Extension, ExtensionMap};

use super::extension_writer::ExtensionWriter;
use crate::codec::dependency_descriptor::{self, DependencyDescriptor};
use crate::rtp::numbers::{ExtSeq, Ssrc};
use crate::rtp::packet::{ForwardedExtensions, Packet, Source, TrackId};
use crate::rtp::rewriter::{RewrittenNumbers, RtpRewriter};

/// Longest RTP header written: fixed part, a dependency descriptor of 255 bytes and its head, the
/// other extensions.
pub(super) const MAX_HEADER: usize = 12 + 4 + 304;

/// Audio packets that can be sent again: more than players wait for.
const RECORDED_HEADERS: usize = 64;

/// Negotiated parameters of one m-line of a subscriber.
pub(crate) struct NegotiatedTrack {
    pub(crate) id: TrackId,
    pub(crate) mid: String,
    /// SSRC of media; below, that of retransmissions (RTX, RFC 4588 §5).
    pub(crate) ssrc: Ssrc,
    pub(crate) repair_ssrc: Ssrc,
    /// Codecs of the subscriber.
    pub(crate) codecs: CodecConfig,
    pub(crate) extensions: ExtensionMap,
    /// It is audio with generic NACK.
    pub(crate) retransmits_audio: bool,
    /// Origin of its first numbers.
    pub(crate) random: u64,
}

/// An m-line of a subscriber.
pub(super) struct SendTrack {
    pub(super) id: TrackId,
    pub(super) ssrc: Ssrc,
    pub(super) repair_ssrc: Ssrc,
    pub(super) rewriter: RtpRewriter,
    codecs: CodecConfig,
    ids: ExtensionIds,
    mid: String,
    /// The subscriber has reported on it, and so knows which m-line it belongs to (RFC 9143 §9.2:
    /// that is what MID is for, until then).
    pub(super) mid_known: bool,
    matched: Option<CodecMatch>,
    /// Number of the last retransmission; only increases.
    repairs: ExtSeq,
    /// Number with which the last stretch began that needs nothing from before.
    fresh_from: ExtSeq,
    /// Headers of the latest packets, of audio with retransmissions.
    written: Option<Box<[Option<HeaderRecord>; RECORDED_HEADERS]>>,
    /// Packets sent on the media's own stream, as sender reports count them.
    pub(super) packets: u32,
    pub(super) bytes: u32,
    /// Packets lost on their first way, by receiver reports.
    pub(super) lost: u64,
}

/// Ids of header extensions by the subscriber (RFC 8285 §5).
struct ExtensionIds {
    mid: Option<u8>,
    transport: Option<u8>,
    level: Option<u8>,
    capture: Option<u8>,
    dependency: Option<u8>,
}

#[derive(Clone, Copy)]
struct CodecMatch {
    source: Source,
    payload_type: Pt,
    mapping: Option<PayloadMapping>,
}

/// Payload types of a codec by the subscriber.
#[derive(Clone, Copy)]
pub(super) struct PayloadMapping {
    pub(super) payload_type: u8,
    /// Payload type of retransmissions (RTX, RFC 4588).
    pub(super) repair: Option<u8>,
}

/// Variable fields of an RTP header.
pub(super) struct HeaderFields {
    pub(super) payload_type: u8,
    pub(super) ssrc: Ssrc,
    pub(super) numbers: RewrittenNumbers,
    pub(super) padded: bool,
    /// The header has the MID extension.
    pub(super) with_mid: bool,
    /// Transport-wide sequence number.
    pub(super) transport: Option<u16>,
}

/// Header fields of a sent packet that the packet itself doesn't tell.
///
/// Audio has no repair stream in browsers: it is sent again as it was, to the bit, since no index
/// is sealed with different contents (see [`crate::srtp`]).
#[derive(Clone, Copy)]
struct HeaderRecord {
    sequence: ExtSeq,
    with_mid: bool,
    transport: Option<u16>,
}

impl SendTrack {
    pub(super) fn new(negotiated: NegotiatedTrack) -> Self {
        let id = |extension| negotiated.extensions.id_of(extension).filter(|id| *id < 15);
        let ids = ExtensionIds {
            mid: id(Extension::RtpMid).filter(|_| (1..=16).contains(&negotiated.mid.len())),
            transport: id(Extension::TransportSequenceNumber),
            level: id(Extension::AudioLevel).filter(|_| !negotiated.id.video),
            capture: id(Extension::AbsoluteCaptureTime),
            dependency: id(dependency_descriptor::extension()).filter(|_| negotiated.id.video),
        };
        SendTrack {
            id: negotiated.id,
            ssrc: negotiated.ssrc,
            repair_ssrc: negotiated.repair_ssrc,
            rewriter: RtpRewriter::new(negotiated.random),
            codecs: negotiated.codecs,
            ids,
            mid: negotiated.mid,
            mid_known: false,
            matched: None,
            repairs: ExtSeq(negotiated.random >> 48 & 0x7fff),
            fresh_from: ExtSeq(0),
            written: negotiated.retransmits_audio.then(|| Box::new([None; RECORDED_HEADERS])),
            packets: 0,
            bytes: 0,
            lost: 0,
        }
    }

    /// Payload types of the packet's codec, if the subscriber takes it.
    pub(super) fn payload_mapping(&mut self, packet: &Packet) -> Option<PayloadMapping> {
        let (source, payload_type) = (packet.source, packet.codec.pt());
        if let Some(m) = self.matched
            && (m.source, m.payload_type) == (source, payload_type)
        {
            return m.mapping;
        }
        // Less than the whole of such a stream is nothing to who isn't told how it is built.
        let is_told = self.ids.dependency.is_some() || packet.extensions.dependency.is_none();
        let params = self.codecs.match_params(packet.codec);
        let params = params.filter(|_| packet.source.layer.is_none() || is_told);
        let mapping = params.map(|params| PayloadMapping {
            payload_type: *params.pt(),
            repair: params.resend().map(|pt| *pt),
        });
        self.matched = Some(CodecMatch { source, payload_type, mapping });
        mapping
    }

    /// Payload types of the codec that was sent last.
    pub(super) fn last_mapping(&self) -> Option<PayloadMapping> {
        self.matched.and_then(|matched| matched.mapping)
    }

    /// True if lost packets are sent again.
    pub(super) fn is_retransmitted(&self) -> bool {
        self.id.video || self.records_headers()
    }

    /// Notes that a keyframe of another stretch is sent under that number.
    pub(super) fn begin_afresh(&mut self, sequence: ExtSeq) {
        self.fresh_from = sequence;
    }

    /// Notes that what was sent so far needs no repairs: it won't be gone on with.
    pub(super) fn give_up(&mut self) {
        if let Some(last) = self.rewriter.last() {
            self.fresh_from = last.sequence + 1;
        }
    }

    /// True if the packet of that number is still of use, should it be missing.
    pub(super) fn is_needed(&self, sequence: ExtSeq) -> bool {
        sequence >= self.fresh_from
    }

    /// True if headers are recorded.
    pub(super) fn records_headers(&self) -> bool {
        self.written.is_some()
    }

    /// Records a header, where it is to be written the same way again.
    pub(super) fn record_header(&mut self, fields: &HeaderFields) {
        if let Some(slots) = &mut self.written {
            let HeaderFields {
                with_mid,
                transport,
                numbers: RewrittenNumbers { sequence, .. },
                ..
            } = *fields;
            slots[slot(sequence)] = Some(HeaderRecord { sequence, with_mid, transport });
        }
    }

    /// Header fields of a packet that is sent again on its own stream; [`None`] if they are no
    /// longer known.
    pub(super) fn recorded_header(
        &self,
        mapping: PayloadMapping,
        numbers: RewrittenNumbers,
    ) -> Option<HeaderFields> {
        let sequence = numbers.sequence;
        let written = match &self.written {
            Some(slots) => slots[slot(sequence)].filter(|it| it.sequence == sequence)?,
            // Of such pictures all headers are alike.
            None => HeaderRecord { sequence, with_mid: !self.mid_known, transport: None },
        };
        Some(HeaderFields {
            payload_type: mapping.payload_type,
            ssrc: self.ssrc,
            numbers,
            padded: false,
            with_mid: written.with_mid,
            transport: written.transport,
        })
    }

    /// True if a header may carry fields of the moment: it is never sealed again under the same
    /// number, or it is recorded. Otherwise it must be the same to the bit each time: see
    /// [`crate::srtp`].
    pub(super) fn header_may_vary(&self, mapping: PayloadMapping) -> bool {
        !self.id.video || mapping.repair.is_some()
    }

    /// True if transport-wide sequence numbers were negotiated.
    pub(super) fn counts_transport(&self) -> bool {
        self.ids.transport.is_some()
    }

    /// True if pictures can have transport-wide sequence numbers: without a repair stream they are
    /// sent again as they were.
    pub(super) fn numbers_video(&self) -> bool {
        let repaired = self.codecs.params().iter().any(|params| params.resend().is_some());
        self.counts_transport() && repaired
    }

    /// The next number of the repair stream.
    pub(super) fn next_repair(&mut self) -> ExtSeq {
        self.repairs = self.repairs + 1;
        self.repairs
    }

    /// Writes the RTP header (RFC 3550 §5.1) and returns its length.
    pub(super) fn write_header(
        &self,
        header: &mut [u8; MAX_HEADER],
        fields: &HeaderFields,
        marker: bool,
        meaning: &ForwardedExtensions,
    ) -> usize {
        let dependency = meaning.dependency.as_ref().filter(|_| self.ids.dependency.is_some());
        // One that is too long for the short form has all others in the long one, too.
        let long = dependency.is_some_and(|it| it.is_long());
        let mut elements = ExtensionWriter { header, length: 16, long };
        elements.add(self.ids.mid.filter(|_| fields.with_mid), self.mid.as_bytes());
        if let Some(number) = fields.transport {
            elements.add(self.ids.transport, &number.to_be_bytes());
        }
        if let Some(level) = meaning.level_byte() {
            elements.add(self.ids.level, &[level]);
        }
        if let Some(capture) = meaning.capture_bytes() {
            elements.add(self.ids.capture, capture);
        }
        if let Some(descriptor) = dependency
            && let Some(copy) = elements.add(self.ids.dependency, descriptor.bytes())
        {
            let frame = descriptor.frame().wrapping_add(fields.numbers.frame_shift);
            DependencyDescriptor::write_frame(copy, frame);
        }
        let ExtensionWriter { header, length, .. } = elements;
        let extended = length > 16;
        let padded_length = length.next_multiple_of(4);
        header[length..padded_length].fill(0);
        header[0] = 0x80 | u8::from(fields.padded) << 5 | u8::from(extended) << 4;
        header[1] = u8::from(marker) << 7 | fields.payload_type & 0x7f;
        header[2..4].copy_from_slice(&fields.numbers.sequence.number().to_be_bytes());
        header[4..8].copy_from_slice(&fields.numbers.timestamp.to_be_bytes());
        header[8..12].copy_from_slice(&fields.ssrc.to_be_bytes());
        if !extended {
            return 12;
        }
        // RFC 8285 §4.2 and §4.3.
        header[12..14].copy_from_slice(if long { &[0x10, 0] } else { &[0xbe, 0xde] });
        let words = (padded_length - 16) as u16 / 4;
        header[14..16].copy_from_slice(&words.to_be_bytes());
        padded_length
    }
}

fn slot(sequence: ExtSeq) -> usize {
    (sequence.0 % RECORDED_HEADERS as u64) as usize
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    use str0m::rtp::{AbsCaptureTime, ExtensionValues};

    use super::*;

    fn outgoing(extensions: ExtensionMap) -> SendTrack {
        SendTrack::new(NegotiatedTrack {
            id: TrackId { video: true, ordinal: 0 },
            mid: "v".into(),
            ssrc: Ssrc(9),
            repair_ssrc: Ssrc(10),
            codecs: CodecConfig::empty(),
            extensions,
            retransmits_audio: false,
            random: 0,
        })
    }

    fn written(outgoing: &SendTrack, meaning: &ForwardedExtensions) -> Vec<u8> {
        let numbers =
            RewrittenNumbers { sequence: ExtSeq(1), timestamp: 2, picture: None, frame_shift: 3 };
        let fields = HeaderFields {
            payload_type: 96,
            ssrc: Ssrc(9),
            numbers,
            padded: false,
            with_mid: true,
            transport: None,
        };
        let mut header = [0xff; MAX_HEADER];
        let length = outgoing.write_header(&mut header, &fields, true, meaning);
        header[..length].to_vec()
    }

    #[test]
    fn header_extensions_are_forwarded_under_subscriber_ids() {
        let mut extensions = ExtensionMap::empty();
        extensions.set(2, Extension::RtpMid);
        extensions.set(7, Extension::AbsoluteCaptureTime);
        let capture = AbsCaptureTime {
            capture_time: UNIX_EPOCH + Duration::from_millis(1_500),
            clock_offset: Some(-7),
        };
        let values = ExtensionValues {
            audio_level: Some(-30),
            abs_capture_time: Some(capture),
            ..ExtensionValues::default()
        };
        let expected = [
            &[0x90, 0xe0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 9, 0xbe, 0xde, 0, 3][..],
            &[0x20, b'v', 0x77, 0x83, 0xaa, 0x7e, 0x81, 0x80, 0, 0, 0, 0],
        ];
        let header = written(&outgoing(extensions), &ForwardedExtensions::of(&values));
        assert_eq!(header, expected.concat());
    }

    #[test]
    fn dependency_descriptor_is_forwarded_with_shifted_frame_number() {
        let mut extensions = ExtensionMap::empty();
        extensions.set(2, Extension::RtpMid);
        extensions.set(12, dependency_descriptor::extension());
        let told = outgoing(extensions);
        let meaning = |bytes: &[u8]| {
            let mut meaning = ForwardedExtensions::default();
            meaning.dependency = DependencyDescriptor::of(bytes).map(Arc::new);
            meaning
        };
        // Frame 65,535 becomes frame 2.
        let short = written(&told, &meaning(&[0xc1, 0xff, 0xff]));
        let one_byte = [0xbe, 0xde, 0, 2, 0x20, b'v', 0xc2, 0xc1, 0, 2, 0, 0];
        assert_eq!(short[12..], one_byte);
        let mut list = [0xc1, 0xff, 0xff].to_vec();
        list.resize(21, 7);
        let long = written(&told, &meaning(&list));
        let two_byte = [0x10, 0, 0, 7, 2, 1, b'v', 12, 21, 0xc1, 0, 2, 7];
        assert_eq!(long[12..25], two_byte);
        assert_eq!((long.len(), &long[40..]), (44, &[7, 7, 0, 0][..]));
        // The longest there can be has room.
        list.resize(255, 7);
        assert_eq!(written(&told, &meaning(&list)).len(), 16 + 260);
        let untold = outgoing(ExtensionMap::empty());
        assert_eq!(written(&untold, &meaning(&list)).len(), 12);
    }
}
