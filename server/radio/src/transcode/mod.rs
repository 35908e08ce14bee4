//! Transcoding: MP3 of 128 kbit/s for players that take nothing else, and packets of Opus for the media core,
//! whatever a source sends.
//!
//! A [`Transcoder`] and a [`PacketStream`] are told what a listener is given, and are to run where nothing else
//! waits for them. Those of one stream share its [`SharedDecoder`], so that it is decoded once. An [`Mp3File`] makes
//! one file of packets.

mod decoder;
mod lame;
mod mp3_file;
mod opus;
mod packets;
mod resampler;
mod shared;

use std::{fmt, sync::Arc};

use thiserror::Error;

pub(crate) use self::packets::OpusPackets;
use self::{lame::LameEncoder, shared::SampleReader};
pub use self::{mp3_file::Mp3File, packets::PacketStream, shared::SharedDecoder};
use crate::{AudioFormat, AudioInfo, Framed, Framer, RingPiece};

/// kbit/s of what is made.
pub const MP3_KBITS: u32 = 128;

/// Samples of all channels that are encoded at once: about a second.
const ENCODED_AT_ONCE: usize = 96_000;

/// Reason for which there is no transcoding.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TranscodeError {
    /// A shared library isn't there, or isn't the one that it is called.
    #[error("{name} can't be loaded ({why}); Debian has it in the package {package}")]
    Library {
        /// The file that was looked for.
        name: &'static str,
        /// The package that has it.
        package: &'static str,
        /// The system's words.
        why: String,
    },
    /// A decoder or the encoder doesn't take the stream.
    #[error("the stream can't be transcoded: {0}")]
    Codec(String),
}

/// Shared libraries by which sound is transcoded, loaded once. Cloning gives another handle to the same.
#[derive(Clone)]
pub struct SoundLibraries {
    lame: Result<Arc<lame::Lame>, TranscodeError>,
    opus: Result<Arc<opus::Opus>, TranscodeError>,
}

impl fmt::Debug for SoundLibraries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mp3, opus) = (self.lame.is_ok(), self.opus.is_ok());
        f.debug_struct("SoundLibraries").field("mp3", &mp3).field("opus", &opus).finish()
    }
}

impl SoundLibraries {
    /// Loads LAME, without which no MP3 is made, and libopus, without which Opus is neither made nor decoded.
    pub fn load() -> Self {
        Self { lame: lame::Lame::load().map(Arc::new), opus: opus::Opus::load().map(Arc::new) }
    }

    /// The reason for which no MP3 is made, if there is one.
    pub fn without_mp3(&self) -> Option<&TranscodeError> {
        self.lame.as_ref().err()
    }

    /// Tells whether files of MP3 can be made of Opus.
    pub fn make_mp3_of_opus(&self) -> bool {
        self.lame.is_ok() && self.opus.is_ok()
    }

    /// The reason for which Opus is neither made nor decoded, if there is one.
    pub fn without_opus(&self) -> Option<&TranscodeError> {
        self.opus.as_ref().err()
    }
}

/// Makes MP3 of a stream.
pub struct Transcoder {
    libraries: SoundLibraries,
    info: AudioInfo,
    sound: SampleReader,
    encoder: Option<LameEncoder>,
    outgoing: Framer,
}

impl fmt::Debug for Transcoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transcoder").finish_non_exhaustive()
    }
}

impl Transcoder {
    /// Has heard nothing yet of the stream of `info` and `decoder`.
    pub fn new(libraries: SoundLibraries, info: AudioInfo, decoder: Arc<SharedDecoder>) -> Self {
        let sound = SampleReader::new(libraries.clone(), decoder);
        Self { libraries, info, sound, encoder: None, outgoing: Framer::new() }
    }

    /// Format of the output.
    pub fn info_for(info: AudioInfo) -> AudioInfo {
        let rate = lame::rate_for(info.rate);
        AudioInfo { format: AudioFormat::Mp3, rate, channels: info.channels }
    }

    /// Takes what a listener is given, and appends what another ring takes to `out`. Frames that can't be
    /// decoded are left out.
    ///
    /// # Errors
    /// [`TranscodeError`]; the stream can't be transcoded then.
    pub fn push(&mut self, piece: &RingPiece, out: &mut Vec<Framed>) -> Result<(), TranscodeError> {
        let broken = |error: crate::AudioError| TranscodeError::Codec(error.to_string());
        out.push(Framed::Title(piece.title.clone()));
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            none => none.insert(LameEncoder::new(self.libraries.lame.clone()?, self.info)?),
        };
        for samples in self.sound.read(piece)?.chunks(ENCODED_AT_ONCE) {
            self.outgoing.push(&encoder.encode(samples)?, out).map_err(broken)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::BytesMut;

    use super::*;
    use crate::{
        AudioRing, RingLimits, RingRead,
        framing::{Page, PageStart},
    };

    /// A file as a listener gets it, and its format.
    pub(super) fn pieces_of(file: &[u8]) -> (AudioInfo, Vec<RingPiece>) {
        let (mut framer, mut framed) = (Framer::new(), Vec::new());
        framer.push(file, &mut framed).unwrap();
        let Framed::Began(info) = framed[0] else { panic!() };
        let mut ring = AudioRing::new(info, RingLimits::default());
        framed.iter().for_each(|part| {
            ring.append(part);
        });
        ring.end();
        let mut cursor = ring.join(Duration::from_secs(30));
        let mut pieces = Vec::new();
        while let RingRead::Piece(piece) = ring.read(&mut cursor) {
            pieces.push(piece);
        }
        (info, pieces)
    }

    /// A transcoder, and a reader of what it decodes.
    fn makers(info: AudioInfo) -> (Transcoder, SampleReader) {
        let (libraries, decoder) = (SoundLibraries::load(), Arc::<SharedDecoder>::default());
        let transcoder = Transcoder::new(libraries.clone(), info, decoder.clone());
        (transcoder, SampleReader::new(libraries, decoder))
    }

    /// Transcodes a file as a listener gets it; returns rate, channels, seconds, and the loudest that was
    /// decoded.
    fn transcoded(file: &[u8]) -> (AudioInfo, f64, f32) {
        let (info, pieces) = pieces_of(file);
        let (mut transcoder, mut beside) = makers(info);
        let (mut out, mut loudest) = (Vec::new(), 0.0_f32);
        for piece in pieces {
            transcoder.push(&piece, &mut out).unwrap();
            let samples = beside.read(&piece).unwrap();
            loudest = samples.iter().fold(loudest, |most, it| most.max(it.abs()));
        }
        let mut made = None;
        let mut samples = 0;
        for part in &out {
            match part {
                Framed::Began(info) => made = Some(*info),
                Framed::Sound(frame) => samples += frame.samples,
                Framed::Headers(_) | Framed::Title(_) => {}
            }
        }
        let made = made.unwrap();
        assert_eq!(made, Transcoder::info_for(info));
        (made, f64::from(samples) / f64::from(made.rate), loudest)
    }

    #[test]
    fn every_format_becomes_mp3_of_the_same_length() {
        let cases: [(&[u8], u32); 6] = [
            (include_bytes!("../../fixtures/tone.mp3"), 44_100),
            (include_bytes!("../../fixtures/mono.mp3"), 44_100),
            (include_bytes!("../../fixtures/tone.aac"), 44_100),
            (include_bytes!("../../fixtures/one.ogg"), 44_100),
            (include_bytes!("../../fixtures/one.opus"), 48_000),
            (include_bytes!("../../fixtures/mono.opus"), 48_000),
        ];
        for (at, (file, rate)) in cases.into_iter().enumerate() {
            let (info, seconds, loudest) = transcoded(file);
            assert_eq!(info.rate, rate);
            let length = if info.channels == 2 { 0.85..1.2 } else { 0.15..0.65 };
            assert!(length.contains(&seconds), "{at}: {seconds} s");
            // FFmpeg's sine has an eighth of the full scale.
            assert!((0.08..0.3).contains(&loudest), "{at}: {loudest}");
        }
    }

    #[test]
    fn much_sound_in_few_bytes_is_refused() {
        // Pages of 255 packets of two bytes, each of 120 ms without any sound: half a minute in 800 bytes.
        let (file, mut at) = (include_bytes!("../../fixtures/one.opus"), 0);
        let mut stream = BytesMut::new();
        let mut bomb = None;
        while let PageStart::Page(page, length) = Page::read(&file[at..]) {
            if page.granule == Some(0) {
                stream.extend_from_slice(&file[at..at + length]);
            } else {
                bomb.get_or_insert(Page { granule: Some(960), ..*page });
            }
            at += length;
        }
        let headers = stream.split().freeze();
        let packets = |count: usize| Page {
            lacing: vec![2; count],
            body: [31 << 3 | 3, 6].repeat(count),
            ..bomb.clone().unwrap()
        };
        for count in [255, 160] {
            for sequence in 0..60 {
                packets(count).write(sequence, &mut stream);
            }
            let info = AudioInfo { format: AudioFormat::OggOpus, rate: 48_000, channels: 2 };
            let (bytes, title) = (stream.split().freeze(), crate::Title::default());
            let headers = headers.clone();
            let piece = RingPiece { number: 0, link: 0, start: 0, headers, bytes, title };
            assert!(makers(info).0.push(&piece, &mut Vec::new()).is_err());
        }
    }

    #[test]
    fn samples_that_are_no_numbers_don_t_end_the_program() {
        let info = AudioInfo { format: AudioFormat::OggVorbis, rate: 8_000, channels: 2 };
        let wild = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e30, -3.0];
        for rate in [8_000, 44_100] {
            let lame = SoundLibraries::load().lame.unwrap();
            let mut encoder = LameEncoder::new(lame, AudioInfo { rate, ..info }).unwrap();
            let samples: Vec<_> = wild.into_iter().cycle().take(400_000).collect();
            assert!(encoder.encode(&samples).unwrap().len() > 10_000);
        }
    }

    #[test]
    fn broken_frames_are_left_out() {
        let file = include_bytes!("../../fixtures/tone.mp3");
        let mut broken = file.to_vec();
        for at in (3_000..4_000).step_by(7) {
            broken[at] ^= 0x55;
        }
        let (_, seconds, _) = transcoded(&broken);
        assert!(seconds > 0.5, "{seconds}");
    }
}
