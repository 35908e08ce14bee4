//! A media packet on its way from a publisher to subscribers.

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use str0m::format::PayloadParams;
use str0m::media::MediaKind;
use str0m::rtp::ExtensionValues;

use crate::codec::dependency_descriptor::DependencyDescriptor;
use crate::codec::vp8::Vp8Picture;
use crate::rtcp::ntp;
use crate::rtp::numbers::{ExtSeq, Ssrc};

/// Identity of a track: the m-lines of one kind are counted in their order, and the publisher's
/// n-th goes to each subscriber's n-th.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TrackId {
    pub(crate) video: bool,
    pub(crate) ordinal: usize,
}

impl TrackId {
    /// Identity of one more track of `kind`, unless there are `limit` of them already.
    pub(crate) fn next(
        names: impl Iterator<Item = TrackId>,
        kind: MediaKind,
        limit: usize,
    ) -> Option<Self> {
        let video = kind == MediaKind::Video;
        let ordinal = names.filter(|n| n.video == video).count();
        (ordinal < limit).then_some(TrackId { video, ordinal })
    }
}

/// Source of packets, with its own sequence numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// SSRC; all its packets share one time line.
    pub(crate) ssrc: Ssrc,
    /// Layer of a scalable stream, split by [`crate::codec::svc`].
    pub(crate) layer: Option<u8>,
}

/// Layers of one track that are told apart; browsers send three.
pub(crate) const MAX_LAYERS: usize = 4;

/// The same with what is made of a scalable stream besides: layers with fewer frames. They are numbered
/// behind the others, in the same order.
pub(crate) const MAX_RUNGS: usize = 2 * MAX_LAYERS;

/// Spatial layer of which a layer is.
pub(crate) fn spatial_layer(layer: u8) -> u8 {
    layer % MAX_LAYERS as u8
}

/// True of a layer with fewer frames: without those of the highest temporal layer.
pub(crate) fn is_reduced(layer: u8) -> bool {
    layer >= MAX_LAYERS as u8
}

/// RTP packet, decrypted. Cloning copies no payload.
#[derive(Clone)]
pub(crate) struct Packet {
    /// RTP sequence number, extended by its roll-overs.
    pub(crate) sequence: ExtSeq,
    /// RTP timestamp, in the codec's clock.
    pub(crate) timestamp: u32,
    /// RTP marker bit.
    pub(crate) marker: bool,
    /// Its source.
    pub(crate) source: Source,
    /// RTP payload.
    pub(crate) payload: Arc<[u8]>,
    /// A keyframe may begin here.
    pub(crate) keyframe: bool,
    /// A frame of a scalable stream begins here.
    pub(crate) begins: bool,
    /// It is of the lowest temporal layer: from such a frame on, all of them can be gone on with.
    pub(crate) base: bool,
    /// Picture counts of VP8.
    pub(crate) picture: Option<Vp8Picture>,
    /// Height in pixels of a keyframe, where it is known.
    pub(crate) height: Option<u16>,
    /// Codec and parameters, with the publisher's payload type.
    pub(crate) codec: PayloadParams,
    /// Arrival of the datagram.
    pub(crate) arrival: Instant,
    /// Capture time, on a time line common to all tracks of the publisher; never later than
    /// `arrival`.
    pub(crate) captured: Instant,
    /// Header extensions to forward.
    pub(crate) extensions: ForwardedExtensions,
}

#[cfg(any(test, feature = "fuzz"))]
impl Packet {
    /// A packet of VP8 that came at `now`, and begins nothing.
    pub(crate) fn sample(ssrc: u32, sequence: u64, now: Instant) -> Self {
        use str0m::format::{Codec, CodecSpec, FormatParams};
        let spec = CodecSpec {
            codec: Codec::Vp8,
            clock_rate: str0m::media::Frequency::NINETY_KHZ,
            channels: None,
            format: FormatParams::default(),
        };
        Packet {
            sequence: ExtSeq(sequence),
            timestamp: 0,
            marker: false,
            source: Source { ssrc: Ssrc(ssrc), layer: None },
            payload: [0, 0].into(),
            keyframe: false,
            begins: false,
            base: true,
            picture: None,
            height: None,
            codec: PayloadParams::new(96.into(), None, spec),
            arrival: now,
            captured: now,
            extensions: ForwardedExtensions::default(),
        }
    }
}

/// Packet with its track and layer.
#[derive(Clone)]
pub(crate) struct ForwardedPacket {
    pub(crate) track: TrackId,
    /// Layer of the track (simulcast, RFC 8853, or SVC), as the publisher counts them; 0 without.
    pub(crate) layer: u8,
    pub(crate) packet: Packet,
}

/// Header extensions that mean something beyond one hop.
#[derive(Clone, Default)]
pub(crate) struct ForwardedExtensions {
    level: Option<i8>,
    voice: Option<bool>,
    /// Absolute capture time (abs-capture-time): an NTP timestamp by the publisher's clock. Its offset
    /// to the clock of our sender reports isn't told: the publisher's is to its own.
    capture: Option<[u8; 8]>,
    /// Dependency descriptor of AV1.
    pub(crate) dependency: Option<Arc<DependencyDescriptor>>,
}

/// Time from the epoch of NTP to that of Unix (RFC 5905 §6).
const NTP_TO_UNIX: Duration = Duration::from_secs(2_208_988_800);

impl ForwardedExtensions {
    /// Extensions of a received packet.
    pub(crate) fn of(values: &ExtensionValues) -> Self {
        ForwardedExtensions {
            level: values.audio_level,
            voice: values.voice_activity,
            capture: values.abs_capture_time.and_then(|capture| {
                let since_unix = capture.capture_time.duration_since(UNIX_EPOCH).ok()?;
                Some(ntp(NTP_TO_UNIX + since_unix).to_be_bytes())
            }),
            dependency: None,
        }
    }

    /// Value of the audio level extension (RFC 6464 §3): voice activity, then -dBov.
    pub(crate) fn level_byte(&self) -> Option<u8> {
        let level = self.level?.unsigned_abs().min(127);
        Some(u8::from(self.voice.unwrap_or(false)) << 7 | level)
    }

    /// Value of the capture time extension, without an offset.
    pub(crate) fn capture_bytes(&self) -> Option<&[u8]> {
        self.capture.as_ref().map(|bytes| &bytes[..])
    }
}

/// Clock rate in Hz: 48,000 for Opus, 90,000 for video.
pub(crate) fn clock_rate(codec: &PayloadParams) -> u64 {
    codec.spec().clock_rate.get().into()
}
