//! Transcoding: MP3 of 128 kbit/s for players that take nothing else, and packets of Opus for the media core,
//! whatever a source sends.
//!
//! A [`Transcoder`] and a [`PacketStream`] are told what a listener is given. They decode each stream once, and
//! are to run where nothing else waits for them.

mod decoder;
mod lame;
mod opus;
mod packets;
mod resampler;

use std::{fmt, sync::Arc};

use bytes::Bytes;
use thiserror::Error;

pub use self::packets::PacketStream;
use self::{decoder::SoundDecoder, lame::LameEncoder};
use crate::{AudioFormat, AudioInfo, Framed, Framer, RingPiece};

/// kbit/s of what is made.
pub const MP3_KBITS: u32 = 128;

/// Samples of all channels that are decoded before they are encoded: about a second, so that little is kept of
/// a piece in which there is much.
const MAX_SAMPLES: usize = 96_000;
/// The most samples of a piece: half a minute, of which a page has less.
const MAX_PIECE_SAMPLES: usize = 30 * 2 * 200_000;

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

    /// The reason for which Opus is neither made nor decoded, if there is one.
    pub fn without_opus(&self) -> Option<&TranscodeError> {
        self.opus.as_ref().err()
    }
}

/// Makes MP3 of a stream.
pub struct Transcoder {
    libraries: SoundLibraries,
    /// Finds the frames again in what a listener is given.
    incoming: Framer,
    decoder: Option<SoundDecoder>,
    encoder: Option<LameEncoder>,
    outgoing: Framer,
    samples: Vec<f32>,
}

impl fmt::Debug for Transcoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transcoder").finish_non_exhaustive()
    }
}

impl Transcoder {
    /// Has heard nothing yet.
    pub fn new(libraries: SoundLibraries) -> Self {
        Self {
            libraries,
            incoming: Framer::new(),
            decoder: None,
            encoder: None,
            outgoing: Framer::new(),
            samples: Vec::new(),
        }
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
        let mut framed = Vec::new();
        self.incoming.push(&piece.headers, &mut framed).map_err(broken)?;
        self.incoming.push(&piece.bytes, &mut framed).map_err(broken)?;
        out.push(Framed::Title(piece.title.clone()));
        self.samples.clear();
        let mut decoded = 0;
        for part in &framed {
            match part {
                Framed::Began(info) => self.begin(*info)?,
                Framed::Headers(headers) => {
                    if let Some(decoder) = &mut self.decoder {
                        decoder.take_headers(headers)?;
                    }
                }
                // Of the original, and told by the piece already.
                Framed::Title(_) => {}
                Framed::Sound(frame) => self.transcode(&frame.bytes, &mut decoded, out)?,
            }
        }
        self.encode(out)
    }

    /// Transcodes a frame or a page; `decoded` counts the samples of the piece.
    fn transcode(
        &mut self,
        bytes: &Bytes,
        decoded: &mut usize,
        out: &mut Vec<Framed>,
    ) -> Result<(), TranscodeError> {
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        for packet in decoder.packets(bytes) {
            let Some(decoder) = &mut self.decoder else { return Ok(()) };
            let before = self.samples.len();
            decoder.decode(&packet, &mut self.samples);
            *decoded += self.samples.len() - before;
            if *decoded > MAX_PIECE_SAMPLES {
                return Err(TranscodeError::Codec("too much sound in a piece".to_owned()));
            }
            if self.samples.len() > MAX_SAMPLES {
                self.encode(out)?;
                self.samples.clear();
            }
        }
        Ok(())
    }

    /// Encodes what was decoded.
    fn encode(&mut self, out: &mut Vec<Framed>) -> Result<(), TranscodeError> {
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        let encoded = encoder.encode(&self.samples)?;
        let pushed = self.outgoing.push(&encoded, out);
        pushed.map_err(|error| TranscodeError::Codec(error.to_string()))
    }

    fn begin(&mut self, info: AudioInfo) -> Result<(), TranscodeError> {
        self.decoder = Some(SoundDecoder::new(info, &self.libraries)?);
        self.encoder = Some(LameEncoder::new(self.libraries.lame.clone()?, info)?);
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

    /// Transcodes a file as a listener gets it; returns rate, channels, seconds, and the loudest that was
    /// decoded.
    fn transcoded(file: &[u8]) -> (AudioInfo, f64, f32) {
        let (info, pieces) = pieces_of(file);
        let mut transcoder = Transcoder::new(SoundLibraries::load());
        let (mut out, mut loudest) = (Vec::new(), 0.0_f32);
        for piece in pieces {
            transcoder.push(&piece, &mut out).unwrap();
            loudest = transcoder.samples.iter().fold(loudest, |most, it| most.max(it.abs()));
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
        for (count, is_taken) in [(255, false), (160, true)] {
            for sequence in 0..60 {
                packets(count).write(sequence, &mut stream);
            }
            let mut transcoder = Transcoder::new(SoundLibraries::load());
            let bytes = stream.split().freeze();
            let piece =
                RingPiece { headers: headers.clone(), bytes, title: crate::Title::default() };
            let mut out = Vec::new();
            assert!(transcoder.push(&piece, &mut out).is_err());
            assert!(transcoder.samples.capacity() < 4 * MAX_SAMPLES);
            assert_eq!(out.len() > 1, is_taken);
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
