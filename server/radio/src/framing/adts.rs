//! Frame headers of AAC in ADTS (ISO/IEC 14496-3 §1.A.3.2).

use super::splitter::FrameHeader;
use crate::{AudioError, AudioFormat, AudioInfo};

/// Hz by index (§1.6.3.4).
const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];
/// The profile of AAC-LC: its object type less one.
const LOW_COMPLEXITY: u8 = 1;
/// The highest rate of the core of HE-AAC whose sound has 48 kHz or less. Its frames say that they are
/// AAC-LC of that rate, and leave the rest to who decodes them (§1.6.5.3); AAC-LC alone is hardly ever sent
/// at such rates.
const MAX_CORE_RATE: u32 = 24_000;

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdtsHeader {
    profile: u8,
    rate: u32,
    channels: u8,
    blocks: u8,
    length: usize,
}

impl FrameHeader for AdtsHeader {
    const LENGTH: usize = 7;

    fn parse(bytes: &[u8]) -> Option<Self> {
        let [0xff, b, c, d, e, f, g, ..] = *bytes else { return None };
        // Twelve bits of sync, the version, two of a layer that is none.
        if b & 0xf6 != 0xf0 {
            return None;
        }
        let rate = *RATES.get(usize::from(c >> 2 & 0xf))?;
        let length = usize::from(d & 3) << 11 | usize::from(e) << 3 | usize::from(f >> 5);
        let header = if b & 1 == 0 { 9 } else { 7 };
        let channels = (c & 1) << 2 | d >> 6;
        let blocks = (g & 3) + 1;
        (length > header).then_some(Self { profile: c >> 6, rate, channels, blocks, length })
    }

    fn length(&self) -> usize {
        self.length
    }

    fn samples(&self) -> u32 {
        1_024 * u32::from(self.blocks)
    }

    fn info(&self) -> AudioInfo {
        AudioInfo { format: AudioFormat::Aac, rate: self.rate, channels: self.channels }
    }

    fn check(&self) -> Result<(), AudioError> {
        if self.profile != LOW_COMPLEXITY {
            Err(AudioError::AacProfile)
        } else if self.rate <= MAX_CORE_RATE {
            Err(AudioError::HeAac)
        } else if matches!(self.channels, 1 | 2) {
            Ok(())
        } else {
            Err(AudioError::Channels)
        }
    }

    fn is_table(&self, _: &[u8]) -> bool {
        false
    }
}

/// Frame of AAC-LC in ADTS, by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AacFrame {
    /// Bytes of the header, with its checksum.
    pub header: usize,
    /// Bytes of the frame with its header.
    pub length: usize,
    /// Samples of each channel.
    pub samples: u32,
    /// Samples a second.
    pub rate: u32,
    /// One or two.
    pub channels: u8,
}

/// The frame of which `bytes` begin with the header; none of several blocks, which can't be told apart without
/// decoding them, nor of what isn't taken from source clients.
pub fn aac_frame(bytes: &[u8]) -> Option<AacFrame> {
    let parsed = AdtsHeader::parse(bytes)?;
    let AdtsHeader { rate, channels, blocks, length, .. } = parsed;
    let is_taken = blocks == 1 && parsed.check().is_ok();
    let header = if bytes.get(1)? & 1 == 0 { 9 } else { 7 };
    let samples = parsed.samples();
    is_taken.then_some(AacFrame { header, length, samples, rate, channels })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_say_rate_channels_and_length() {
        // As FFmpeg writes it: LC, 44,100 Hz, stereo, 371 bytes.
        let header = AdtsHeader::parse(&[0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc]).unwrap();
        let expected = AudioInfo { format: AudioFormat::Aac, rate: 44_100, channels: 2 };
        assert_eq!((header.info(), header.length(), header.samples()), (expected, 371, 1_024));
        assert_eq!(header.check(), Ok(()));
        let frame = AacFrame { header: 7, length: 371, samples: 1_024, rate: 44_100, channels: 2 };
        assert_eq!(aac_frame(&[0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc]), Some(frame));
        // Two blocks.
        assert_eq!(aac_frame(&[0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfd]), None);
    }

    #[test]
    fn he_aac_and_other_profiles_are_told() {
        let with = |c, d| AdtsHeader::parse(&[0xff, 0xf1, c, d, 0x2e, 0x7f, 0xfc]).unwrap().check();
        assert_eq!(with(0x5c, 0x80), Err(AudioError::HeAac));
        assert_eq!(with(0x10, 0x80), Err(AudioError::AacProfile));
        assert_eq!(with(0x51, 0x80), Err(AudioError::Channels));
        assert_eq!(with(0x50, 0x00), Err(AudioError::Channels));
        assert!(AudioError::HeAac.to_string().contains("AAC-LC"));
    }

    #[test]
    fn what_is_no_adts_is_no_header() {
        // MP3; a rate that there isn't; a frame shorter than its header.
        for bytes in [
            [0xff, 0xfb, 0x90, 0x64, 0, 0, 0],
            [0xff, 0xf1, 0x7c, 0x80, 0x2e, 0x7f, 0xfc],
            [0xff, 0xf1, 0x50, 0x80, 0x00, 0xff, 0xfc],
        ] {
            assert_eq!(AdtsHeader::parse(&bytes), None, "{bytes:x?}");
        }
    }
}
