//! A subscriber: its tracks, its ciphers, its feedback.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::crypto::CryptoProvider;

use super::audience::KEYFRAME_DEBT;
use super::batch::Batch;
use super::bwe::{BandwidthEstimator, ReportedBandwidth};
use super::forwarder::Forwarder;
use super::pacer::{CATCH_UP_INTERVAL, Pacer};
use super::retransmission::{
    MAX_RETRANSMISSIONS_PER_SECOND, RetransmissionBudget, RetransmissionLog,
};
use super::send_track::{HeaderFields, MAX_HEADER, NegotiatedTrack, SendTrack};
use crate::ids::{SessionId, StageKey};
use crate::rate_limit::{LeakyBucket, TokenBucket};
use crate::rtcp::{
    CompoundPacket, DelaySinceReference, ReceptionReport, ReferenceTime, SenderReport,
    TransportFeedback,
};
use crate::rtp::numbers::Ssrc;
use crate::rtp::packet::{ForwardedExtensions, Packet, TrackId};
use crate::rtp::rewriter::Splice;
use crate::shard::egress::Egress;
use crate::srtp::keys::SrtpKeys;
use crate::srtp::{InvalidSrtpKeys, RtcpOpener, Sealer};
use crate::stats::SubscriberStats;

/// Packets a second that one subscriber's transport-wide feedback may cover: several times what the
/// best video has. Feedback costs a subscriber next to nothing.
const MAX_FEEDBACK_PER_SECOND: u32 = 16_384;

/// Time between two sender reports; the first comes in the round after the first packet.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Sending side of one subscriber.
pub(crate) struct Subscriber {
    pub(super) stage: StageKey,
    pub(super) remote: SocketAddr,
    pub(super) sealer: Sealer,
    opener: RtcpOpener,
    pub(super) tracks: Vec<SendTrack>,
    /// Forwarders of the stage's tracks, in their order.
    pub(super) forwarders: Vec<Forwarder>,
    /// Its bandwidth, if it takes video and can tell what arrives of it.
    pub(super) bandwidth: Option<Box<BandwidthEstimator>>,
    /// Its bandwidth by its reports.
    reported: ReportedBandwidth,
    pub(super) pacer: Pacer,
    /// Largest height that it has use for, in pixels.
    pub(super) max_height: Option<u16>,
    pub(super) transport_number: u16,
    admitted: Instant,
    report_due: Instant,
    has_reported: bool,
    /// Its reference time, to be answered with the next report, and ours when it came.
    reference: Option<(ReferenceTime, u32)>,
    /// Limit of keyframes that it can request of the publisher.
    pub(super) keyframe_requests: LeakyBucket,
    pub(super) retransmission_limit: TokenBucket,
    pub(super) retransmission_budget: RetransmissionBudget,
    pub(super) retransmissions: RetransmissionLog,
    /// Limit of packets that its feedback may cover.
    feedback_limit: TokenBucket,
    pub(super) stats: SubscriberStats,
}

/// Result of a subscriber's handshake.
pub(crate) struct SubscriberSetup {
    pub(crate) session: SessionId,
    pub(crate) stage: StageKey,
    pub(crate) remote: SocketAddr,
    /// Largest height that it has use for, in pixels.
    pub(crate) max_height: Option<u16>,
    pub(crate) keys: SrtpKeys,
    pub(crate) tracks: Vec<NegotiatedTrack>,
}

/// Context of sending to any subscriber.
pub(super) struct SendContext<'a> {
    pub(super) batch: &'a mut Batch,
    pub(super) egress: &'a mut dyn Egress,
    /// When what is written next leaves.
    pub(super) now: Instant,
    /// When the round began.
    told: Instant,
}

impl<'a> SendContext<'a> {
    pub(super) fn new(batch: &'a mut Batch, egress: &'a mut dyn Egress, now: Instant) -> Self {
        SendContext { batch, egress, now, told: now }
    }

    /// Notes that time has passed with sending to others.
    pub(super) fn go_on(&mut self) {
        self.now = self.egress.time(self.told);
    }
}

impl Subscriber {
    /// # Errors
    /// [`InvalidSrtpKeys`].
    pub(super) fn new(
        admission: SubscriberSetup,
        crypto: &CryptoProvider,
        now: Instant,
    ) -> Result<Self, InvalidSrtpKeys> {
        let tracks: Vec<_> = admission.tracks.into_iter().map(SendTrack::new).collect();
        let video = tracks.iter().any(|t| t.id.video && t.numbers_video());
        Ok(Subscriber {
            stage: admission.stage,
            remote: admission.remote,
            sealer: Sealer::new(&admission.keys, crypto)?,
            opener: RtcpOpener::new(&admission.keys, crypto)?,
            tracks,
            forwarders: Vec::new(),
            bandwidth: video.then(|| Box::new(BandwidthEstimator::new(now))),
            reported: ReportedBandwidth::default(),
            pacer: Pacer::NEW,
            max_height: admission.max_height,
            transport_number: 0,
            admitted: now,
            report_due: now,
            has_reported: false,
            reference: None,
            keyframe_requests: LeakyBucket::new(KEYFRAME_DEBT, now),
            retransmission_limit: TokenBucket::new(MAX_RETRANSMISSIONS_PER_SECOND, now),
            retransmission_budget: RetransmissionBudget::new(now),
            retransmissions: RetransmissionLog::default(),
            feedback_limit: TokenBucket::new(MAX_FEEDBACK_PER_SECOND, now),
            stats: SubscriberStats::default(),
        })
    }

    /// True while the last flight of its handshake may not have been read.
    pub(super) fn is_new(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.admitted) < CATCH_UP_INTERVAL
    }

    /// Writes one packet of a track into the batch. `padding` bytes may be added, to make datagrams
    /// of one length.
    pub(super) fn write(
        &mut self,
        id: TrackId,
        packet: &Packet,
        splice: Splice,
        padding: u8,
        context: &mut SendContext<'_>,
    ) {
        let Some(track) = self.tracks.iter_mut().find(|t| t.id == id) else {
            return;
        };
        let Some(mapping) = track.payload_mapping(packet) else {
            self.stats.without_codec += 1;
            return;
        };
        let may_vary = track.header_may_vary(mapping);
        let told = may_vary && track.counts_transport();
        let counted = told && self.bandwidth.as_ref().is_some_and(|b| b.counts(id.video));
        let transport = number(counted, &mut self.transport_number);
        let padding = if may_vary && !track.records_headers() { padding } else { 0 };
        let fields = HeaderFields {
            payload_type: mapping.payload_type,
            ssrc: track.ssrc,
            numbers: track.rewriter.rewrite(packet, splice),
            padded: padding > 0,
            with_mid: !track.mid_known,
            transport,
        };
        let meaning = (packet.marker, &packet.extensions);
        let sealed = if padding == 0 && fields.numbers.picture.is_none() {
            seal(&mut self.sealer, track, &fields, meaning, &packet.payload, context)
        } else {
            let mut scratch = std::mem::take(&mut context.batch.scratch);
            scratch.clear();
            scratch.extend_from_slice(&packet.payload);
            if let Some(picture) = fields.numbers.picture {
                picture.write(&mut scratch);
            }
            if padding > 0 {
                // The last byte says how many there are (RFC 3550 §5.1).
                scratch.resize(packet.payload.len() + usize::from(padding) - 1, 0);
                scratch.push(padding);
            }
            let sealed = seal(&mut self.sealer, track, &fields, meaning, &scratch, context);
            context.batch.scratch = scratch;
            sealed
        };
        let Some(bytes) = sealed else {
            return;
        };
        self.pacer.spend(bytes);
        if splice != Splice::None && packet.keyframe {
            track.begin_afresh(fields.numbers.sequence);
        }
        track.record_header(&fields);
        track.packets = track.packets.wrapping_add(1);
        track.bytes = track.bytes.wrapping_add(packet.payload.len() as u32);
        context.batch.media += 1;
        self.stats.packets += 1;
        self.stats.bytes += packet.payload.len() as u64;
        if let (Some(bandwidth), Some(number)) = (&mut self.bandwidth, transport) {
            bandwidth.on_sent(context.now, number, bytes);
        }
    }

    /// Bits per second that its network carries, as far as is known.
    pub(super) fn budget(&self, now: Instant) -> u64 {
        let told = match self.bandwidth.as_ref().filter(|b| !b.is_unheard(now)) {
            Some(bandwidth) => bandwidth.estimate(),
            None => self.reported.estimate(),
        };
        told.min(self.reported.bound())
    }

    /// Takes its own bound of the bandwidth.
    pub(super) fn on_bandwidth_bound(&mut self, bits: u64) {
        self.reported.set_bound(bits);
    }

    /// Sends what was written.
    pub(super) fn send(&self, context: &mut SendContext<'_>) {
        context.batch.send(self.remote, context.egress);
    }

    /// Opens its SRTCP.
    pub(super) fn open(&mut self, datagram: &[u8], opened: &mut Vec<u8>) -> bool {
        let open = self.opener.open_rtcp(datagram, opened);
        self.stats.refused_rtcp += u64::from(!open);
        open
    }

    /// The track with that SSRC.
    pub(super) fn track(&self, ssrc: Ssrc) -> Option<TrackId> {
        Some(self.tracks.iter().find(|t| t.ssrc == ssrc)?.id)
    }

    /// Handles transport-wide feedback.
    pub(super) fn on_transport_feedback(&mut self, feedback: &TransportFeedback<'_>, now: Instant) {
        if let Some(bandwidth) = &mut self.bandwidth
            && self.feedback_limit.take(feedback.count().into(), now)
        {
            bandwidth.on_feedback(now, feedback);
        }
    }

    /// Handles a reception report block.
    pub(super) fn on_reception_report(
        &mut self,
        report: &ReceptionReport,
        ntp_now: u64,
        now: Instant,
    ) {
        let Some(track) = self.tracks.iter_mut().find(|t| t.ssrc == report.ssrc) else {
            return;
        };
        track.lost = u64::try_from(report.lost).unwrap_or_default();
        if track.id.video {
            self.reported.report(now, report.fraction_lost, track.bytes);
        }
        // Pictures may be sent again under the same number, and have to be the same then.
        track.mid_known = !track.id.video;
        if let Some(last) = track.rewriter.last()
            && track.id.video
        {
            let ticks = u64::from(report.jitter) * 1_000_000;
            self.stats.jitter = Duration::from_micros(ticks / last.rate.max(1));
        }
        self.stats.lost = self.tracks.iter().map(|t| t.lost).sum();
        if report.last_report != 0 {
            // RFC 3550 §6.4.1: all in 65,536ths of a second.
            let now = middle(ntp_now);
            let units = now.wrapping_sub(report.last_report).wrapping_sub(report.delay);
            // More than half the range is a clock that runs too fast: no round trip at all.
            let units = if units > i32::MAX as u32 { 0 } else { units };
            self.stats.round_trip =
                Some(Duration::from_micros(u64::from(units) * 1_000_000 / 65_536));
        }
    }

    /// Handles its reference time.
    pub(super) fn on_reference_time(&mut self, time: ReferenceTime, ntp_now: u64) {
        self.reference = Some((time, middle(ntp_now)));
    }

    /// Sends sender reports, if they are due.
    pub(super) fn send_report(
        &mut self,
        now: Instant,
        ntp_now: u64,
        compound: &mut CompoundPacket,
        sealed: &mut Vec<u8>,
        egress: &mut dyn Egress,
    ) {
        if now < self.report_due {
            return;
        }
        compound.clear();
        for track in &self.tracks {
            if let Some(last) = track.rewriter.last() {
                compound.sender_report(&SenderReport {
                    ssrc: track.ssrc,
                    ntp: ntp_now,
                    timestamp: last.timestamp_at(now),
                    packets: track.packets,
                    bytes: track.bytes,
                });
            }
        }
        let Some(speaker) = self.tracks.iter().find(|t| t.rewriter.last().is_some()) else {
            return;
        };
        if let Some((time, heard)) = self.reference.take() {
            compound.delay_since_reference(&DelaySinceReference {
                ssrc: speaker.ssrc,
                receiver: time.ssrc,
                at: time.at,
                delay: middle(ntp_now).wrapping_sub(heard),
            });
        }
        // Whoever waited for the same first packet isn't reported to in the same rounds for ever:
        // reports to thousands at once would hold up media (RFC 3550 §6.2 varies the first interval
        // by as much).
        let phase = match std::mem::replace(&mut self.has_reported, true) {
            true => REPORT_INTERVAL,
            false => REPORT_INTERVAL / 2 + REPORT_INTERVAL * (speaker.ssrc.0 % 1_024) / 1_024,
        };
        self.report_due = now + phase;
        self.send_rtcp(compound, sealed, egress);
    }

    /// Sends BYE for its streams.
    pub(super) fn send_bye(
        &mut self,
        compound: &mut CompoundPacket,
        sealed: &mut Vec<u8>,
        egress: &mut dyn Egress,
    ) {
        compound.clear();
        for track in self.tracks.iter().filter(|t| t.rewriter.last().is_some()) {
            compound.bye(track.ssrc);
        }
        if !compound.bytes().is_empty() {
            self.send_rtcp(compound, sealed, egress);
        }
    }

    fn send_rtcp(
        &mut self,
        compound: &CompoundPacket,
        sealed: &mut Vec<u8>,
        egress: &mut dyn Egress,
    ) {
        if self.sealer.seal_rtcp(compound.bytes(), sealed) {
            egress.send(self.remote, sealed, sealed.len());
        }
    }
}

/// Middle 32 bits of an NTP timestamp, in 65,536ths of a second.
fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

/// The next transport-wide sequence number, where there is one.
pub(super) fn number(counted: bool, last: &mut u16) -> Option<u16> {
    counted.then(|| {
        *last = last.wrapping_add(1);
        *last
    })
}

/// Seals one packet into the batch; returns its length.
pub(super) fn seal(
    sealer: &mut Sealer,
    track: &SendTrack,
    fields: &HeaderFields,
    (marker, meaning): (bool, &ForwardedExtensions),
    payload: &[u8],
    context: &mut SendContext<'_>,
) -> Option<usize> {
    let mut header = [0; MAX_HEADER];
    let length = track.write_header(&mut header, fields, marker, meaning);
    let header = header.get(..length)?;
    let whole = length + payload.len() + sealer.overhead();
    let room = context.batch.room(whole, context.egress.max_segments());
    room.get_mut(..length)?.copy_from_slice(header);
    let sequence = fields.numbers.sequence;
    sealer.seal_rtp(room, length, payload, fields.ssrc, sequence).then_some(whole)
}
