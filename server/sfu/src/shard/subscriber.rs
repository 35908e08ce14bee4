//! A subscriber, as lean as it can be: what it takes, its ciphers, and what it said.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::crypto::CryptoProvider;

use super::batch::Batch;
use super::feed::Feed;
use super::outgoing::{MAX_HEADER, Negotiated, Outgoing, Place};
use crate::identity::SessionId;
use crate::keys::Keys;
use crate::packet::{EndToEnd, Packet, TrackName};
use crate::rtcp::{Compound, Nack, ReceptionReport, SenderReport};
use crate::srtp::{BadKeys, Opener, Sealer};
use crate::wire::Wire;

/// Time between two sender reports; the first comes in the round after the first packet.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Repairs a second that one subscriber can ask for: more than a bad network loses, less than what
/// would make an amplifier of us. A quarter of a second's worth may come at once.
const REPAIRS_A_SECOND: u32 = 1_000;

/// One subscriber's sending side.
pub(crate) struct Subscriber {
    pub(super) stage: usize,
    pub(super) remote: SocketAddr,
    sealer: Sealer,
    opener: Opener,
    tracks: Vec<Outgoing>,
    /// What it gets of each of the stage's tracks, in their order.
    pub(super) feeds: Vec<Feed>,
    transport_number: u16,
    report_due: Instant,
    /// Repairs it may still ask for, and when that was last counted.
    repairs: (u32, Instant),
    pub(super) figures: Figures,
}

/// What is known of a subscriber's reception.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    /// Media packets sent, repairs not included.
    pub(crate) packets: u64,
    /// Payload bytes in them.
    pub(crate) bytes: u64,
    /// Packets of codecs it doesn't take.
    pub(crate) without_codec: u64,
    /// Packets sent again.
    pub(crate) repairs: u64,
    pub(crate) nacks: u64,
    pub(crate) keyframe_requests: u64,
    /// Lost on their first way, by its own reports, over all tracks.
    pub(crate) lost: u64,
    pub(crate) round_trip: Option<Duration>,
    /// Of video, as it reports it.
    pub(crate) jitter: Duration,
    /// RTCP that could not be opened.
    pub(crate) refused: u64,
}

/// What a session brings along when its handshake is done.
pub(crate) struct Admission {
    pub(crate) session: SessionId,
    pub(crate) stage: usize,
    pub(crate) remote: SocketAddr,
    pub(crate) keys: Keys,
    pub(crate) tracks: Vec<Negotiated>,
}

/// What a packet's way to a subscriber needs besides the two.
pub(super) struct Way<'a> {
    pub(super) batch: &'a mut Batch,
    pub(super) wire: &'a mut dyn Wire,
}

impl Subscriber {
    /// # Errors
    /// [`BadKeys`].
    pub(super) fn new(
        admission: Admission,
        crypto: &CryptoProvider,
        now: Instant,
    ) -> Result<Self, BadKeys> {
        Ok(Subscriber {
            stage: admission.stage,
            remote: admission.remote,
            sealer: Sealer::new(&admission.keys, crypto)?,
            opener: Opener::new(&admission.keys, crypto)?,
            tracks: admission.tracks.into_iter().map(Outgoing::new).collect(),
            feeds: Vec::new(),
            transport_number: 0,
            report_due: now,
            repairs: (REPAIRS_A_SECOND / 4, now),
            figures: Figures::default(),
        })
    }

    /// Writes one packet of the track of that name into the batch. `padding` bytes may be added, to
    /// make datagrams of one length.
    pub(super) fn write(
        &mut self,
        name: TrackName,
        packet: &Packet,
        splice: bool,
        padding: u8,
        way: &mut Way<'_>,
    ) {
        let Some(track) = self.tracks.iter_mut().find(|t| t.name == name) else {
            return;
        };
        let Some(taken_as) = track.taken_as(packet) else {
            self.figures.without_codec += 1;
            return;
        };
        let free = track.is_free(taken_as);
        let transport = (free && track.counts_transport()).then(|| {
            self.transport_number = self.transport_number.wrapping_add(1);
            self.transport_number
        });
        let padding = if free { padding } else { 0 };
        let place = Place {
            payload_type: taken_as.payload_type,
            ssrc: track.ssrc,
            numbers: track.numbering.name(packet, splice),
            padded: padding > 0,
            transport,
        };
        let sealed = match padding {
            0 => seal(&mut self.sealer, track, &place, packet, &packet.payload, way),
            _ => {
                let mut scratch = std::mem::take(&mut way.batch.scratch);
                scratch.clear();
                scratch.extend_from_slice(&packet.payload);
                scratch.resize(packet.payload.len() + usize::from(padding), 0);
                if let Some(last) = scratch.last_mut() {
                    *last = padding;
                }
                let sealed = seal(&mut self.sealer, track, &place, packet, &scratch, way);
                way.batch.scratch = scratch;
                sealed
            }
        };
        if sealed {
            track.packets = track.packets.wrapping_add(1);
            track.bytes = track.bytes.wrapping_add(packet.payload.len() as u32);
            way.batch.media += 1;
            self.figures.packets += 1;
            self.figures.bytes += packet.payload.len() as u64;
        }
    }

    /// Sends what was written.
    pub(super) fn send(&self, way: &mut Way<'_>) {
        way.batch.send(self.remote, way.wire);
    }

    /// Opens what it says over RTCP.
    pub(super) fn open(&mut self, datagram: &[u8], opened: &mut Vec<u8>) -> bool {
        let open = self.opener.open_rtcp(datagram, opened);
        self.figures.refused += u64::from(!open);
        open
    }

    /// The track that is sent under `ssrc`.
    pub(super) fn track(&self, ssrc: u32) -> Option<TrackName> {
        Some(self.tracks.iter().find(|t| t.ssrc == ssrc)?.name)
    }

    /// Writes what it misses again. `find` gives the packet of a source by its sequence number.
    pub(super) fn repair<'p>(
        &mut self,
        now: Instant,
        nack: &Nack<'_>,
        find: impl Fn(u32, u64) -> Option<&'p Packet>,
        way: &mut Way<'_>,
    ) {
        self.figures.nacks += 1;
        self.refill(now);
        let Some(track) = self.tracks.iter_mut().find(|t| t.ssrc == nack.ssrc && t.name.video)
        else {
            return;
        };
        for number in nack.missing() {
            if self.repairs.0 == 0 {
                return;
            }
            let Some((source, sequence)) = track.numbering.origin(number) else {
                continue;
            };
            let Some(packet) = find(source, sequence) else {
                continue;
            };
            let Some(taken_as) = track.taken_as(packet) else {
                continue;
            };
            let Some(mut numbers) = track.numbering.known(packet, number) else {
                continue;
            };
            self.repairs.0 -= 1;
            self.figures.repairs += 1;
            let Some(payload_type) = taken_as.repair else {
                // Once more, the same to the bit.
                let place = Place {
                    payload_type: taken_as.payload_type,
                    ssrc: track.ssrc,
                    numbers,
                    padded: false,
                    transport: None,
                };
                seal(&mut self.sealer, track, &place, packet, &packet.payload, way);
                continue;
            };
            // RFC 4588 §4: the original number, then the payload.
            let mut scratch = std::mem::take(&mut way.batch.scratch);
            scratch.clear();
            scratch.extend_from_slice(&number.to_be_bytes());
            scratch.extend_from_slice(&packet.payload);
            numbers.sequence = track.next_repair();
            let transport = track.counts_transport().then(|| {
                self.transport_number = self.transport_number.wrapping_add(1);
                self.transport_number
            });
            let ssrc = track.repair_ssrc;
            let place = Place { payload_type, ssrc, numbers, padded: false, transport };
            seal(&mut self.sealer, track, &place, packet, &scratch, way);
            way.batch.scratch = scratch;
        }
    }

    /// Takes note of how a stream arrives.
    pub(super) fn heard(&mut self, report: &ReceptionReport, ntp_now: u64) {
        let Some(track) = self.tracks.iter_mut().find(|t| t.ssrc == report.ssrc) else {
            return;
        };
        track.lost = u64::try_from(report.lost).unwrap_or_default();
        if let Some(last) = track.numbering.last()
            && track.name.video
        {
            let ticks = u64::from(report.jitter) * 1_000_000;
            self.figures.jitter = Duration::from_micros(ticks / last.rate.max(1));
        }
        self.figures.lost = self.tracks.iter().map(|t| t.lost).sum();
        if report.last_report != 0 {
            // RFC 3550 §6.4.1: all in 65,536ths of a second.
            let now = (ntp_now >> 16) as u32;
            let units = now.wrapping_sub(report.last_report).wrapping_sub(report.delay);
            // More than half the range is a clock that runs too fast: no round trip at all.
            let units = if units > i32::MAX as u32 { 0 } else { units };
            self.figures.round_trip =
                Some(Duration::from_micros(u64::from(units) * 1_000_000 / 65_536));
        }
    }

    /// Says which moment its streams' timestamps stand for, if it is time for that.
    pub(super) fn report(
        &mut self,
        now: Instant,
        ntp_now: u64,
        compound: &mut Compound,
        sealed: &mut Vec<u8>,
        wire: &mut dyn Wire,
    ) {
        if now < self.report_due {
            return;
        }
        compound.clear();
        for track in &self.tracks {
            if let Some(last) = track.numbering.last() {
                let passed = now.saturating_duration_since(last.captured);
                let ticks = passed.as_micros() * u128::from(last.rate) / 1_000_000;
                compound.sender_report(&SenderReport {
                    ssrc: track.ssrc,
                    ntp: ntp_now,
                    timestamp: last.timestamp.wrapping_add(ticks as u32),
                    packets: track.packets,
                    bytes: track.bytes,
                });
            }
        }
        if compound.bytes().is_empty() {
            return;
        }
        self.report_due = now + REPORT_INTERVAL;
        self.say(compound, sealed, wire);
    }

    /// Says that its streams are over.
    pub(super) fn goodbye(
        &mut self,
        compound: &mut Compound,
        sealed: &mut Vec<u8>,
        wire: &mut dyn Wire,
    ) {
        compound.clear();
        for track in self.tracks.iter().filter(|t| t.numbering.last().is_some()) {
            compound.goodbye(track.ssrc);
        }
        if !compound.bytes().is_empty() {
            self.say(compound, sealed, wire);
        }
    }

    fn say(&mut self, compound: &Compound, sealed: &mut Vec<u8>, wire: &mut dyn Wire) {
        if self.sealer.seal_rtcp(compound.bytes(), sealed) {
            wire.send(self.remote, sealed, sealed.len());
        }
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.repairs.1);
        let earned = passed.as_millis() * u128::from(REPAIRS_A_SECOND) / 1_000;
        if earned > 0 {
            let earned = u32::try_from(earned).unwrap_or(u32::MAX);
            self.repairs.0 = self.repairs.0.saturating_add(earned).min(REPAIRS_A_SECOND / 4);
            self.repairs.1 = now;
        }
    }
}

/// Seals one packet into the batch.
fn seal(
    sealer: &mut Sealer,
    track: &Outgoing,
    place: &Place,
    packet: &Packet,
    payload: &[u8],
    way: &mut Way<'_>,
) -> bool {
    let mut header = [0; MAX_HEADER];
    let meaning: &EndToEnd = &packet.extensions;
    let length = track.write_header(&mut header, place, packet.marker, meaning);
    let (Some(header), whole) = (header.get(..length), length + payload.len() + sealer.overhead())
    else {
        return false;
    };
    let room = way.batch.room(whole, way.wire.max_segments());
    if let Some(start) = room.get_mut(..length) {
        start.copy_from_slice(header);
    }
    sealer.seal_rtp(room, length, payload, place.ssrc, place.numbers.sequence)
}
