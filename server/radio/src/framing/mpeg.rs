//! Frame headers of MPEG audio layer III (ISO/IEC 11172-3 §2.4.1.3, ISO/IEC 13818-3 §2.4.1.3).

use super::splitter::FrameHeader;
use crate::{AudioError, AudioFormat, AudioInfo};

/// kbit/s by index, of MPEG-1; 0 where there is none.
const BITRATES_1: [u32; 16] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
/// The same, of MPEG-2 and MPEG-2.5.
const BITRATES_2: [u32; 16] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];
/// Hz by index, of MPEG-1; halves and quarters of it are those of MPEG-2 and MPEG-2.5.
const RATES: [u32; 3] = [44_100, 48_000, 32_000];

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MpegHeader {
    rate: u32,
    channels: u8,
    samples: u32,
    length: usize,
    /// Bytes of the header with its checksum, and of the side information.
    side: usize,
}

impl FrameHeader for MpegHeader {
    const LENGTH: usize = 4;

    fn parse(bytes: &[u8]) -> Option<Self> {
        let [0xff, b, c, d, ..] = *bytes else { return None };
        // Eleven bits of sync, two of the version, two of the layer (01 is III), one without checksum.
        let (version, layer) = (b >> 3 & 3, b >> 1 & 3);
        if b & 0xe0 != 0xe0 || version == 1 || layer != 1 {
            return None;
        }
        let is_mpeg1 = version == 3;
        let bitrates = if is_mpeg1 { BITRATES_1 } else { BITRATES_2 };
        let bitrate = bitrates[usize::from(c >> 4)];
        let rate = *RATES.get(usize::from(c >> 2 & 3))?;
        let rate = match version {
            3 => rate,
            2 => rate / 2,
            _ => rate / 4,
        };
        // Emphasis 2 is reserved.
        if bitrate == 0 || d & 3 == 2 {
            return None;
        }
        let padding = usize::from(c >> 1 & 1);
        let is_mono = d >> 6 == 3;
        let samples = if is_mpeg1 { 1_152 } else { 576 };
        let length = usize::try_from(samples / 8 * bitrate * 1_000 / rate).ok()? + padding;
        let checksum = if b & 1 == 0 { 2 } else { 0 };
        let side = match (is_mpeg1, is_mono) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        };
        let channels = if is_mono { 1 } else { 2 };
        Some(Self { rate, channels, samples, length, side: 4 + checksum + side })
    }

    fn length(&self) -> usize {
        self.length
    }

    fn samples(&self) -> u32 {
        self.samples
    }

    fn info(&self) -> AudioInfo {
        AudioInfo { format: AudioFormat::Mp3, rate: self.rate, channels: self.channels }
    }

    fn check(&self) -> Result<(), AudioError> {
        Ok(())
    }

    /// Frames of tables for seeking in files (Xing, and VBRI of Fraunhofer): they decode to silence, and say
    /// how long the stream is, which isn't true of one that goes on.
    fn is_table(&self, frame: &[u8]) -> bool {
        let at = |place: usize| frame.get(place..place + 4).unwrap_or_default();
        matches!(at(self.side), b"Xing" | b"Info") || at(36) == b"VBRI"
    }
}

/// Frame of MP3, by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mp3Frame {
    /// Bytes of the frame with its header.
    pub length: usize,
    /// Samples of each channel.
    pub samples: u32,
    /// Samples a second.
    pub rate: u32,
    /// One or two.
    pub channels: u8,
}

/// The frame of which `bytes` begin with the header.
pub fn mp3_frame(bytes: &[u8]) -> Option<Mp3Frame> {
    let MpegHeader { rate, channels, samples, length, .. } = MpegHeader::parse(bytes)?;
    Some(Mp3Frame { length, samples, rate, channels })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: [u8; 4]) -> (u32, u8, u32, usize) {
        let header = MpegHeader::parse(&bytes).unwrap();
        (header.rate, header.channels, header.samples, header.length)
    }

    #[test]
    fn headers_say_rate_channels_and_length() {
        assert_eq!(header([0xff, 0xfb, 0x90, 0x64]), (44_100, 2, 1_152, 417));
        assert_eq!(header([0xff, 0xfb, 0x92, 0x64]), (44_100, 2, 1_152, 418));
        assert_eq!(header([0xff, 0xfb, 0xe4, 0xc4]), (48_000, 1, 1_152, 960));
        assert_eq!(header([0xff, 0xf3, 0x84, 0xc4]), (24_000, 1, 576, 192));
        assert_eq!(header([0xff, 0xe3, 0x18, 0xc4]), (8_000, 1, 576, 72));
    }

    #[test]
    fn what_is_no_layer_iii_is_no_header() {
        for bytes in [
            [0xfe, 0xfb, 0x90, 0x64],
            // Reserved version; layers I and II; ADTS.
            [0xff, 0xeb, 0x90, 0x64],
            [0xff, 0xff, 0x90, 0x64],
            [0xff, 0xfd, 0x90, 0x64],
            [0xff, 0xf1, 0x50, 0x80],
            // Free bitrate, bad bitrate, bad rate, bad emphasis.
            [0xff, 0xfb, 0x00, 0x64],
            [0xff, 0xfb, 0xf0, 0x64],
            [0xff, 0xfb, 0x9c, 0x64],
            [0xff, 0xfb, 0x90, 0x66],
        ] {
            assert_eq!(MpegHeader::parse(&bytes), None, "{bytes:x?}");
        }
    }
}
