//! The receiving side of a publisher.

mod clock;
mod incoming;
mod local;
mod loss_recovery;
mod track;

use std::time::{Duration, Instant};

use str0m::media::{KeyframeRequestKind, MediaKind, Mid, Rid};
use str0m::rtp::RtpPacket;

use self::clock::{ReportGuard, SenderClock, captured};
pub(crate) use self::incoming::IncomingPacket;
use self::incoming::ReceivedPacket;
pub(crate) use self::local::LocalSource;
pub(crate) use self::loss_recovery::LatePacket;
use self::loss_recovery::{LossRecovery, RepairStream};
use crate::codec::dependency_descriptor::Templates;
use crate::codec::encoder::{Advice, EncoderMonitor};
use crate::codec::parameter_sets::ParameterSets;
use crate::codec::svc::{LayerStructure, SvcSplitter};
use crate::core::transport::Transport;
use crate::rate_limit::{LeakyBucket, cost};
use crate::rtp::jitter::Jitter;
use crate::rtp::nack_generator::NackGenerator;
use crate::rtp::numbers::{ExtSeq, Ssrc};
use crate::rtp::packet::{ForwardedPacket, TrackId, clock_rate};
use crate::stats::{LayerStats, PublisherStats};

/// Time for which a publisher may exceed its rate limit.
const MAX_EXCESS: Duration = Duration::from_secs(1);

/// Least cost of a datagram, in bytes: opening and forwarding a short one is no less work. Sound is
/// some fifty short ones a second, of thousands that this leaves.
const MIN_DATAGRAM_COST: usize = 300;

/// Time for which the artist is told of an excess.
const EXCESS_ADVICE_TIMEOUT: Duration = Duration::from_secs(10);

/// Bits of an SRTP packet index (RFC 3711 §3.3.1).
const SRTP_INDEX_BITS: u32 = 48;

/// Receiving side of one publisher.
pub(crate) struct Ingest {
    tracks: Vec<ReceiveTrack>,
    /// Offset of the publisher's wall clock, by its sender reports.
    clock: Option<SenderClock>,
    /// From the end of the handshake on.
    loss_recovery: Option<Box<LossRecovery>>,
    /// Limit of what it may send.
    rate: LeakyBucket,
    /// Datagrams beyond the limit.
    excess: u64,
    /// Arrival of the last of them.
    exceeded: Option<Instant>,
    pub(crate) packets: u64,
    bytes: u64,
}

/// An m-line of a publisher.
struct ReceiveTrack {
    id: TrackId,
    mid: Mid,
    keyframe_requests: u64,
    /// Layers: of simulcast each with its RID, of a scalable stream without; otherwise there is one
    /// without.
    layers: Vec<ReceiveLayer>,
    /// Packets missing from earlier sources.
    lost_before: u64,
    /// Jitter of its first layer.
    jitter: Jitter,
    /// State of a scalable stream, where its only stream is one.
    scalable: Option<SvcStream>,
    /// Templates of AV1's dependency descriptors.
    templates: Templates,
}

/// State of a scalable stream.
struct SvcStream {
    ssrc: Ssrc,
    /// Layers that its last keyframe listed.
    structure: LayerStructure,
    /// The most that one of its keyframes has listed.
    layers: u8,
    numbers: SvcSplitter,
}

struct ReceiveLayer {
    rid: Option<Rid>,
    /// Reception of the current source. The first layer counts for all of a scalable stream.
    span: Option<ReceptionSpan>,
    /// Missing packets of that source, if it answers NACKs.
    nacks: NackGenerator,
    repair: Option<RepairStream>,
    reports: ReportGuard,
    encoder: EncoderMonitor,
    /// Parameter sets of H.264.
    parameters: ParameterSets,
    /// Statistics over all sources.
    seen: LayerStats,
}

impl ReceiveLayer {
    fn new(rid: Option<Rid>) -> Self {
        ReceiveLayer {
            rid,
            span: None,
            nacks: NackGenerator::default(),
            repair: None,
            reports: ReportGuard::default(),
            encoder: EncoderMonitor::default(),
            parameters: ParameterSets::default(),
            seen: LayerStats::default(),
        }
    }
}

/// Packets expected and received of one source (RFC 3550 §A.3).
#[derive(Clone, Copy)]
struct ReceptionSpan {
    source: Ssrc,
    first: ExtSeq,
    highest: ExtSeq,
    packets: u64,
}

impl ReceptionSpan {
    /// Packets expected but not received.
    fn lost(&self) -> u64 {
        (self.highest - self.first + 1).saturating_sub(self.packets)
    }
}

impl Ingest {
    /// A side without tracks.
    pub(crate) fn new(now: Instant) -> Self {
        Ingest {
            tracks: Vec::new(),
            clock: None,
            loss_recovery: None,
            rate: LeakyBucket::new(MAX_EXCESS, now),
            excess: 0,
            exceeded: None,
            packets: 0,
            bytes: 0,
        }
    }

    /// True if a datagram of that length is within the publisher's rate limit of `bits` per second.
    /// A short one counts as one of [`MIN_DATAGRAM_COST`].
    pub(crate) fn is_within_rate(&mut self, length: usize, bits: u64, now: Instant) -> bool {
        let allowed = self.rate.pass(cost(length.max(MIN_DATAGRAM_COST) as u64, bits), now);
        if !allowed {
            self.excess += 1;
            self.exceeded = Some(now);
        }
        allowed
    }

    /// Adds a negotiated track, unless there are `limit` of its kind.
    pub(crate) fn add_track(&mut self, kind: MediaKind, mid: Mid, limit: usize) {
        let names = self.tracks.iter().map(|t| t.id);
        let Some(id) = TrackId::next(names, kind, limit) else {
            return;
        };
        self.tracks.push(ReceiveTrack {
            id,
            mid,
            keyframe_requests: 0,
            layers: Vec::new(),
            lost_before: 0,
            jitter: Jitter::default(),
            scalable: None,
            templates: Templates::default(),
        });
    }

    /// Adds a packet to those to forward; [`None`] if it belongs to nothing that was negotiated.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        transport: &mut Transport,
        incoming: IncomingPacket<'_>,
        burst: &mut Vec<ForwardedPacket>,
    ) -> Option<()> {
        match incoming {
            IncomingPacket::Decrypted(packet) => self.receive_decrypted(transport, packet, burst),
            IncomingPacket::Late(datagram) => self.receive_late(now, transport, datagram, burst),
            IncomingPacket::Local(_) => None,
        }
    }

    /// Adds a packet that str0m has opened to those to forward, in each layer that it belongs to.
    fn receive_decrypted(
        &mut self,
        transport: &mut Transport,
        received: RtpPacket,
        burst: &mut Vec<ForwardedPacket>,
    ) -> Option<()> {
        // Nothing has come before the first number (RFC 3711 §3.3.1): str0m lets a count begin before it.
        if *received.seq_no >> SRTP_INDEX_BITS != 0 {
            return None;
        }
        let source = Ssrc(*received.header.ssrc);
        let sequence = ExtSeq(*received.seq_no);
        let payload_type = received.header.payload_type;
        let rtc = transport.rtc.as_mut()?;
        let codec = *rtc.codec_config().find(|p| p.pt() == payload_type)?;
        let mut direct = rtc.direct_api();
        let stream = direct.stream_rx(&received.header.ssrc)?;
        let (mid, rid) = (stream.mid(), stream.rid());
        let nackable = transport.nackable.contains(*payload_type);
        let repair = stream.rtx().map(|ssrc| Ssrc(*ssrc));
        if nackable {
            // `loss_recovery` asks.
            stream.suppress_nack(true);
        }
        let track = self.tracks.iter_mut().find(|t| t.mid == mid)?;
        let layer = track.layer(rid)?;
        track.count(layer, source, sequence);
        let known = track.layers.get_mut(layer)?;
        if nackable {
            known.nacks.received(sequence, received.timestamp);
        }
        if let Some(ssrc) =
            repair.filter(|ssrc| !known.repair.as_ref().is_some_and(|it| it.is(*ssrc)))
        {
            known.repair = Some(RepairStream::new(ssrc));
        }
        if !known.parameters.is_of(source) {
            let mut offered = transport.parameters.iter();
            let offered = offered.find(|(format, _)| *format == *payload_type);
            let sets = offered.map(|(_, sets)| sets.clone()).unwrap_or_default();
            known.parameters.begin(source, sequence, sets);
        }
        let (timestamp, rate) = (received.header.timestamp, clock_rate(&codec));
        let report = received.last_sender_info.as_ref();
        let report = known.reports.check(report, (source, timestamp, received.timestamp), rate);
        let captured = report.and_then(|report| {
            captured(&mut self.clock, report, timestamp, rate, received.timestamp)
        });
        let arrived = ReceivedPacket {
            source,
            sequence,
            timestamp,
            marker: received.header.marker,
            payload: received.payload,
            codec,
            arrival: received.timestamp,
            captured,
        };
        self.packets += 1;
        self.bytes += arrived.payload.len() as u64;
        track.take(layer, arrived, &received.header.ext_vals, burst);
        Some(())
    }

    /// Asks the publisher for a keyframe of one layer (PLI, RFC 4585 §6.3.1).
    pub(crate) fn request_keyframe(
        &mut self,
        transport: &mut Transport,
        id: TrackId,
        layer: u8,
    ) -> bool {
        let Some(track) = self.tracks.iter_mut().find(|t| t.id == id) else {
            return false;
        };
        let Some(rtc) = &mut transport.rtc else {
            return false;
        };
        let mut direct = rtc.direct_api();
        let rid = track.layers.get(usize::from(layer)).and_then(|l| l.rid);
        let Some(stream) = direct.stream_rx_by_mid(track.mid, rid) else {
            return false;
        };
        stream.request_keyframe(KeyframeRequestKind::Pli);
        track.keyframe_requests += 1;
        if let Some(layer) = track.layers.get_mut(usize::from(layer)) {
            layer.encoder.keyframe_requested();
        }
        true
    }

    /// Asks the publisher for a keyframe of every layer that has come, at most `MAX_LAYERS` a
    /// track; returns the number of requests.
    pub(crate) fn request_keyframes(&mut self, transport: &mut Transport) -> u64 {
        let video = self.tracks.iter().filter(|t| t.id.video);
        let layers = video.flat_map(|t| (0..t.layers.len()).map(|layer| (t.id, layer as u8)));
        let layers: Vec<(TrackId, u8)> = layers.collect();
        let ask = |(id, layer)| self.request_keyframe(transport, id, layer);
        layers.into_iter().map(ask).filter(|sent| *sent).count() as u64
    }

    /// True if video was negotiated.
    pub(crate) fn has_video(&self) -> bool {
        self.tracks.iter().any(|t| t.id.video)
    }

    /// Its statistics, but for what only the session knows.
    pub(crate) fn stats(&self, now: Instant) -> PublisherStats {
        PublisherStats {
            packets: self.packets,
            bytes: self.bytes,
            lost: self.lost(),
            excess: self.excess,
            keyframe_requests: self.keyframe_requests(),
            jitter: self.jitter(),
            layers: self.layers(),
            advice: self.advice(now),
            ..PublisherStats::default()
        }
    }

    /// Keyframe requests sent, over all tracks.
    fn keyframe_requests(&self) -> u64 {
        self.tracks.iter().map(|t| t.keyframe_requests).sum()
    }

    /// Packets that never came, over all tracks; those still to be repaired are among them.
    fn lost(&self) -> u64 {
        let layers =
            |t: &ReceiveTrack| t.layers.iter().filter_map(|l| Some(l.span?.lost())).sum::<u64>();
        self.tracks.iter().map(|t| t.lost_before + layers(t)).sum()
    }

    /// Jitter of the audio, or of the video where there is none.
    fn jitter(&self) -> Option<Duration> {
        let of = |video: bool| {
            let mut tracks = self.tracks.iter().filter(|t| t.id.video == video);
            tracks.find_map(|t| t.jitter.estimate())
        };
        of(false).or_else(|| of(true))
    }

    /// Settings to change, of the first video track.
    fn advice(&self, now: Instant) -> Vec<Advice> {
        let mut advice = Vec::new();
        if let Some(video) = self.tracks.iter().find(|t| t.id.video) {
            let first = video.layers.first();
            advice.extend(first.into_iter().flat_map(|layer| layer.encoder.advice(now)));
            if video.layers.iter().any(|layer| layer.parameters.unknown) {
                advice.push(Advice::NoParameterSets);
            }
        }
        if self.exceeded.is_some_and(|at| now.saturating_duration_since(at) < EXCESS_ADVICE_TIMEOUT)
        {
            advice.push(Advice::TooMuch);
        }
        advice
    }

    /// The layers of the first video track, in the order in which they first came.
    fn layers(&self) -> Vec<LayerStats> {
        let video = self.tracks.iter().find(|t| t.id.video);
        video.map_or_else(Vec::new, |t| t.layers.iter().map(|l| l.seen).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn short_datagrams_are_bounded_in_number() {
        let begun = Instant::now();
        let mut ingest = Ingest::new(begun);
        let bits = 30_000_000;
        // A second's worth at once, and that of the second.
        let at = |index: u64| begun + Duration::from_micros(index * 10);
        let passed =
            (0..100_000).filter(|index| ingest.is_within_rate(40, bits, at(*index))).count();
        assert!((24_900..25_100).contains(&passed), "{passed}");
        // Sound, and three layers of pictures in full packets.
        let mut ingest = Ingest::new(begun);
        let at = |index: u64| begun + Duration::from_millis(index);
        for index in 0..10_000 {
            assert!(ingest.is_within_rate(1_200, bits, at(index)));
            assert!(index % 20 != 0 || ingest.is_within_rate(80, bits, at(index)));
        }
    }
}
