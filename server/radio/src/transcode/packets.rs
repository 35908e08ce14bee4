//! Packets of Opus of a stream: its own, or others that are made of it.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use super::{
    SoundLibraries, TranscodeError,
    decoder::{SoundDecoder, packets},
    lame::tame,
    opus::{FRAME, OpusEncoder},
    resampler::SoundResampler,
};
use crate::{
    AudioFormat, AudioInfo, Framed, Framer, RingPiece,
    opus_packet::{SoundPacket, for_network},
};

/// The most sound of a piece, in samples of both channels: half a minute, of which a page has less.
const MAX_PIECE_SAMPLES: usize = 30 * 2 * 48_000;

/// Makes packets of Opus of a stream. Those of Ogg Opus stay as they are, and nothing is decoded then.
pub struct PacketStream {
    libraries: SoundLibraries,
    /// Finds the frames again in what a listener is given.
    incoming: Framer,
    packets: Option<Packets>,
}

enum Packets {
    /// Of Ogg Opus; a packet whose end is on the next page.
    Found(Vec<u8>),
    Made(Box<Encoding>),
}

struct Encoding {
    decoder: SoundDecoder,
    /// None of sound that has 48 kHz.
    resampler: Option<SoundResampler>,
    encoder: OpusEncoder,
    /// Samples of a frame and a little more, at most.
    decoded: Vec<f32>,
    waiting: Vec<f32>,
    channels: usize,
}

impl fmt::Debug for PacketStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketStream").finish_non_exhaustive()
    }
}

impl PacketStream {
    /// Has heard nothing yet.
    pub fn new(libraries: SoundLibraries) -> Self {
        Self { libraries, incoming: Framer::new(), packets: None }
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
        let broken = |error: crate::AudioError| TranscodeError::Codec(error.to_string());
        let mut framed = Vec::new();
        self.incoming.push(&piece.headers, &mut framed).map_err(broken)?;
        self.incoming.push(&piece.bytes, &mut framed).map_err(broken)?;
        let mut made = 0;
        for part in &framed {
            match (part, &mut self.packets) {
                (Framed::Began(info), _) => self.packets = Some(self.begin(*info)?),
                (Framed::Headers(_), Some(Packets::Found(part))) => part.clear(),
                (Framed::Headers(headers), Some(Packets::Made(encoding))) => {
                    encoding.decoder.take_headers(headers)?;
                }
                (Framed::Sound(frame), Some(Packets::Found(part))) => {
                    packets(&frame.bytes, part).iter().for_each(|it| for_network(it, out));
                }
                (Framed::Sound(frame), Some(Packets::Made(encoding))) => {
                    encoding.encode(&frame.bytes, &mut made, out)?;
                }
                (Framed::Title(_), _) | (_, None) => {}
            }
        }
        Ok(())
    }

    fn begin(&self, info: AudioInfo) -> Result<Packets, TranscodeError> {
        if Self::finds(info.format) {
            return Ok(Packets::Found(Vec::new()));
        }
        let resampler = match info.rate {
            48_000 => None,
            rate => Some(SoundResampler::new(rate, info.channels)?),
        };
        Ok(Packets::Made(Box::new(Encoding {
            decoder: SoundDecoder::new(info, &self.libraries)?,
            resampler,
            encoder: OpusEncoder::new(self.libraries.opus.clone()?, info.channels)?,
            decoded: Vec::new(),
            waiting: Vec::new(),
            channels: info.channels.into(),
        })))
    }
}

impl Encoding {
    /// Makes packets of a frame or a page; `made` counts the samples of the piece.
    fn encode(
        &mut self,
        bytes: &Bytes,
        made: &mut usize,
        out: &mut Vec<SoundPacket>,
    ) -> Result<(), TranscodeError> {
        for packet in self.decoder.packets(bytes) {
            self.decoded.clear();
            self.decoder.decode(&packet, &mut self.decoded);
            // What is no number would stay in the filters.
            self.decoded.iter_mut().for_each(|it| *it = tame(*it));
            let before = self.waiting.len();
            match &mut self.resampler {
                Some(resampler) => resampler.push(&self.decoded, &mut self.waiting)?,
                None => self.waiting.extend_from_slice(&self.decoded),
            }
            *made += self.waiting.len() - before;
            if *made > MAX_PIECE_SAMPLES {
                return Err(TranscodeError::Codec("too much sound in a piece".to_owned()));
            }
            let frames = self.waiting.chunks_exact(FRAME * self.channels);
            let rest = frames.remainder().len();
            for frame in frames {
                let payload: Arc<[u8]> = self.encoder.encode(frame)?.into();
                out.push(SoundPacket { payload, samples: FRAME as u32 });
            }
            self.waiting.drain(..self.waiting.len() - rest);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{opus::OpusDecoder, tests::pieces_of},
        *,
    };

    /// The packets of a file as a listener gets it, and what it is.
    fn packets_of(file: &[u8]) -> (AudioInfo, Vec<SoundPacket>) {
        let (info, pieces) = pieces_of(file);
        let (mut stream, mut out) = (PacketStream::new(SoundLibraries::load()), Vec::new());
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
