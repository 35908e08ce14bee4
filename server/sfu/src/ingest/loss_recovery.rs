//! Recovery of lost packets of streams without a repair stream (RFC 4588): by NACKs of our own, and
//! however late the packets come.
//!
//! str0m sends NACKs only while it can measure how long repairs take, which programs such as OBS
//! don't let it, and takes packets that are fewer than a hundred late. A keyframe has more.

use std::sync::Arc;
use std::time::Instant;

use str0m::crypto::CryptoProvider;
use str0m::format::Codec;
use str0m::rtp::ExtensionValues;

use super::{Ingest, ReceiveLayer, ReceivedPacket};
use crate::core::transport::Transport;
use crate::ids::random_number;
use crate::rtcp::CompoundPacket;
use crate::rtp::numbers::{ExtSeq, Ssrc};
use crate::rtp::packet::ForwardedPacket;
use crate::srtp::keys::SrtpKeys;
use crate::srtp::{InvalidSrtpKeys, RtpOpener, Sealer};

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

    /// True if a datagram claims to be a missing packet that is too late for str0m.
    pub(crate) fn is_late(&self, datagram: &[u8]) -> bool {
        RtpHeader::of(datagram).is_some_and(|head| self.place(&head).is_some())
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

    /// Takes such a packet, if it is authentic.
    pub(super) fn receive_late(
        &mut self,
        now: Instant,
        transport: &Transport,
        datagram: &[u8],
        burst: &mut Vec<ForwardedPacket>,
    ) -> Option<()> {
        let head = RtpHeader::of(datagram)?;
        let (track, layer, sequence) = self.place(&head)?;
        let track = self.tracks.get_mut(track)?;
        let params = transport.rtc.codec_config();
        let codec = *params.find(|p| *p.pt() == head.payload_type)?;
        // Its place in a scalable stream would be told by an extension.
        if codec.spec().codec == Codec::Av1 && track.scalable.is_some() {
            return None;
        }
        let opener = &mut self.loss_recovery.as_deref_mut()?.opener;
        let mut payload = opener.open(datagram, head.length, head.ssrc, sequence)?;
        if head.padded {
            let padding = usize::from(*payload.last()?);
            payload.truncate(payload.len().checked_sub(padding)?);
        }
        track.count(layer, head.ssrc, sequence);
        track.layers.get_mut(layer)?.nacks.received(sequence, now);
        self.packets += 1;
        self.bytes += payload.len() as u64;
        let arrived = ReceivedPacket {
            source: head.ssrc,
            sequence,
            timestamp: head.timestamp,
            marker: head.marker,
            payload: Arc::from(payload),
            codec,
            arrival: now,
            captured: None,
        };
        track.take(layer, arrived, &ExtensionValues::default(), burst);
        Some(())
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
        })
    }
}
