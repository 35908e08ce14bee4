//! Decoding of frames and pages into samples.

use bytes::Bytes;
use symphonia_bundle_mp3::MpaDecoder;
use symphonia_codec_aac::AacDecoder;
use symphonia_codec_vorbis::VorbisDecoder;
use symphonia_core::{
    audio::{Channels, layouts},
    codecs::audio::{
        AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions,
        well_known::{CODEC_ID_AAC, CODEC_ID_MP3, CODEC_ID_VORBIS},
    },
    packet::PacketRef,
    units::{Duration, Timestamp},
};

use super::{SoundLibraries, TranscodeError, opus::OpusDecoder};
use crate::{
    AudioFormat, AudioInfo,
    framing::{Page, PageStart},
};

/// The most bytes of a packet that begins on one page and ends on another.
const MAX_PACKET: usize = 256 * 1024;

/// A decoder of one of the formats.
pub struct SoundDecoder {
    info: AudioInfo,
    codec: SoundCodec,
    /// The part of a packet whose end is on the next page.
    part: Vec<u8>,
    decoded: Vec<f32>,
}

enum SoundCodec {
    /// MP3, or AAC whose frames lose their headers.
    Frames(Box<dyn AudioDecoder>),
    /// Vorbis; none before its headers.
    Vorbis(Option<Box<dyn AudioDecoder>>),
    Opus(OpusDecoder),
}

impl SoundDecoder {
    /// A decoder of sound that is `info`.
    pub fn new(info: AudioInfo, libraries: &SoundLibraries) -> Result<Self, TranscodeError> {
        let options = AudioDecoderOptions::default();
        let codec = match info.format {
            AudioFormat::Mp3 => {
                let made = MpaDecoder::try_new(&parameters(info, CODEC_ID_MP3), &options);
                SoundCodec::Frames(Box::new(made.map_err(refused)?))
            }
            AudioFormat::Aac => {
                let made = AacDecoder::try_new(&parameters(info, CODEC_ID_AAC), &options);
                SoundCodec::Frames(Box::new(made.map_err(refused)?))
            }
            AudioFormat::OggVorbis => SoundCodec::Vorbis(None),
            AudioFormat::OggOpus => {
                SoundCodec::Opus(OpusDecoder::new(libraries.opus.clone()?, info.channels)?)
            }
        };
        Ok(Self { info, codec, part: Vec::new(), decoded: Vec::new() })
    }

    /// Samples of all channels in a second.
    pub fn samples_a_second(&self) -> usize {
        self.info.rate as usize * usize::from(self.info.channels)
    }

    /// Takes the headers of a link, as pages.
    pub fn take_headers(&mut self, pages: &[u8]) -> Result<(), TranscodeError> {
        self.part.clear();
        let SoundCodec::Vorbis(decoder) = &mut self.codec else { return Ok(()) };
        let mut packets = packets(pages, &mut self.part).into_iter();
        let (Some(head), Some(_), Some(setup)) = (packets.next(), packets.next(), packets.next())
        else {
            return Err(TranscodeError::Codec("a stream of Vorbis without headers".to_owned()));
        };
        let mut parameters = parameters(self.info, CODEC_ID_VORBIS);
        parameters.with_extra_data([head, setup].concat().into_boxed_slice());
        let made = VorbisDecoder::try_new(&parameters, &AudioDecoderOptions::default());
        *decoder = Some(Box::new(made.map_err(refused)?));
        Ok(())
    }

    /// The packets of a frame or a page, which are decoded one by one: on a page are seconds.
    pub fn packets(&mut self, bytes: &Bytes) -> Vec<Bytes> {
        match self.codec {
            SoundCodec::Frames(_) => {
                let is_mp3 = self.info.format == AudioFormat::Mp3;
                let header = if is_mp3 { 0 } else { adts_header(bytes) };
                vec![bytes.slice(header.min(bytes.len())..)]
            }
            SoundCodec::Vorbis(_) | SoundCodec::Opus(_) => {
                packets(bytes, &mut self.part).into_iter().map(Bytes::from).collect()
            }
        }
    }

    /// Decodes a packet; appends its samples, of one channel after the other. What is broken is left out.
    pub fn decode(&mut self, packet: &[u8], samples: &mut Vec<f32>) {
        let Self { info, codec, decoded, .. } = self;
        match codec {
            SoundCodec::Frames(decoder) | SoundCodec::Vorbis(Some(decoder)) => {
                decode(decoder.as_mut(), *info, packet, decoded, samples);
            }
            SoundCodec::Vorbis(None) => {}
            SoundCodec::Opus(decoder) => decoder.decode(packet, samples),
        }
    }
}

fn decode(
    decoder: &mut dyn AudioDecoder,
    info: AudioInfo,
    packet: &[u8],
    decoded: &mut Vec<f32>,
    samples: &mut Vec<f32>,
) {
    let packet = PacketRef::new(0, Timestamp::new(0), Duration::new(0), packet);
    let Ok(buffer) = decoder.decode_ref(&packet) else { return };
    if buffer.num_planes() == usize::from(info.channels) {
        buffer.copy_to_vec_interleaved(decoded);
        samples.extend_from_slice(decoded);
    }
}

fn parameters(info: AudioInfo, codec: AudioCodecId) -> AudioCodecParameters {
    let channels: Channels = if info.channels == 1 {
        layouts::CHANNEL_LAYOUT_MONO
    } else {
        layouts::CHANNEL_LAYOUT_STEREO
    };
    let mut parameters = AudioCodecParameters::new();
    parameters.for_codec(codec).with_sample_rate(info.rate).with_channels(channels);
    parameters
}

fn refused(error: symphonia_core::errors::Error) -> TranscodeError {
    TranscodeError::Codec(error.to_string())
}

/// Length of an ADTS frame's header, which has a checksum unless it says that it hasn't (ISO/IEC 14496-3
/// §1.A.3.2).
fn adts_header(frame: &[u8]) -> usize {
    if frame.get(1).is_some_and(|it| it & 1 == 0) { 9 } else { 7 }
}

/// The packets that end on some pages; `part` is what began on an earlier one, and what ends on a later one.
pub fn packets(mut pages: &[u8], part: &mut Vec<u8>) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    while let PageStart::Page(page, length) = Page::read(pages) {
        pages = &pages[length..];
        let mut lost = page.continued && part.is_empty();
        if !page.continued {
            part.clear();
        }
        for (bytes, ends) in page.packets() {
            part.extend_from_slice(bytes);
            if part.len() > MAX_PACKET {
                part.clear();
                lost = true;
            }
            if ends {
                let packet = std::mem::take(part);
                // The rest of one whose beginning nobody has is no packet.
                if !std::mem::take(&mut lost) && !packet.is_empty() {
                    packets.push(packet);
                }
            }
        }
    }
    packets
}
