//! Recovery of lost packets: by NACKs of our own, and however late the packets come.
//!
//! str0m asks for, and takes, packets that are no more than a hundred late, be it under their own
//! number or on a repair stream (RTX, RFC 4588). A keyframe has more, and so has a round trip to
//! another continent.

use std::sync::Arc;
use std::time::Instant;

use str0m::crypto::CryptoProvider;
use str0m::format::{Codec, PayloadParams};
use str0m::rtp::ExtensionValues;

use super::{Ingest, ReceiveLayer, ReceivedPacket};
use crate::codec::dependency_descriptor::{self, DependencyDescriptor};
use crate::core::transport::Transport;
use crate::ids::random_number;
use crate::rtcp::CompoundPacket;
use crate::rtp::numbers::{ExtSeq, Ssrc};
use crate::rtp::packet::ForwardedPacket;
use crate::srtp::keys::SrtpKeys;
use crate::srtp::{InvalidSrtpKeys, ReplayWindow, RtpOpener, Sealer};

/// Packets that come no more than this late are left to str0m.
const STR0M_WINDOW: u64 = 100;

/// Sender of NACKs to a publisher, and opener of its late packets.
pub(super) struct LossRecovery {
    sealer: Sealer,
    opener: RtpOpener,
    /// Sender SSRC of the NACKs.
    ssrc: Ssrc,
    compound: CompoundPacket,
    /// NACKs sent.
    asked: u64,
}

impl Ingest {
    /// Starts the recovery: the handshake is done.
    ///
    /// # Errors
    /// [`InvalidSrtpKeys`].
    pub(crate) fn connected(
        &mut self,
        keys: &SrtpKeys,
        crypto: &CryptoProvider,
    ) -> Result<(), InvalidSrtpKeys> {
        self.loss_recovery = Some(Box::new(LossRecovery {
            sealer: Sealer::beside_another(keys, crypto)?,
            opener: RtpOpener::new(keys, crypto)?,
            ssrc: Ssrc(random_number() as u32),
            compound: CompoundPacket::default(),
            asked: 0,
        }));
        Ok(())
    }

    /// When [`Ingest::nack`] next has something to send.
    pub(crate) fn nack_due(&self) -> Option<Instant> {
        let layers = self.tracks.iter().flat_map(|t| &t.layers);
        layers.filter_map(|layer| layer.nacks.due()).min()
    }

    /// SRTCP with the NACKs that are due, if any are.
    pub(crate) fn nack(&mut self, now: Instant) -> Option<Vec<u8>> {
        let LossRecovery { sealer, ssrc, compound, asked, .. } =
            self.loss_recovery.as_deref_mut()?;
        compound.clear();
        for layer in self.tracks.iter_mut().flat_map(|t| &mut t.layers) {
            let Some(span) = layer.span.filter(|_| layer.nacks.due().is_some_and(|it| it <= now))
            else {
                continue;
            };
            let before = compound.bytes().len();
            compound.nack(*ssrc, span.source, |pair| layer.nacks.write_due(now, pair));
            *asked += u64::from(compound.bytes().len() > before);
        }
        let mut sealed = Vec::new();
        let said = !compound.bytes().is_empty() && sealer.seal_rtcp(compound.bytes(), &mut sealed);
        said.then_some(sealed)
    }

    /// NACKs sent by [`Ingest::nack`].
    pub(crate) fn nacks(&self) -> u64 {
        self.loss_recovery.as_ref().map_or(0, |loss_recovery| loss_recovery.asked)
    }

    /// Claims of a datagram that str0m may not make a packet of.
    pub(crate) fn late_packet(&self, datagram: &[u8]) -> Option<LatePacket> {
        let head = RtpHeader::of(datagram)?;
        match self.place(&head) {
            Some(_) => Some(LatePacket::Same),
            None => self.repair_stream(head.ssrc).map(|_| LatePacket::Repair),
        }
    }

    /// Track and layer of a repair stream.
    fn repair_stream(&self, ssrc: Ssrc) -> Option<(usize, usize)> {
        self.tracks.iter().enumerate().find_map(|(track, it)| {
            let of = |layer: &ReceiveLayer| layer.repair.as_ref().is_some_and(|it| it.ssrc == ssrc);
            Some((track, it.layers.iter().position(of)?))
        })
    }

    /// Track, layer and number of a missing packet that is too late for str0m.
    fn place(&self, head: &RtpHeader) -> Option<(usize, usize, ExtSeq)> {
        let mut tracks = self.tracks.iter().enumerate();
        tracks.find_map(|(track, it)| {
            let mut layers = it.layers.iter().enumerate();
            let of = |layer: &ReceiveLayer| layer.span.is_some_and(|it| it.source == head.ssrc);
            let (layer, it) = layers.find(|(_, layer)| of(layer))?;
            let (sequence, behind) = it.nacks.awaited(head.number)?;
            (behind > STR0M_WINDOW).then_some((track, layer, sequence))
        })
    }

    /// Takes such a packet, if it is authentic and too late for str0m.
    pub(super) fn receive_late(
        &mut self,
        now: Instant,
        transport: &Transport,
        datagram: &[u8],
        burst: &mut Vec<ForwardedPacket>,
    ) -> Option<()> {
        let head = RtpHeader::of(datagram)?;
        let late = match self.place(&head) {
            Some((track, layer, sequence)) => {
                let opener = &mut self.loss_recovery.as_deref_mut()?.opener;
                let payload = opener.open(datagram, head.length, head.ssrc, sequence)?;
                let payload = head.unpadded(payload)?;
                Late { track, layer, source: head.ssrc, sequence, payload }
            }
            None => self.open_repair(&head, datagram)?,
        };
        let Late { track, layer, source, sequence, payload } = late;
        let track = self.tracks.get_mut(track)?;
        let is_format = |p: &PayloadParams| {
            *p.pt() == head.payload_type
                || source != head.ssrc && p.resend().is_some_and(|pt| *pt == head.payload_type)
        };
        let rtc = transport.rtc.as_ref()?;
        let codec = *rtc.codec_config().find(is_format)?;
        let mut values = ExtensionValues::default();
        if codec.spec().codec == Codec::Av1 {
            // Its place in a scalable stream.
            let id = rtc.media(track.mid)?.remote_extmap();
            let id = id.id_of(dependency_descriptor::extension());
            let element = id.and_then(|id| head.extension(datagram, id));
            if let Some(descriptor) = element.and_then(DependencyDescriptor::of) {
                values.user_values.set(descriptor);
            } else if track.scalable.is_some() {
                return None;
            }
        }
        track.count(layer, source, sequence);
        track.layers.get_mut(layer)?.nacks.received(sequence, now);
        self.packets += 1;
        self.bytes += payload.len() as u64;
        let arrived = ReceivedPacket {
            source,
            sequence,
            timestamp: head.timestamp,
            marker: head.marker,
            payload,
            codec,
            arrival: now,
            captured: None,
        };
        track.take(layer, arrived, &values, burst);
        Some(())
    }

    /// Opens a packet of a repair stream; [`None`] unless it repairs one that is too late for
    /// str0m.
    fn open_repair(&mut self, head: &RtpHeader, datagram: &[u8]) -> Option<Late> {
        let (track, layer) = self.repair_stream(head.ssrc)?;
        let it = self.tracks.get_mut(track)?.layers.get_mut(layer)?;
        let (source, repair) = (it.span?.source, it.repair.as_mut()?);
        let index = repair.index(head.number);
        if !repair.replay.is_new(index.0) {
            return None;
        }
        let opener = &mut self.loss_recovery.as_deref_mut()?.opener;
        let payload = opener.open(datagram, head.length, head.ssrc, index)?;
        repair.replay.note(index.0);
        let payload = head.unpadded(payload)?;
        // Behind the original sequence number (RFC 4588 §4).
        let (number, _) = payload.split_first_chunk()?;
        let (sequence, behind) = it.nacks.awaited(u16::from_be_bytes(*number))?;
        let payload = Arc::from(payload.get(number.len()..)?);
        (behind > STR0M_WINDOW).then_some(Late { track, layer, source, sequence, payload })
    }
}

/// A missing packet that came too late for str0m.
struct Late {
    track: usize,
    layer: usize,
    source: Ssrc,
    sequence: ExtSeq,
    payload: Arc<[u8]>,
}

/// Kinds of datagrams that are of no use to str0m.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LatePacket {
    /// A missing packet, again.
    Same,
    /// One of a repair stream. str0m has to hear of it, too: it feeds back what came.
    Repair,
}

/// Reception of a repair stream (RTX, RFC 4588).
pub(super) struct RepairStream {
    ssrc: Ssrc,
    replay: ReplayWindow,
}

impl RepairStream {
    /// A stream of which nothing has come.
    pub(super) fn new(ssrc: Ssrc) -> Self {
        RepairStream { ssrc, replay: ReplayWindow::default() }
    }

    /// True if it has that SSRC.
    pub(super) fn is(&self, ssrc: Ssrc) -> bool {
        self.ssrc == ssrc
    }

    /// Packet index of a number: of those that it may stand for, the nearest to the highest
    /// authentic one (RFC 3711 §3.3.1).
    fn index(&self, number: u16) -> ExtSeq {
        let highest = self.replay.highest();
        let ahead = i64::from(number.wrapping_sub(highest as u16) as i16);
        // Nothing comes before the first.
        ExtSeq(highest.checked_add_signed(ahead).unwrap_or(u64::from(number)))
    }
}

/// Header of an RTP packet (RFC 3550 §5.1).
struct RtpHeader {
    length: usize,
    padded: bool,
    marker: bool,
    payload_type: u8,
    number: u16,
    timestamp: u32,
    ssrc: Ssrc,
    /// Bytes of contributing sources.
    sources: usize,
}

impl RtpHeader {
    fn of(datagram: &[u8]) -> Option<Self> {
        let (fixed, rest) = datagram.split_first_chunk::<12>()?;
        let [first, second, n0, n1, t0, t1, t2, t3, s0, s1, s2, s3] = *fixed;
        let sources = usize::from(first & 0xf) * 4;
        let extension = match first & 0x10 {
            0 => 0,
            _ => {
                let words = rest.get(sources + 2..sources + 4)?.first_chunk()?;
                4 + usize::from(u16::from_be_bytes(*words)) * 4
            }
        };
        Some(RtpHeader {
            length: 12 + sources + extension,
            padded: first & 0x20 != 0,
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            number: u16::from_be_bytes([n0, n1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: Ssrc(u32::from_be_bytes([s0, s1, s2, s3])),
            sources,
        })
    }

    /// A payload without its padding.
    fn unpadded(&self, mut payload: Vec<u8>) -> Option<Arc<[u8]>> {
        if self.padded {
            let padding = usize::from(*payload.last()?);
            payload.truncate(payload.len().checked_sub(padding)?);
        }
        Some(Arc::from(payload))
    }

    /// Value of the header extension of that id (RFC 8285 §4), in either form.
    fn extension<'d>(&self, datagram: &'d [u8], id: u8) -> Option<&'d [u8]> {
        let (profile, mut rest) =
            datagram.get(12 + self.sources..self.length)?.split_first_chunk()?;
        let short = *profile == [0xbe, 0xde];
        rest = rest.get(2..)?;
        loop {
            let (first, after) = rest.split_first()?;
            let (found, length, after) = match (*first, short) {
                (0, _) => {
                    rest = after;
                    continue;
                }
                (first, true) => (first >> 4, usize::from(first & 0xf) + 1, after),
                (first, false) => (first, usize::from(*after.first()?), after.get(1..)?),
            };
            let (value, after) = after.split_at_checked(length)?;
            if found == id {
                return Some(value);
            }
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_extension_is_found_in_either_form() {
        let fixed = [0x91, 96, 0, 5, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 0, 1];
        let short = [0xbe, 0xde, 0, 2, 0x10, 7, 0, 0xc2, 1, 2, 3, 0];
        let long = [0x10, 0, 0, 2, 1, 0, 12, 3, 1, 2, 3, 0];
        for form in [short, long] {
            let datagram = [&fixed[..], &form, &[9; 20]].concat();
            let head = RtpHeader::of(&datagram).expect("a header");
            assert_eq!(head.length, 28);
            assert_eq!(head.extension(&datagram, 12), Some(&[1, 2, 3][..]));
            assert_eq!(head.extension(&datagram, 13), None);
            let cut = datagram.get(..24).unwrap_or_default();
            assert_eq!(head.extension(cut, 12), None);
        }
    }

    #[test]
    fn index_of_repair_goes_on_over_roll_over() {
        let mut stream = RepairStream::new(Ssrc(1));
        for (number, index) in [(65_530, 65_530), (3, 65_539), (65_535, 65_535), (40, 65_576)] {
            assert_eq!(stream.index(number), ExtSeq(index));
            stream.replay.note(index);
            assert!(!stream.replay.is_new(index));
        }
    }
}
