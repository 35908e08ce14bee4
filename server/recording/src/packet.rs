//! Packets that a recorder is given: of RTP, decrypted, with the time at which they were captured.

use std::{sync::Arc, time::Duration};

/// Codec of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordedCodec {
    /// VP8 (RFC 7741).
    Vp8,
    /// VP9 (RFC 9628).
    Vp9,
    /// H.264 (RFC 6184), single units, STAP-A and FU-A.
    H264,
    /// AV1 (AOMedia's RTP payload format, version 1.0).
    Av1,
    /// Opus (RFC 7587): a payload is a packet.
    Opus,
    /// MP3: a payload is a frame with its header, not as in RFC 2250.
    Mp3,
    /// AAC-LC: a payload is a frame in ADTS (ISO/IEC 14496-3 §1.A.3.2), with its header.
    Aac,
}

impl RecordedCodec {
    /// True for pictures, false for sound.
    pub fn is_video(self) -> bool {
        matches!(self, Self::Vp8 | Self::Vp9 | Self::H264 | Self::Av1)
    }

    /// True for sound whose missing packets others can stand for.
    pub(crate) fn has_fillers(self) -> bool {
        self == Self::Opus
    }

    /// Ticks of [`RecorderPacket::timestamp`] a second.
    pub fn clock_rate(self) -> u32 {
        if self == Self::Opus { 48_000 } else { 90_000 }
    }
}

/// Packet of one of the two tracks of a show. A track is the packets of its kind of codec, sound or picture.
#[derive(Clone, Debug)]
pub struct RecorderPacket {
    /// The publisher's session. With another one, all begins anew, in another file.
    pub session: u64,
    /// Source within the session, such as the SSRC or the layer. With another one, numbers and timestamps of
    /// its track begin anew.
    pub stream: u32,
    /// Its codec.
    pub codec: RecordedCodec,
    /// Its number, extended beyond 16 bits (RFC 3550 §A.1).
    pub sequence: u64,
    /// RTP timestamp, in ticks of [`RecordedCodec::clock_rate`], modulo 2^32.
    pub timestamp: u32,
    /// Time of capture since the beginning of the recording, on one time line for sound and picture.
    pub captured: Duration,
    /// RTP marker: the last packet of a picture.
    pub marker: bool,
    /// RTP payload. It is not copied before it is written.
    pub payload: Arc<[u8]>,
}

/// Microseconds since the beginning of the recording, or of a file: signed, for differences.
pub(crate) type Micros = i64;

/// A duration in microseconds.
pub(crate) fn micros(duration: Duration) -> Micros {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

/// The duration of so many microseconds; zero for less than none.
pub(crate) fn duration(micros: Micros) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

/// Microseconds in ticks of `rate` a second, to the nearest.
pub(crate) fn ticks(micros: Micros, rate: u32) -> i64 {
    let ticks = (i128::from(micros) * i128::from(rate) + 500_000).div_euclid(1_000_000);
    i64::try_from(ticks).unwrap_or_default()
}

/// Ticks of `rate` a second in microseconds, to the nearest.
pub(crate) fn from_ticks(ticks: i64, rate: u32) -> Micros {
    let rate = i128::from(rate.max(1));
    let micros = (i128::from(ticks) * 1_000_000 + rate / 2).div_euclid(rate);
    i64::try_from(micros).unwrap_or_default()
}

/// Ticks of `rate` a second in milliseconds, to the nearest: for indexes, which have the same wherever they are
/// made.
pub(crate) fn millis(ticks: u64, rate: u32) -> u64 {
    let rate = u128::from(rate.max(1));
    u64::try_from((u128::from(ticks) * 1_000 + rate / 2) / rate).unwrap_or(u64::MAX)
}
