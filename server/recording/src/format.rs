//! Format of a picture, as a decoder has to know it before the first frame.

use shiguredo_mp4::{
    bitstream::{
        av1::{
            Av1ObuParseContext, Av1SampleEntryConfig, build_av01_box, parse_obus,
            parse_sequence_header,
        },
        h264::{H264SampleEntryConfig, LengthSize, build_avc1_box, parse_sps},
        vp9::{Vp9FrameHeader, Vp9SampleEntryConfig, build_vp09_box},
    },
    boxes::SampleEntry,
    codec_string,
};

use crate::RecordedCodec;

/// Width and height of a picture, at most: as much as VP8 has.
const MAX_SIDE: u16 = 16_383;

/// Format of a picture. A file has one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VideoFormat {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) configuration: CodecConfiguration,
}

/// Parameters that a codec tells besides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CodecConfiguration {
    Vp8,
    /// The header of a keyframe, without what changes between keyframes.
    Vp9(Vp9FrameHeader),
    /// Parameter sets, without start codes.
    H264 {
        sequence_sets: Vec<Vec<u8>>,
        picture_sets: Vec<Vec<u8>>,
    },
    /// The OBU, with its size.
    Av1 {
        sequence_header: Vec<u8>,
    },
}

impl VideoFormat {
    /// The format by a configuration that tells the size, which those of H.264 and AV1 do; [`None`] if a
    /// decoder couldn't make anything of it.
    pub(crate) fn sized(configuration: CodecConfiguration) -> Option<Self> {
        let (width, height) = match &configuration {
            CodecConfiguration::H264 { sequence_sets, .. } => {
                let read = parse_sps(sequence_sets.first()?).ok()?;
                (read.width, read.height)
            }
            CodecConfiguration::Av1 { sequence_header } => {
                let obus = parse_obus(sequence_header, Av1ObuParseContext::ConfigObus).ok()?;
                let read = parse_sequence_header(obus.first()?.payload).ok()?;
                (read.max_frame_width.try_into().ok()?, read.max_frame_height.try_into().ok()?)
            }
            CodecConfiguration::Vp8 | CodecConfiguration::Vp9(_) => return None,
        };
        VideoFormat { width, height, configuration }.checked()
    }

    /// The format, if a container can have it.
    pub(crate) fn checked(self) -> Option<Self> {
        let fits = (1..=MAX_SIDE).contains(&self.width) && (1..=MAX_SIDE).contains(&self.height);
        let known = self.codec() == RecordedCodec::Vp8 || self.sample_entry().is_some();
        (fits && known).then_some(self)
    }

    /// The codec.
    pub(crate) fn codec(&self) -> RecordedCodec {
        match self.configuration {
            CodecConfiguration::Vp8 => RecordedCodec::Vp8,
            CodecConfiguration::Vp9(_) => RecordedCodec::Vp9,
            CodecConfiguration::H264 { .. } => RecordedCodec::H264,
            CodecConfiguration::Av1 { .. } => RecordedCodec::Av1,
        }
    }

    /// Value of the parameter `codecs` (RFC 6381).
    pub(crate) fn codecs(&self) -> String {
        let entry = self.sample_entry();
        let named = entry.and_then(|entry| codec_string::from_sample_entry(&entry).ok());
        named.unwrap_or_else(|| "vp8".to_owned())
    }

    /// Sample entry of MP4: avc1 with avcC, vp09 with vpcC, av01 with av1C. None of VP8, which nobody plays
    /// in MP4.
    pub(crate) fn sample_entry(&self) -> Option<SampleEntry> {
        match &self.configuration {
            CodecConfiguration::Vp8 => None,
            CodecConfiguration::Vp9(header) => {
                let (width, height) = (self.width, self.height);
                let config = Vp9SampleEntryConfig {
                    level: vp9_level(width, height),
                    colour_primaries: Vp9SampleEntryConfig::COLOUR_PRIMARIES_UNSPECIFIED,
                    transfer_characteristics:
                        Vp9SampleEntryConfig::TRANSFER_CHARACTERISTICS_UNSPECIFIED,
                    matrix_coefficients: Vp9SampleEntryConfig::MATRIX_COEFFICIENTS_UNSPECIFIED,
                    width,
                    height,
                };
                build_vp09_box(header, &config).ok().map(SampleEntry::Vp09)
            }
            CodecConfiguration::H264 { sequence_sets, picture_sets } => {
                let config = H264SampleEntryConfig { length_size: LengthSize::FourBytes };
                build_avc1_box(sequence_sets, picture_sets, &config).ok().map(SampleEntry::Avc1)
            }
            CodecConfiguration::Av1 { sequence_header } => {
                let obus = parse_obus(sequence_header, Av1ObuParseContext::ConfigObus).ok()?;
                let read = parse_sequence_header(obus.first()?.payload).ok()?;
                let config = Av1SampleEntryConfig { initial_presentation_delay_minus_one: None };
                build_av01_box(&read, sequence_header, &config).ok().map(SampleEntry::Av01)
            }
        }
    }
}

/// Level of VP9 by the size of a picture, at 30 frames a second (VP9 levels, table of libvpx's documentation).
fn vp9_level(width: u16, height: u16) -> u8 {
    let pixels = u32::from(width) * u32::from(height);
    let levels = [
        (36_864, 10),
        (73_728, 11),
        (122_880, 20),
        (245_760, 21),
        (552_960, 30),
        (983_040, 31),
        (2_228_224, 40),
        (8_912_896, 50),
    ];
    levels.iter().find(|(most, _)| pixels <= *most).map_or(60, |it| it.1)
}
