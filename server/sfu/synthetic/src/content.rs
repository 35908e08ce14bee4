//! Content of synthetic packets.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

/// Length before the stamp, in video: one byte of payload descriptor (RFC 7741 §4.2), then the ten
/// of a keyframe's header (RFC 6386 §9.1).
const VIDEO_HEADER: usize = 11;

/// Length before the stamp, in audio: the Opus table of contents (RFC 6716 §3.1).
const AUDIO_HEADER: usize = 1;

/// Tells synthetic packets from others.
const MARK: [u8; 4] = *b"band";

/// Content of a synthetic publisher.
#[derive(Clone, Debug)]
pub struct Content {
    /// Video frames per second; 0 for no video packets.
    pub frames_per_second: u32,
    /// Packets per video frame.
    pub packets_per_frame: u16,
    /// Bytes of RTP payload per video packet, at least 32.
    pub packet_bytes: usize,
    /// The packets of a frame leave evenly spread over its time, not at once.
    pub spread: bool,
    /// Frames from keyframe to keyframe; 0 for keyframes on request only.
    pub keyframe_interval: u32,
    /// Keyframe requests are answered.
    pub obedient: bool,
    /// An Opus packet leaves every 20 ms.
    pub audio: bool,
}

impl Default for Content {
    /// 30 frames a second of four packets, a keyframe every two seconds, and audio.
    fn default() -> Self {
        Content {
            frames_per_second: 30,
            packets_per_frame: 4,
            packet_bytes: 1_000,
            spread: false,
            keyframe_interval: 60,
            obedient: true,
            audio: true,
        }
    }
}

/// Contents of a synthetic packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Time of sending, since the epoch.
    pub(crate) sent: Duration,
    /// Counts the packets of the track.
    pub(crate) number: u64,
    /// First packet of a keyframe.
    pub(crate) keyframe: bool,
}

/// Now, since the epoch.
pub(crate) fn wall_clock() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A video payload of `length` bytes; `first` of its frame.
pub(crate) fn video(stamp: Stamp, first: bool, length: usize) -> Bytes {
    let mut payload = Vec::with_capacity(length);
    payload.push(if first { 0x10 } else { 0x00 });
    // Frame tag (P = 0 for a keyframe), start code, 640 × 480.
    let tag = if stamp.keyframe { 0x10 } else { 0x11 };
    payload.extend([tag, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01]);
    push(&mut payload, stamp);
    payload.resize(length.max(payload.len()), 0);
    payload.into()
}

/// An audio payload: 20 ms of stereo, by its first byte.
pub(crate) fn audio(stamp: Stamp) -> Bytes {
    let mut payload = Vec::with_capacity(160);
    payload.push(0xfc);
    push(&mut payload, stamp);
    payload.resize(160, 0);
    payload.into()
}

fn push(payload: &mut Vec<u8>, stamp: Stamp) {
    payload.extend(MARK);
    let micros = u64::try_from(stamp.sent.as_micros()).unwrap_or(u64::MAX);
    payload.extend(micros.to_be_bytes());
    payload.extend(stamp.number.to_be_bytes());
}

/// The stamp of a payload made here.
pub(crate) fn read(payload: &[u8], is_video: bool) -> Option<Stamp> {
    let header = if is_video { VIDEO_HEADER } else { AUDIO_HEADER };
    let stamp = payload.get(header..)?.strip_prefix(&MARK)?;
    let (micros, rest) = stamp.split_first_chunk::<8>()?;
    let number = rest.first_chunk::<8>()?;
    Some(Stamp {
        sent: Duration::from_micros(u64::from_be_bytes(*micros)),
        number: u64::from_be_bytes(*number),
        keyframe: is_video && payload.get(..2) == Some(&[0x10, 0x10]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_read_back() {
        let stamp = Stamp {
            sent: Duration::from_micros(1_700_000_000_000_123),
            number: 77,
            keyframe: true,
        };
        assert_eq!(read(&video(stamp, true, 1_200), true), Some(stamp));
        let later = Stamp { keyframe: false, ..stamp };
        assert_eq!(read(&video(later, true, 1_200), true), Some(later));
        assert_eq!(read(&audio(later), false), Some(later));
        assert_eq!(read(&[0; 40], true), None);
        assert_eq!(read(&[], false), None);
    }
}
