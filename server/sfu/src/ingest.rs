//! What comes from a publisher.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use str0m::format::Codec;
use str0m::media::{KeyframeRequestKind, MediaKind, Mid, Rid};
use str0m::rtp::RtpPacket;
use str0m::rtp::rtcp::SenderInfo;

use crate::dependency::{self, Templates};
use crate::h264;
use crate::jitter::Jitter;
use crate::keyframe::begins_keyframe;
use crate::packet::{EndToEnd, Forwarded, MAX_LAYERS, Packet, Source, TrackName, clock_rate};
use crate::picture::{Picture, vp8_height};
use crate::scalable::{Part, Scalable, Share, Structure};
use crate::statistics::LayerStatistics;
use crate::transport::Transport;
use crate::vp9;

/// Longest plausible time between capture and arrival, repairs and late tracks included.
const MAX_UNDER_WAY: Duration = Duration::from_secs(5);

/// Of an SRTP packet's number with its roll-overs (RFC 3711 §3.3.1).
const INDEX_BITS: u32 = 48;

/// A publisher's receiving side.
pub(crate) struct Ingest {
    tracks: Vec<Incoming>,
    /// The publisher's wall clock, as its sender reports show it, against ours: the least
    /// difference seen between when a packet was captured there and when it arrived here.
    clock: Option<Clock>,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
}

/// One m-line of a publisher.
struct Incoming {
    name: TrackName,
    mid: Mid,
    keyframe_requests: u64,
    /// Its layers: of simulcast with a name each, of a scalable stream without; otherwise there is
    /// one without a name.
    layers: Vec<IncomingLayer>,
    /// Packets missing from sources before.
    lost_before: u64,
    /// Of its first layer.
    jitter: Jitter,
    /// Its only stream holds several layers.
    scalable: Option<Parts>,
    /// How that is told in AV1.
    templates: Templates,
}

/// A scalable stream.
struct Parts {
    ssrc: u32,
    structure: Structure,
    numbers: Scalable,
}

struct IncomingLayer {
    rid: Option<Rid>,
    /// Of the source that sends at present: its first and highest sequence number, and how many
    /// came. The first layer counts for all of a scalable stream.
    span: Option<Span>,
    /// What came of it, over all sources.
    seen: LayerStatistics,
}

impl IncomingLayer {
    fn new(rid: Option<Rid>) -> Self {
        IncomingLayer { rid, span: None, seen: LayerStatistics { height: None, bytes: 0 } }
    }
}

#[derive(Clone, Copy)]
struct Span {
    source: u32,
    first: u64,
    highest: u64,
    packets: u64,
}

impl Span {
    fn lost(&self) -> u64 {
        (self.highest - self.first + 1).saturating_sub(self.packets)
    }
}

/// `here` and `there` are the same moment.
#[derive(Clone, Copy)]
struct Clock {
    here: Instant,
    there: SystemTime,
}

impl Ingest {
    /// Without tracks yet.
    pub(crate) fn new() -> Self {
        Ingest { tracks: Vec::new(), clock: None, packets: 0, bytes: 0 }
    }

    /// A track was negotiated; it is left out if there are `limit` of its kind.
    pub(crate) fn add_track(&mut self, kind: MediaKind, mid: Mid, limit: usize) {
        let names = self.tracks.iter().map(|t| t.name);
        let Some(name) = TrackName::next(names, kind, limit) else {
            return;
        };
        self.tracks.push(Incoming {
            name,
            mid,
            keyframe_requests: 0,
            layers: Vec::new(),
            lost_before: 0,
            jitter: Jitter::default(),
            scalable: None,
            templates: Templates::default(),
        });
    }

    /// Adds what str0m received to the packets to forward, in each layer that it belongs to; [`None`]
    /// if it belongs to nothing that was negotiated.
    pub(crate) fn receive(
        &mut self,
        transport: &mut Transport,
        received: RtpPacket,
        burst: &mut Vec<Forwarded>,
    ) -> Option<()> {
        // Nothing has come before the first number (RFC 3711 §3.3.1): str0m lets a count begin before it.
        if *received.seq_no >> INDEX_BITS != 0 {
            return None;
        }
        let source = received.header.ssrc;
        let mut direct = transport.rtc.direct_api();
        let stream = direct.stream_rx(&source)?;
        let (mid, rid) = (stream.mid(), stream.rid());
        let track = self.tracks.iter_mut().find(|t| t.mid == mid)?;
        let name = track.name;
        if transport.repairs_sound && !name.video {
            // str0m does it by itself only where repairs have a stream of their own.
            stream.suppress_nack(false);
        }
        let layer = track.layer(rid)?;
        track.count(layer, *source, *received.seq_no);
        let payload_type = received.header.payload_type;
        let codec = *transport.rtc.codec_config().find(|p| p.pt() == payload_type)?;
        let mut extensions = EndToEnd::of(&received.header.ext_vals);
        let part = match codec.spec().codec {
            Codec::Vp9 => vp9::read(&received.payload),
            Codec::Av1 => {
                extensions.dependency = dependency::of(&received.header.ext_vals);
                extensions.dependency.as_deref().map(|it| track.templates.read(it))
            }
            _ => None,
        };
        let begins = || begins_keyframe(codec.spec().codec, &received.payload);
        let keyframe = name.video && part.map_or_else(begins, |part| part.keyframe);
        let height = match codec.spec().codec {
            Codec::Vp8 if keyframe => vp8_height(&received.payload),
            Codec::H264 if keyframe => h264::height(&received.payload),
            _ => part.and_then(|part| part.structure?.height(part.layer)),
        };
        let vp8 = codec.spec().codec == Codec::Vp8;
        self.packets += 1;
        self.bytes += received.payload.len() as u64;
        let arrival = received.timestamp;
        let timestamp = received.header.timestamp;
        let rate = clock_rate(&codec);
        if layer == 0 {
            track.jitter.see(*source, arrival, timestamp, rate);
        }
        let report = received.last_sender_info.as_ref();
        let captured =
            report.and_then(|it| captured(&mut self.clock, it, timestamp, rate, arrival));
        let packet = Packet {
            sequence: *received.seq_no,
            timestamp,
            marker: received.header.marker,
            source: Source { ssrc: *source, layer: None },
            keyframe,
            begins: false,
            height,
            picture: if vp8 { Picture::of_vp8(&received.payload) } else { None },
            payload: received.payload,
            codec,
            arrival,
            captured: captured.unwrap_or(arrival),
            extensions,
        };
        match part.filter(|_| rid.is_none()) {
            Some(part) => track.take_apart(packet, part, burst),
            None => track.pass(layer, packet, burst),
        }
        Some(())
    }

    /// Asks the publisher for a keyframe (PLI, RFC 4585 §6.3.1) on a layer of the track of that
    /// name.
    pub(crate) fn request_keyframe(
        &mut self,
        transport: &mut Transport,
        name: TrackName,
        layer: u8,
    ) -> bool {
        let Some(track) = self.tracks.iter_mut().find(|t| t.name == name) else {
            return false;
        };
        let mut direct = transport.rtc.direct_api();
        let rid = track.layers.get(usize::from(layer)).and_then(|l| l.rid);
        let Some(stream) = direct.stream_rx_by_mid(track.mid, rid) else {
            return false;
        };
        stream.request_keyframe(KeyframeRequestKind::Pli);
        track.keyframe_requests += 1;
        true
    }

    /// Keyframe requests sent, over all tracks.
    pub(crate) fn keyframe_requests(&self) -> u64 {
        self.tracks.iter().map(|t| t.keyframe_requests).sum()
    }

    /// Packets that never came, over all tracks; those still to be repaired are among them.
    pub(crate) fn lost(&self) -> u64 {
        let layers =
            |t: &Incoming| t.layers.iter().filter_map(|l| Some(l.span?.lost())).sum::<u64>();
        self.tracks.iter().map(|t| t.lost_before + layers(t)).sum()
    }

    /// How unevenly it comes: the sound, or the picture where there is none.
    pub(crate) fn jitter(&self) -> Option<Duration> {
        let of = |video: bool| {
            let mut tracks = self.tracks.iter().filter(|t| t.name.video == video);
            tracks.find_map(|t| t.jitter.estimate())
        };
        of(false).or_else(|| of(true))
    }

    /// The layers of the first video track, in the order in which they first came.
    pub(crate) fn layers(&self) -> Vec<LayerStatistics> {
        let video = self.tracks.iter().find(|t| t.name.video);
        video.map_or_else(Vec::new, |t| t.layers.iter().map(|l| l.seen).collect())
    }
}

/// When the packet was captured, on our clock (RFC 3550 §6.4.1: a sender report ties RTP
/// timestamps to the sender's wall clock, one for all its streams).
fn captured(
    clock: &mut Option<Clock>,
    report: &SenderInfo,
    timestamp: u32,
    rate: u64,
    arrival: Instant,
) -> Option<Instant> {
    // Timestamps wrap; the nearer way round is meant.
    let ticks = timestamp.wrapping_sub(report.rtp_time.numer() as u32) as i32;
    let span = Duration::from_micros(u64::from(ticks.unsigned_abs()) * 1_000_000 / rate.max(1));
    let there = if ticks < 0 {
        report.ntp_time.checked_sub(span)?
    } else {
        report.ntp_time.checked_add(span)?
    };
    let clock = clock.get_or_insert(Clock { here: arrival, there });
    let captured = match there.duration_since(clock.there) {
        Ok(later) => clock.here.checked_add(later)?,
        Err(earlier) => clock.here.checked_sub(earlier.duration())?,
    };
    if captured > arrival || arrival.duration_since(captured) > MAX_UNDER_WAY {
        // Nothing arrives before it was captured: the difference was taken from a packet that
        // had been under way for longer than this one. And nothing takes that long: the
        // publisher's clock was set.
        *clock = Clock { here: arrival, there };
        return Some(arrival);
    }
    Some(captured)
}

impl Incoming {
    /// The number of a layer; none if there are too many.
    fn layer(&mut self, rid: Option<Rid>) -> Option<usize> {
        if let Some(known) = self.layers.iter().position(|l| l.rid == rid) {
            return Some(known);
        }
        if self.layers.len() >= MAX_LAYERS {
            return None;
        }
        self.layers.push(IncomingLayer::new(rid));
        Some(self.layers.len() - 1)
    }

    /// Gives each layer its share of a packet, the lowest first. Which layers there are is what the
    /// stream's keyframes say; without a word of theirs, there is one.
    fn take_apart(&mut self, packet: Packet, part: Part, burst: &mut Vec<Forwarded>) {
        let ssrc = packet.source.ssrc;
        if let Some(structure) = part.structure.filter(|_| packet.keyframe) {
            let known = self.scalable.take().filter(|_| structure.count > 1);
            let known = known.filter(|parts| parts.ssrc == ssrc).map(|parts| parts.numbers);
            let numbers = known.unwrap_or_else(|| Scalable::new(packet.sequence));
            self.scalable = (structure.count > 1).then_some(Parts { ssrc, structure, numbers });
        }
        let Some(parts) = self.scalable.as_mut().filter(|parts| parts.ssrc == ssrc) else {
            return self.pass(0, packet, burst);
        };
        let structure = parts.structure;
        let count = usize::from(structure.count).min(MAX_LAYERS);
        let begins = part.begins && parts.numbers.is_newest(packet.sequence);
        let shares = parts.numbers.place(packet.sequence, part.layer, count);
        for (layer, share) in (0..).zip(shares) {
            let source = Source { ssrc, layer: Some(layer) };
            let share = match share {
                Some(Share::Whole(sequence)) => Packet {
                    source,
                    sequence,
                    begins,
                    // The last of the picture, for those who get no higher layer.
                    marker: packet.marker || part.ends && part.layer == layer,
                    height: structure.height(layer),
                    ..packet.clone()
                },
                Some(Share::Empty(sequence)) => Packet {
                    source,
                    sequence,
                    marker: false,
                    keyframe: false,
                    payload: Arc::default(),
                    extensions: EndToEnd::default(),
                    ..packet.clone()
                },
                None => continue,
            };
            self.pass(layer.into(), share, burst);
        }
    }

    /// Gives a packet to one layer.
    fn pass(&mut self, layer: usize, packet: Packet, burst: &mut Vec<Forwarded>) {
        while self.layers.len() <= layer {
            self.layers.push(IncomingLayer::new(None));
        }
        if let Some(layer) = self.layers.get_mut(layer) {
            layer.seen.bytes += packet.payload.len() as u64;
            layer.seen.height = packet.height.or(layer.seen.height);
        }
        burst.push(Forwarded { name: self.name, layer: layer as u8, packet });
    }

    fn count(&mut self, layer: usize, source: u32, sequence: u64) {
        let begun = Span { source, first: sequence, highest: sequence, packets: 0 };
        let Some(layer) = self.layers.get_mut(layer) else {
            return;
        };
        let span = layer.span.get_or_insert(begun);
        if span.source != source {
            self.lost_before += span.lost();
            *span = begun;
        }
        span.first = span.first.min(sequence);
        span.highest = span.highest.max(sequence);
        span.packets += 1;
    }
}
