//! How packets reach a subscriber: at present through str0m's own send streams.

use std::time::Instant;

use str0m::format::CodecConfig;
use str0m::media::{KeyframeRequest, MediaKind, Mid, Pt};
use str0m::rtp::{RtpWrite, Ssrc};

use crate::packet::{Packet, TrackName, clock_rate};
use crate::transport::Transport;

/// A subscriber's sending side.
pub(crate) struct Egress {
    tracks: Vec<Outgoing>,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) packets_without_codec: u64,
}

/// One m-line of a subscriber.
struct Outgoing {
    name: TrackName,
    mid: Mid,
    stream: Ssrc,
    repair: Ssrc,
    /// Whether str0m knows the stream. It would report a time mapping (RTCP SR) of zero for one
    /// that has not sent yet, and throw lip sync off: so it learns of it with the first packet.
    declared: bool,
    /// Source and payload type last forwarded, and what the subscriber takes them as.
    matched: Option<Match>,
    sequence_offset: u64,
    timestamp_offset: u32,
    /// What has been sent last on this stream, counting upwards only.
    last: Option<Last>,
    /// Sequence number and timestamp before the first packet. The number is below 2^15: a receiver
    /// assumes that no roll-over came before the first packet it sees (RFC 3711 §3.3.1).
    initial: (u64, u32),
}

#[derive(Clone, Copy)]
struct Match {
    source: u32,
    payload_type: Pt,
    /// The subscriber's payload type, and whether it can be repaired; [`None`] without the codec.
    taken_as: Option<(Pt, bool)>,
}

#[derive(Clone, Copy)]
struct Last {
    sequence: u64,
    timestamp: u32,
    arrival: Instant,
}

impl Egress {
    /// Without tracks yet.
    pub(crate) fn new() -> Self {
        Egress { tracks: Vec::new(), packets: 0, bytes: 0, packets_without_codec: 0 }
    }

    /// A track was negotiated; it is left out if there are `limit` of its kind. `random` gives its
    /// first sequence number and timestamp.
    pub(crate) fn add_track(
        &mut self,
        transport: &mut Transport,
        kind: MediaKind,
        mid: Mid,
        limit: usize,
        random: u64,
    ) {
        let names = self.tracks.iter().map(|t| t.name);
        let Some(name) = TrackName::next(names, kind, limit) else {
            return;
        };
        let mut direct = transport.rtc.direct_api();
        // The SDP answer announced these.
        let Some((stream, repair)) =
            direct.stream_tx_by_mid(mid, None).map(|s| (s.ssrc(), s.rtx()))
        else {
            return;
        };
        direct.remove_stream_tx(stream);
        let repair = repair.unwrap_or_else(|| direct.new_ssrc());
        self.tracks.push(Outgoing {
            name,
            mid,
            stream,
            repair,
            declared: false,
            matched: None,
            sequence_offset: 0,
            timestamp_offset: 0,
            last: None,
            initial: (random & 0x7fff, (random >> 16) as u32),
        });
    }

    /// The track str0m's request is about.
    pub(crate) fn requested(&self, request: &KeyframeRequest) -> Option<TrackName> {
        let track = self.tracks.iter().find(|t| t.mid == request.mid)?;
        Some(track.name)
    }

    /// Queues one packet; [`Transport::advance`] and [`Transport::drain`] send it.
    pub(crate) fn send(
        &mut self,
        transport: &mut Transport,
        name: TrackName,
        packet: &Packet,
        splice: bool,
    ) {
        let Some(track) = self.tracks.iter_mut().find(|t| t.name == name) else {
            return;
        };
        if splice {
            track.matched = None;
        }
        let Some((payload_type, repairable)) = track.payload_type(transport, packet) else {
            self.packets_without_codec += 1;
            return;
        };
        let (sequence, timestamp) = track.rewrite(packet, splice);
        let mut direct = transport.rtc.direct_api();
        if !track.declared {
            direct.declare_stream_tx(track.stream, Some(track.repair), track.mid, None);
            track.declared = true;
        }
        let Some(stream) = direct.stream_tx(&track.stream) else {
            return;
        };
        let write = RtpWrite::new(
            payload_type,
            sequence.into(),
            timestamp,
            packet.captured,
            packet.payload.clone(),
        );
        stream.write_rtp(
            write.marker(packet.marker).nackable(repairable).ext_vals(packet.extensions.values()),
        );
        self.packets += 1;
        self.bytes += packet.payload.len() as u64;
    }
}

impl Outgoing {
    /// The payload type the subscriber knows the packet's codec by, and whether it can be repaired
    /// (RTX, RFC 4588).
    fn payload_type(&mut self, transport: &Transport, packet: &Packet) -> Option<(Pt, bool)> {
        let (source, payload_type) = (packet.source, packet.codec.pt());
        if let Some(m) = self.matched
            && (m.source, m.payload_type) == (source, payload_type)
        {
            return m.taken_as;
        }
        let accepted = transport.rtc.media(self.mid)?.remote_pts();
        let params = transport.rtc.codec_config().params().iter();
        let params = params.filter(|p| accepted.contains(&p.pt())).copied();
        let accepted = CodecConfig::new_from_payload_params(params.collect());
        let params = accepted.match_params(packet.codec);
        let taken_as = params.map(|p| (p.pt(), p.resend().is_some()));
        self.matched = Some(Match { source, payload_type, taken_as });
        taken_as
    }

    /// The packet's number and timestamp on this stream.
    ///
    /// Both go on across publishers: the number by one, the timestamp by the time that passed.
    fn rewrite(&mut self, packet: &Packet, splice: bool) -> (u64, u32) {
        if splice || self.last.is_none() {
            let (sequence, timestamp) = match self.last {
                None => self.initial,
                Some(last) => {
                    let passed = packet.arrival.saturating_duration_since(last.arrival);
                    let ticks = passed.as_micros() * u128::from(clock_rate(&packet.codec));
                    let ticks = (ticks / 1_000_000).max(1);
                    (last.sequence + 1, last.timestamp.wrapping_add(ticks as u32))
                }
            };
            self.sequence_offset = sequence.wrapping_sub(packet.sequence);
            self.timestamp_offset = timestamp.wrapping_sub(packet.timestamp);
        }
        let sequence = packet.sequence.wrapping_add(self.sequence_offset);
        let timestamp = packet.timestamp.wrapping_add(self.timestamp_offset);
        if self.last.is_none_or(|l| l.sequence < sequence) {
            self.last = Some(Last { sequence, timestamp, arrival: packet.arrival });
        }
        (sequence, timestamp)
    }
}
