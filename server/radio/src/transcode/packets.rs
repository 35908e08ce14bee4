//! Packets of Opus of a stream: its own, or others that are made of it.

use std::{fmt, sync::Arc};

use super::{
    SoundLibraries, TranscodeError,
    decoder::packets,
    opus::{FRAME, OpusEncoder},
    resampler::SoundResampler,
    shared::{SampleReader, SharedDecoder},
};
use crate::{
    AudioFormat, AudioInfo, Framed, Framer, RingPiece,
    opus_packet::{SoundPacket, for_network},
};

/// Makes packets of Opus of a stream. Those of Ogg Opus stay as they are, and nothing is decoded then.
pub struct PacketStream {
    packets: Packets,
}

enum Packets {
    /// Of Ogg Opus.
    Found(OpusPackets),
    /// Not yet, with what it takes.
    Unmade(SoundLibraries, AudioInfo, Arc<SharedDecoder>),
    Made(Box<Encoding>),
}

struct Encoding {
    sound: SampleReader,
    /// None of sound that has 48 kHz.
    resampler: Option<SoundResampler>,
    encoder: OpusEncoder,
    /// Samples of less than a frame, between two pieces.
    waiting: Vec<f32>,
    channels: usize,
}

impl fmt::Debug for PacketStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketStream").finish_non_exhaustive()
    }
}

impl PacketStream {
    /// Has heard nothing yet of the stream of `info` and `decoder`.
    pub fn new(libraries: SoundLibraries, info: AudioInfo, decoder: Arc<SharedDecoder>) -> Self {
        let packets = match Self::finds(info.format) {
            true => Packets::Found(OpusPackets::default()),
            false => Packets::Unmade(libraries, info, decoder),
        };
        Self { packets }
    }

    /// Tells whether packets of a stream of this format are there, and needn't be made.
    pub fn finds(format: AudioFormat) -> bool {
        format == AudioFormat::OggOpus
    }

    /// Takes what a listener is given, and appends the packets in it to `out`. What is broken is left out.
    ///
    /// # Errors
    /// [`TranscodeError`]; of the stream no more packets can be made then.
    pub fn push(
        &mut self,
        piece: &RingPiece,
        out: &mut Vec<SoundPacket>,
    ) -> Result<(), TranscodeError> {
        if let Packets::Unmade(libraries, info, decoder) = &self.packets {
            let encoding = Encoding::new(libraries.clone(), *info, decoder.clone())?;
            self.packets = Packets::Made(Box::new(encoding));
        }
        match &mut self.packets {
            Packets::Found(found) => found.push(piece, out),
            Packets::Made(encoding) => encoding.push(piece, out),
            Packets::Unmade(..) => Ok(()),
        }
    }
}

/// Packets of Ogg Opus as they came.
#[derive(Debug, Default)]
pub(crate) struct OpusPackets {
    framer: Framer,
    /// A packet whose end is on the next page.
    part: Vec<u8>,
}

impl OpusPackets {
    /// Appends the packets of what a listener is given.
    pub(crate) fn push(
        &mut self,
        piece: &RingPiece,
        out: &mut Vec<SoundPacket>,
    ) -> Result<(), TranscodeError> {
        let broken = |error: crate::AudioError| TranscodeError::Codec(error.to_string());
        let mut framed = Vec::new();
        self.framer.push(&piece.headers, &mut framed).map_err(broken)?;
        self.framer.push(&piece.bytes, &mut framed).map_err(broken)?;
        for it in &framed {
            match it {
                Framed::Began(_) | Framed::Headers(_) => self.part.clear(),
                Framed::Sound(frame) => {
                    packets(&frame.bytes, &mut self.part)
                        .iter()
                        .for_each(|it| for_network(it, out));
                }
                Framed::Title(_) => {}
            }
        }
        Ok(())
    }
}

impl Encoding {
    fn new(
        libraries: SoundLibraries,
        info: AudioInfo,
        decoder: Arc<SharedDecoder>,
    ) -> Result<Self, TranscodeError> {
        let resampler = match info.rate {
            48_000 => None,
            rate => Some(SoundResampler::new(rate, info.channels)?),
        };
        let encoder = OpusEncoder::new(libraries.opus.clone()?, info.channels)?;
        let sound = SampleReader::new(libraries, decoder);
        Ok(Self { sound, resampler, encoder, waiting: Vec::new(), channels: info.channels.into() })
    }

    fn push(
        &mut self,
        piece: &RingPiece,
        out: &mut Vec<SoundPacket>,
    ) -> Result<(), TranscodeError> {
        let samples = self.sound.read(piece)?;
        match &mut self.resampler {
            Some(resampler) => resampler.push(&samples, &mut self.waiting)?,
            None => self.waiting.extend_from_slice(&samples),
        }
        let frames = self.waiting.chunks_exact(FRAME * self.channels);
        let rest = frames.remainder().len();
        for frame in frames {
            let payload: Arc<[u8]> = self.encoder.encode(frame)?.into();
            out.push(SoundPacket { payload, samples: FRAME as u32 });
        }
        self.waiting.drain(..self.waiting.len() - rest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{lame::tame, opus::OpusDecoder, tests::pieces_of},
        *,
    };

    /// The packets of a file as a listener gets it, and what it is.
    fn packets_of(file: &[u8]) -> (AudioInfo, Vec<SoundPacket>) {
        let (info, pieces) = pieces_of(file);
        let decoder = Arc::<SharedDecoder>::default();
        let mut stream = PacketStream::new(SoundLibraries::load(), info, decoder);
        let mut out = Vec::new();
        for piece in pieces {
            stream.push(&piece, &mut out).unwrap();
        }
        (info, out)
    }

    #[test]
    fn every_format_becomes_packets_of_the_same_length_and_sound() {
        let cases: [&[u8]; 7] = [
            include_bytes!("../../fixtures/tone.mp3"),
            include_bytes!("../../fixtures/mono.mp3"),
            include_bytes!("../../fixtures/rate48.mp3"),
            include_bytes!("../../fixtures/tone.aac"),
            include_bytes!("../../fixtures/one.ogg"),
            include_bytes!("../../fixtures/one.opus"),
            include_bytes!("../../fixtures/mono.opus"),
        ];
        for (at, file) in cases.into_iter().enumerate() {
            let (info, packets) = packets_of(file);
            let samples: u32 = packets.iter().map(|it| it.samples).sum();
            let seconds = f64::from(samples) / 48_000.0;
            let length =
                if (info.channels, info.rate) == (2, 44_100) { 0.8..1.2 } else { 0.15..1.2 };
            assert!(length.contains(&seconds), "{at}: {seconds} s");
            let opus = SoundLibraries::load().opus.unwrap();
            let mut decoder = OpusDecoder::new(opus, info.channels).unwrap();
            let mut sound = Vec::new();
            for packet in &packets {
                let before = sound.len();
                decoder.decode(&packet.payload, &mut sound);
                let decoded = (sound.len() - before) / usize::from(info.channels);
                assert_eq!(decoded, packet.samples as usize);
            }
            // FFmpeg's sine has an eighth of the full scale.
            let loudest = sound.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
            assert!((0.08..0.3).contains(&loudest), "{at}: {loudest}");
        }
    }

    #[test]
    fn packets_of_opus_stay_as_they_are() {
        let file = include_bytes!("../../fixtures/one.opus");
        let (_, packets) = packets_of(file);
        assert!(packets.len() > 40);
        for packet in &packets {
            assert!(file.windows(packet.payload.len()).any(|it| it == &packet.payload[..]));
        }
    }

    #[test]
    fn packets_go_on_over_the_links_of_a_chain() {
        let one = include_bytes!("../../fixtures/one.opus");
        let two = include_bytes!("../../fixtures/two.opus");
        let both = packets_of(&[&one[..], &two[..]].concat()).1;
        let apart = [packets_of(one).1, packets_of(two).1].concat();
        assert_eq!(both, apart);
    }

    #[test]
    fn samples_that_are_no_numbers_are_encoded_as_silence() {
        let opus = SoundLibraries::load().opus.unwrap();
        let mut encoder = OpusEncoder::new(opus, 2).unwrap();
        assert!(encoder.encode(&[0.0; 2]).is_err());
        let wild = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e30, -3.0].map(tame);
        let samples: Vec<_> = wild.into_iter().cycle().take(FRAME * 2).collect();
        for _ in 0..50 {
            assert!(!encoder.encode(&samples).unwrap().is_empty());
        }
    }
}
