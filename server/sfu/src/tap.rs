//! Reader of what is on stage, within the program: recordings, radio and relays are made of it.

use std::sync::Arc;
use std::time::Instant;

use str0m::format::Codec;
use tokio::sync::mpsc;

use crate::audio::LocalWake;
use crate::ids::SessionId;
use crate::rtp::packet::{ForwardedPacket, is_reduced};

/// Packets of sound that wait to be read: five seconds. What comes when there are more is dropped,
/// which the reader sees by the numbers.
pub(crate) const MAX_WAITING_SOUND: usize = 256;

/// The same with pictures: four seconds of 10 Mbit/s.
pub(crate) const MAX_WAITING_MEDIA: usize = 4_096;

/// Tracks that a tap reads: the first of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TappedTracks {
    /// Sound alone.
    Sound,
    /// Sound, and all layers of the picture.
    SoundAndPicture,
}

impl TappedTracks {
    pub(crate) fn most_waiting(self) -> usize {
        match self {
            TappedTracks::Sound => MAX_WAITING_SOUND,
            TappedTracks::SoundAndPicture => MAX_WAITING_MEDIA,
        }
    }
}

/// Codec of a tapped packet, by which its payload is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TappedCodec {
    /// Opus (RFC 7587).
    Opus,
    /// VP8 (RFC 7741).
    Vp8,
    /// VP9 (RFC 9628).
    Vp9,
    /// H.264 (RFC 6184).
    H264,
    /// AV1 (RTP Payload Format For AV1, 1.0).
    Av1,
}

impl TappedCodec {
    /// True of sound.
    pub fn is_sound(self) -> bool {
        self == TappedCodec::Opus
    }

    fn of(codec: Codec) -> Option<Self> {
        Some(match codec {
            Codec::Opus => TappedCodec::Opus,
            Codec::Vp8 => TappedCodec::Vp8,
            Codec::Vp9 => TappedCodec::Vp9,
            Codec::H264 => TappedCodec::H264,
            Codec::Av1 => TappedCodec::Av1,
            _ => return None,
        })
    }
}

/// Packet on stage, as a tap reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TappedPacket {
    /// The publisher's session. With another one, numbers and timestamps begin anew.
    pub session: SessionId,
    /// Its codec, which tells its track as well.
    pub codec: TappedCodec,
    /// Layer of a picture, as the publisher counts them: simulcast (RFC 8853), or a spatial layer of VP9
    /// or AV1 with all that it needs; 0 without. Each has numbers of its own.
    pub layer: u8,
    /// Its number, extended beyond 16 bits (RFC 3550 §A.1). Numbers are missing where packets are:
    /// lost on the way to the media core, or dropped because the tap wasn't read. Late ones come out
    /// of order.
    pub sequence: u64,
    /// Capture time of its frame, or of its first sample, in ticks of the codec's clock (48 kHz for
    /// sound, 90 kHz for pictures), modulo 2^32.
    pub timestamp: u32,
    /// The same on one time line with everything else of the publisher.
    pub captured: Instant,
    /// Marker bit: the last packet of a frame.
    pub marker: bool,
    /// True if a keyframe may begin here.
    pub keyframe: bool,
    /// RTP payload: of sound, the packet of Opus.
    pub payload: Arc<[u8]>,
}

impl TappedPacket {
    /// The packet for a tap of these tracks, if it is for such a one.
    pub(crate) fn of(
        session: SessionId,
        forwarded: &ForwardedPacket,
        tracks: TappedTracks,
    ) -> Option<Self> {
        let ForwardedPacket { track, layer, packet } = forwarded;
        let wanted = tracks == TappedTracks::SoundAndPicture || !track.video;
        if track.ordinal != 0 || !wanted || is_reduced(*layer) {
            return None;
        }
        Some(TappedPacket {
            session,
            codec: TappedCodec::of(packet.codec.spec().codec)?,
            layer: *layer,
            sequence: packet.sequence.0,
            timestamp: packet.timestamp,
            captured: packet.captured,
            marker: packet.marker,
            keyframe: packet.keyframe,
            payload: packet.payload.clone(),
        })
    }
}

/// Tap as the media core holds it.
#[derive(Debug)]
pub(crate) struct TapSender {
    pub(crate) tracks: TappedTracks,
    pub(crate) packets: mpsc::Sender<TappedPacket>,
}

/// Reader of a stage: see [`Sfu::tap`](crate::Sfu::tap).
#[derive(Debug)]
pub struct StageTap {
    pub(crate) packets: mpsc::Receiver<TappedPacket>,
    pub(crate) wake: Arc<LocalWake>,
}

impl StageTap {
    /// The next packet; [`None`] once the media core has stopped.
    pub async fn next(&mut self) -> Option<TappedPacket> {
        self.packets.recv().await
    }

    /// Takes what waits, up to `most` packets, and returns how many these were; waits for the first.
    /// 0 once the media core has stopped.
    pub async fn next_many(&mut self, into: &mut Vec<TappedPacket>, most: usize) -> usize {
        self.packets.recv_many(into, most).await
    }
}

impl Drop for StageTap {
    fn drop(&mut self) {
        self.packets.close();
        self.wake.tap_dropped();
    }
}
