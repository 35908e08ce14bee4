//! Places of sound in a file.
//!
//! Players give out sound as it is decoded, one packet after the other, whatever its times say (browsers do). So
//! in a file it has no gaps: where packets are missing, or the clock of who sent them is slow, packets of Opus
//! without a frame stand for them (RFC 6716 §3.2.1, RFC 7845 §4.1), and where it is fast, one is left out.
//!
//! Frames of MP3 and AAC need those before them: all are kept, and none is added. Where their times are others than
//! those of their samples, these give way: a frame is said to last a little longer or shorter, so that who begins
//! later in the file is right again.

use std::sync::Arc;

use bandstand_radio::{AacFrame, aac_frame, mp3_frame, opus_samples};

use crate::{
    RecordedCodec,
    packet::{Micros, RecorderPacket, from_ticks},
    sound_format::SoundFormat,
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
/// Time by which frames that have no fillers may be late before the last one lasts as much longer, and the longest
/// that it may: after a longer pause, they go on in another file.
const MAX_LATE: Micros = 150_000;
const MAX_EXTENDED: Micros = 1_000_000;
/// Time by which they may be early before each lasts a tick less.
const MAX_EARLY: Micros = 20_000;

/// A packet of sound and its time.
#[derive(Clone, Debug)]
pub(crate) struct SoundPiece {
    pub(crate) format: SoundFormat,
    /// Time of the recording.
    pub(crate) time: Micros,
    pub(crate) samples: u32,
    pub(crate) data: Arc<[u8]>,
}

/// Place of a packet in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SoundPlace {
    /// After so many fillers.
    After(u32),
    /// After the last one, which lasts so many samples longer.
    Late(u32),
    /// After the last one, and it lasts one sample less itself.
    Early,
    /// There is sound already.
    Nowhere,
    /// In another file.
    FarAway,
}

impl SoundPiece {
    /// A packet as sound; [`None`] of one that no decoder takes.
    pub(crate) fn of(packet: &RecorderPacket, time: Micros) -> Option<Self> {
        let (data, codec) = (packet.payload.clone(), packet.codec);
        let (samples, format, data) = match codec {
            RecordedCodec::Mp3 => {
                let frame = mp3_frame(&data).filter(|it| it.length == data.len())?;
                let (rate, channels) = (frame.rate, frame.channels);
                (frame.samples, SoundFormat { codec, rate, channels }, data)
            }
            RecordedCodec::Aac => {
                let frame = aac_frame(&data).filter(|it| it.length == data.len())?;
                let AacFrame { header, samples, rate, channels, .. } = frame;
                let format = SoundFormat { codec, rate, channels };
                (samples, format, data.get(header..)?.into())
            }
            _ => (opus_samples(&data), SoundFormat::OPUS, data),
        };
        (samples > 0).then_some(SoundPiece { format, time, samples, data })
    }

    /// Time at which it ends.
    pub(crate) fn end(&self) -> Micros {
        self.time + from_ticks(self.samples.into(), self.format.rate)
    }

    /// A packet of 20 ms without a frame, of the same mode and bandwidth (RFC 6716 §3.1).
    pub(crate) fn filler(&self) -> Option<[u8; 1]> {
        let toc = *self.data.first().filter(|_| self.format.codec.has_fillers())?;
        let config = match toc >> 3 {
            config @ 0..12 => config & !3 | 1,
            config @ 12..16 => config | 1,
            config => config | 3,
        };
        Some([config << 3 | toc & 4])
    }
}

/// Place of a packet that belongs `gap` samples behind the end of what is there, in a file that says when each packet
/// begins, or doesn't.
pub(crate) fn place(piece: &SoundPiece, gap: i64, has_times: bool) -> SoundPlace {
    if !piece.format.codec.has_fillers() {
        let late = from_ticks(gap, piece.format.rate);
        return if late >= MAX_EXTENDED || !has_times && late.abs() >= MAX_LATE {
            SoundPlace::FarAway
        } else if late >= MAX_LATE {
            SoundPlace::Late(u32::try_from(gap).unwrap_or_default())
        } else if has_times && late <= -MAX_EARLY {
            SoundPlace::Early
        } else {
            SoundPlace::After(0)
        };
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
        let (format, samples) = (SoundFormat::OPUS, opus_samples(&data));
        SoundPiece { format, time: 0, samples, data }
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
        assert_eq!(places.map(|gap| place(&packet, gap, true)), expected);
        assert_eq!(place(&packet, 48_000 * 31, true), SoundPlace::FarAway);
    }

    #[test]
    fn frames_without_fillers_last_longer_or_shorter() {
        let format = SoundFormat { codec: RecordedCodec::Aac, rate: 48_000, channels: 2 };
        let frame = SoundPiece { format, samples: 1_024, ..piece(0) };
        let places = [-480_000, -960, -959, 0, 7_199, 7_200, 47_999, 48_000];
        let expected = [
            SoundPlace::Early,
            SoundPlace::Early,
            SoundPlace::After(0),
            SoundPlace::After(0),
            SoundPlace::After(0),
            SoundPlace::Late(7_200),
            SoundPlace::Late(47_999),
            SoundPlace::FarAway,
        ];
        assert_eq!(places.map(|gap| place(&frame, gap, true)), expected);
        let untimed = [-7_200, -7_199, 7_199, 7_200].map(|gap| place(&frame, gap, false));
        let (near, far) = (SoundPlace::After(0), SoundPlace::FarAway);
        assert_eq!(untimed, [far, near, near, far]);
    }
}
