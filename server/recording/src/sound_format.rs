//! Format of sound, as a decoder has to know it before the first packet.

use shiguredo_mp4::{
    FixedPointNumber, Uint,
    bitstream::{
        aac::{
            AudioObjectType, AudioSpecificConfig, ChannelConfiguration, Mp4aSampleEntryConfig,
            SamplingFrequency, build_mp4a_box,
        },
        opus::{ChannelCount, OpusSampleEntryConfig, build_opus_box},
    },
    boxes::{AudioSampleEntryFields, EsdsBox, Mp4aBox, SampleEntry},
    descriptors::{DecoderConfigDescriptor, EsDescriptor, SlConfigDescriptor},
};

use crate::RecordedCodec;

/// Object types of MP3 (MP4RA): of MPEG-1 (ISO/IEC 11172-3), and of the lower rates of MPEG-2 (ISO/IEC 13818-3).
const MPEG1_AUDIO: u8 = 0x6b;
const MPEG2_AUDIO: u8 = 0x69;
/// Lowest rate of MPEG-1.
const MIN_MPEG1_RATE: u32 = 32_000;

/// Format of sound. A file has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SoundFormat {
    pub(crate) codec: RecordedCodec,
    /// Samples a second.
    pub(crate) rate: u32,
    pub(crate) channels: u8,
}

impl SoundFormat {
    /// Opus, of which decoders make two channels, whatever a packet has.
    pub(crate) const OPUS: Self =
        SoundFormat { codec: RecordedCodec::Opus, rate: 48_000, channels: 2 };

    /// Value of the parameter `codecs` (RFC 6381) in MP4 and WebM. MP3 has the name under which Firefox takes it, and
    /// none by its object type; Chromium takes no MP3 in MP4 that comes in pieces, but the frames alone.
    pub(crate) fn codecs(self) -> &'static str {
        match self.codec {
            RecordedCodec::Aac => "mp4a.40.2",
            RecordedCodec::Mp3 => "mp3",
            _ => "opus",
        }
    }

    /// Sample entry of MP4: Opus with dOps, mp4a with esds.
    pub(crate) fn sample_entry(self) -> Option<SampleEntry> {
        match self.codec {
            RecordedCodec::Aac => self.aac_entry(),
            RecordedCodec::Mp3 => Some(self.mp3_entry()),
            _ => {
                let config = OpusSampleEntryConfig {
                    channel_count: ChannelCount::Stereo,
                    pre_skip: 0,
                    input_sample_rate: 48_000,
                    output_gain: 0,
                };
                Some(SampleEntry::Opus(build_opus_box(&config)))
            }
        }
    }

    fn aac_entry(self) -> Option<SampleEntry> {
        let specific = AudioSpecificConfig {
            audio_object_type: AudioObjectType::AacLc,
            sampling_frequency: SamplingFrequency::from_hz(self.rate).ok()?,
            channel_configuration: match self.channels {
                1 => ChannelConfiguration::Mono,
                _ => ChannelConfiguration::Stereo,
            },
        };
        let config = Mp4aSampleEntryConfig {
            es_id: EsDescriptor::MIN_ES_ID,
            buffer_size_db: 0,
            max_bitrate: 0,
            avg_bitrate: 0,
        };
        build_mp4a_box(&specific, &config).ok().map(SampleEntry::Mp4a)
    }

    fn mp3_entry(self) -> SampleEntry {
        let object_type = if self.rate < MIN_MPEG1_RATE { MPEG2_AUDIO } else { MPEG1_AUDIO };
        SampleEntry::Mp4a(Mp4aBox {
            audio: AudioSampleEntryFields {
                data_reference_index: AudioSampleEntryFields::DEFAULT_DATA_REFERENCE_INDEX,
                channelcount: self.channels.into(),
                samplesize: AudioSampleEntryFields::DEFAULT_SAMPLESIZE,
                samplerate: FixedPointNumber::new(u16::try_from(self.rate).unwrap_or_default(), 0),
            },
            esds_box: EsdsBox {
                es: EsDescriptor {
                    es_id: EsDescriptor::MIN_ES_ID,
                    stream_priority: EsDescriptor::LOWEST_STREAM_PRIORITY,
                    depends_on_es_id: None,
                    url_string: None,
                    ocr_es_id: None,
                    dec_config_descr: DecoderConfigDescriptor {
                        object_type_indication: object_type,
                        stream_type: DecoderConfigDescriptor::STREAM_TYPE_AUDIO,
                        up_stream: DecoderConfigDescriptor::UP_STREAM_FALSE,
                        buffer_size_db: Uint::new(0),
                        max_bitrate: 0,
                        avg_bitrate: 0,
                        dec_specific_info: None,
                    },
                    sl_config_descr: SlConfigDescriptor,
                },
            },
            unknown_boxes: Vec::new(),
        })
    }
}
