//! Places of sound in a file.
//!
//! Players give out sound as it is decoded, one packet after the other, whatever its times say (browsers do). So
//! in a file it has no gaps: where packets are missing, or the clock of who sent them is slow, packets of Opus
//! without a frame stand for them (RFC 6716 §3.2.1, RFC 7845 §4.1), and where it is fast, one is left out.

use std::sync::Arc;

use bandstand_radio::opus_samples;

use crate::{
    RecordedCodec,
    container::mp3,
    packet::{Micros, RecorderPacket, from_ticks},
};

/// Samples of a packet that stands for missing sound: 20 ms.
pub(crate) const FILLER_SAMPLES: u32 = 960;
/// Such a packet: CELT of the full band, in stereo.
pub(crate) const FIRST_FILLER: [u8; 1] = [31 << 3 | 4];
/// Difference from which on sound is put right, as a share of a packet: three quarters, so that it isn't
/// put back at once.
const HYSTERESIS: i64 = 4;
/// Longest gap that is filled, in samples: half a minute.
const MAX_FILLED: i64 = 30 * 48_000;
/// Difference from which on MP3, which has no such packets, goes on in another file: 150 ms.
const MAX_MP3_ERROR: Micros = 150_000;

/// A packet of sound and its time.
#[derive(Clone, Debug)]
pub(crate) struct SoundPiece {
    pub(crate) codec: RecordedCodec,
    /// Time of the recording.
    pub(crate) time: Micros,
    pub(crate) samples: u32,
    /// Samples a second.
    pub(crate) rate: u32,
    pub(crate) data: Arc<[u8]>,
}

/// Place of a packet in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SoundPlace {
    /// After so many fillers.
    After(u32),
    /// There is sound already.
    Nowhere,
    /// In another file.
    FarAway,
}

impl SoundPiece {
    /// A packet as sound; [`None`] of one that no decoder takes.
    pub(crate) fn of(packet: &RecorderPacket, time: Micros) -> Option<Self> {
        let data = packet.payload.clone();
        let (samples, rate) = match packet.codec {
            RecordedCodec::Mp3 => mp3::samples(&data)?,
            _ => (opus_samples(&data), 48_000),
        };
        (samples > 0).then_some(SoundPiece { codec: packet.codec, time, samples, rate, data })
    }

    pub(crate) fn is_mp3(&self) -> bool {
        self.codec == RecordedCodec::Mp3
    }

    /// Time at which it ends.
    pub(crate) fn end(&self) -> Micros {
        self.time + from_ticks(self.samples.into(), self.rate)
    }

    /// A packet of 20 ms without a frame, of the same mode and bandwidth (RFC 6716 §3.1).
    pub(crate) fn filler(&self) -> Option<[u8; 1]> {
        let toc = *self.data.first().filter(|_| self.codec == RecordedCodec::Opus)?;
        let config = match toc >> 3 {
            config @ 0..12 => config & !3 | 1,
            config @ 12..16 => config | 1,
            config => config | 3,
        };
        Some([config << 3 | toc & 4])
    }
}

/// Place of a packet that belongs `gap` samples behind the end of what is there.
pub(crate) fn place(piece: &SoundPiece, gap: i64) -> SoundPlace {
    if piece.codec == RecordedCodec::Mp3 {
        let near = from_ticks(gap, piece.rate).abs() <= MAX_MP3_ERROR;
        return if near { SoundPlace::After(0) } else { SoundPlace::FarAway };
    }
    let filler = i64::from(FILLER_SAMPLES);
    let packet = filler.max(piece.samples.into());
    if gap > MAX_FILLED {
        SoundPlace::FarAway
    } else if gap >= filler - filler / HYSTERESIS {
        SoundPlace::After(u32::try_from((gap + filler / 2) / filler).unwrap_or_default())
    } else if gap <= packet / HYSTERESIS - packet {
        SoundPlace::Nowhere
    } else {
        SoundPlace::After(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(toc: u8) -> SoundPiece {
        let data: Arc<[u8]> = [toc, 1, 2].into();
        let (codec, samples) = (RecordedCodec::Opus, opus_samples(&data));
        SoundPiece { codec, time: 0, samples, rate: 48_000, data }
    }

    #[test]
    fn fillers_last_twenty_milliseconds() {
        for config in 0..32_u8 {
            let filler = piece(config << 3 | 4).filler().expect("Opus");
            assert_eq!((opus_samples(&filler), filler[0] & 7), (960, 4), "{config}");
        }
    }

    #[test]
    fn sound_is_put_right_by_whole_packets_with_hysteresis() {
        let packet = piece(31 << 3);
        let places = [-960, -720, -719, 0, 719, 720, 1_439, 1_440, 48_000 * 18];
        let expected = [
            SoundPlace::Nowhere,
            SoundPlace::Nowhere,
            SoundPlace::After(0),
            SoundPlace::After(0),
            SoundPlace::After(0),
            SoundPlace::After(1),
            SoundPlace::After(1),
            SoundPlace::After(2),
            SoundPlace::After(900),
        ];
        assert_eq!(places.map(|gap| place(&packet, gap)), expected);
        assert_eq!(place(&packet, 48_000 * 31), SoundPlace::FarAway);
    }
}
