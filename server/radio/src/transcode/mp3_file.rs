//! A file of MP3, made of packets at their times: what is missing between them is silence, so that its times are
//! those of what it is made of.
//!
//! All its frames have the same length, so that its size is known before. The first one says how many there are,
//! and which samples are the encoder's (an "Info" frame with LAME's extension).

use std::{fmt, time::Duration};

use super::{
    MP3_KBITS, SoundLibraries, TranscodeError,
    decoder::SoundDecoder,
    lame::{LameEncoder, tame},
    resampler::SoundResampler,
};
use crate::{AudioFormat, AudioInfo};

/// Samples a second.
const RATE: u32 = 48_000;
const CHANNELS: usize = 2;
/// Samples of each channel in a frame.
const FRAME: u64 = 1_152;
/// Bytes of a frame (ISO/IEC 11172-3 §2.4.3.1): at 48 kHz none is longer than another.
const FRAME_BYTES: u64 = 144_000 * MP3_KBITS as u64 / RATE as u64;
/// Header of each frame: MPEG-1, Layer III, without checksum; 128 kbit/s, 48 kHz; joint stereo, original.
const HEADER: [u8; 4] = [0xff, 0xfb, 0x94, 0x44];
/// Samples by which LAME is late, and those by which decoders are.
const ENCODER_DELAY: u64 = 576;
const DECODER_DELAY: u64 = 529;
/// Samples by which a packet may be early or late without being put right: 40 ms.
const TOLERANCE: i64 = 1_920;
/// Samples of silence that are encoded at once.
const SILENCE: u64 = 48_000;

/// Maker of a file of MP3.
pub struct Mp3File {
    libraries: SoundLibraries,
    encoder: LameEncoder,
    decoder: Option<Decoding>,
    /// Samples of each channel in all, and so far.
    length: u64,
    reached: u64,
    /// Bytes of frames that are still to come.
    left: u64,
    samples: Vec<f32>,
}

/// Decoder of what comes, and what makes 48 kHz of it where it has others.
struct Decoding {
    info: AudioInfo,
    decoder: SoundDecoder,
    resampler: Option<SoundResampler>,
    decoded: Vec<f32>,
    resampled: Vec<f32>,
}

impl fmt::Debug for Mp3File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mp3File").finish_non_exhaustive()
    }
}

impl Mp3File {
    /// A file of this length; its first frame is appended to `out`.
    ///
    /// # Errors
    /// [`TranscodeError`].
    pub fn new(
        libraries: SoundLibraries,
        length: Duration,
        out: &mut Vec<u8>,
    ) -> Result<Self, TranscodeError> {
        let info = AudioInfo { format: AudioFormat::Mp3, rate: RATE, channels: CHANNELS as u8 };
        let encoder = LameEncoder::new(libraries.lame.clone()?, info)?;
        let length = samples_of(length);
        out.extend(info_frame(length));
        let left = frames_of(length) * FRAME_BYTES;
        let (reached, samples) = (0, Vec::new());
        Ok(Self { libraries, encoder, decoder: None, length, reached, left, samples })
    }

    /// Bytes of a file of this length.
    pub fn bytes(length: Duration) -> u64 {
        (frames_of(samples_of(length)) + 1) * FRAME_BYTES
    }

    /// Expects packets of `info` from now on, which follow none that came before: of Opus as they are, of AAC without
    /// headers, of MP3 with them.
    ///
    /// # Errors
    /// [`TranscodeError`]; no packets of it can be taken then.
    pub fn begin(&mut self, info: AudioInfo) -> Result<(), TranscodeError> {
        let resampler = match info.rate {
            RATE => None,
            rate => Some(SoundResampler::new(rate, info.channels)?),
        };
        let decoder = SoundDecoder::new(info, &self.libraries)?;
        let (decoded, resampled) = (Vec::new(), Vec::new());
        self.decoder = Some(Decoding { info, decoder, resampler, decoded, resampled });
        Ok(())
    }

    /// Takes a packet whose first sample belongs so many microseconds after the beginning, or before it. What is there
    /// already, or outside of the file, is left out; before what is late, [`Self::advance`] has to come.
    ///
    /// # Errors
    /// [`TranscodeError`]; nothing more can be made then. What is broken is left out.
    pub fn push(
        &mut self,
        time: i64,
        packet: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), TranscodeError> {
        let Some(decoding) = &mut self.decoder else { return Ok(()) };
        self.samples.clear();
        decoding.decode(packet, &mut self.samples)?;
        let place = place_of(time);
        let over = i64::try_from(self.reached).unwrap_or(i64::MAX).saturating_sub(place);
        let over = if place < 0 || over > TOLERANCE { over } else { 0 };
        let over = usize::try_from(over).unwrap_or_default().saturating_mul(CHANNELS);
        let room = usize::try_from(self.length - self.reached).unwrap_or(usize::MAX);
        let samples = self.samples.get(over..).unwrap_or_default();
        let samples = &samples[..samples.len().min(room.saturating_mul(CHANNELS))];
        self.reached += (samples.len() / CHANNELS) as u64;
        let encoded = self.encoder.encode(samples)?;
        append(&encoded, &mut self.left, out);
        Ok(())
    }

    /// Fills with silence up to a time in microseconds, a second at most; true once it is reached.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn advance(&mut self, time: i64, out: &mut Vec<u8>) -> Result<bool, TranscodeError> {
        let end = u64::try_from(place_of(time)).unwrap_or_default().min(self.length);
        let missing = end.saturating_sub(self.reached);
        if missing <= TOLERANCE.unsigned_abs() {
            return Ok(true);
        }
        // All of the gap, so that what comes is in its place, and no rest that is within the tolerance.
        let whole = missing <= SILENCE + TOLERANCE.unsigned_abs();
        self.silence(if whole { missing } else { SILENCE }, out)?;
        Ok(whole)
    }

    /// Fills with silence up to the end, a second at most; true once all is appended to `out`.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<bool, TranscodeError> {
        let missing = self.length - self.reached;
        if missing > 0 {
            self.silence(missing.min(SILENCE), out)?;
            return Ok(false);
        }
        // What the encoder has kept back.
        while self.left > 0 {
            let encoded = self.encoder.encode(&[0.0; FRAME as usize * CHANNELS])?;
            append(&encoded, &mut self.left, out);
        }
        Ok(true)
    }

    fn silence(&mut self, samples: u64, out: &mut Vec<u8>) -> Result<(), TranscodeError> {
        self.reached += samples;
        self.samples.clear();
        self.samples.resize(usize::try_from(samples).unwrap_or_default() * CHANNELS, 0.0);
        let encoded = self.encoder.encode(&self.samples)?;
        append(&encoded, &mut self.left, out);
        Ok(())
    }
}

impl Decoding {
    /// Decodes a packet; appends its samples, in two channels of 48 kHz.
    fn decode(&mut self, packet: &[u8], out: &mut Vec<f32>) -> Result<(), TranscodeError> {
        let Self { info, decoder, resampler, decoded, resampled } = self;
        decoded.clear();
        decoder.decode(packet, decoded);
        // What is no number would stay in filters.
        decoded.iter_mut().for_each(|it| *it = tame(*it));
        let samples = match resampler {
            None => decoded,
            Some(resampler) => {
                resampled.clear();
                resampler.push(decoded, resampled)?;
                resampled
            }
        };
        match info.channels {
            1 => out.extend(samples.iter().flat_map(|it| [*it, *it])),
            _ => out.extend_from_slice(samples),
        }
        Ok(())
    }
}

fn append(encoded: &[u8], left: &mut u64, out: &mut Vec<u8>) {
    let most = usize::try_from(*left).unwrap_or(usize::MAX).min(encoded.len());
    out.extend_from_slice(&encoded[..most]);
    *left -= most as u64;
}

/// Number of the sample at a time in microseconds, which may be before the first one.
fn place_of(time: i64) -> i64 {
    (i128::from(time) * i128::from(RATE) / 1_000_000) as i64
}

fn samples_of(length: Duration) -> u64 {
    u64::try_from(length.as_micros() * u128::from(RATE) / 1_000_000).unwrap_or(u64::MAX)
}

/// Frames in which so many samples come out of a decoder, without the first one.
fn frames_of(samples: u64) -> u64 {
    samples.saturating_add(ENCODER_DELAY + DECODER_DELAY).div_ceil(FRAME)
}

/// The first frame: silence, with what players want to know.
fn info_frame(samples: u64) -> Vec<u8> {
    let frames = frames_of(samples);
    let padding = frames * FRAME - ENCODER_DELAY - samples;
    let number = |it: u64| u32::try_from(it).unwrap_or(u32::MAX).to_be_bytes();
    let mut frame = HEADER.to_vec();
    // No side information.
    frame.extend([0; 32]);
    frame.extend(b"Info");
    // Number of frames, of bytes, places for seeking, quality: all are told.
    frame.extend(15_u32.to_be_bytes());
    frame.extend(number(frames));
    frame.extend(number((frames + 1) * FRAME_BYTES));
    frame.extend((0..100_u32).map(|percent| (percent * 256 / 100) as u8));
    frame.extend(number(0));
    frame.extend(b"LAME3.100");
    // Revision 0, one rate for all; lowpass of 17 kHz; nothing of loudness; no flags; the rate.
    frame.extend([1, 170, 0, 0, 0, 0, 0, 0, 0, 0, 0, MP3_KBITS as u8]);
    let delays = ENCODER_DELAY << 12 | padding & 0xfff;
    frame.extend(&number(delays)[1..]);
    // Joint stereo; no gain; no preset.
    frame.extend([0x0c, 0, 0, 0]);
    frame.extend(number((frames + 1) * FRAME_BYTES));
    // No checksum of the music, for it isn't made yet.
    frame.extend([0, 0]);
    let checksum = checksum(&frame);
    frame.extend(checksum.to_be_bytes());
    frame.resize(FRAME_BYTES as usize, 0);
    frame
}

/// CRC-16 as LAME computes it over the first 190 bytes.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(
            crc ^ u16::from(*byte),
            |crc, _| {
                if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Framed, Framer,
        framing::{Page, PageStart},
        transcode::decoder::packets,
    };

    const OPUS: AudioInfo = AudioInfo { format: AudioFormat::OggOpus, rate: 48_000, channels: 2 };

    /// The packets of a file of Ogg Opus, without its headers.
    fn opus_packets() -> Vec<Vec<u8>> {
        let file = include_bytes!("../../fixtures/one.opus");
        let (mut rest, mut part, mut found) = (&file[..], Vec::new(), Vec::new());
        while let PageStart::Page(_, length) = Page::read(rest) {
            found.extend(packets(&rest[..length], &mut part));
            rest = &rest[length..];
        }
        found.split_off(2)
    }

    /// The loudest sample of each 10 ms of a file, as Symphonia decodes it, without what decoders leave out.
    fn loudness(file: &[u8]) -> Vec<f32> {
        let info = AudioInfo { format: AudioFormat::Mp3, ..OPUS };
        let mut decoder = SoundDecoder::new(info, &SoundLibraries::load()).unwrap();
        let mut samples = Vec::new();
        for frame in file.chunks(FRAME_BYTES as usize).skip(1) {
            assert_eq!(frame[..3], HEADER[..3]);
            decoder.decode(frame, &mut samples);
        }
        let late = (ENCODER_DELAY + DECODER_DELAY) as usize * CHANNELS;
        let pieces = samples[late..].chunks(480 * CHANNELS);
        pieces.map(|it| it.iter().fold(0.0, |most: f32, it| most.max(it.abs()))).collect()
    }

    fn made(length: Duration, act: impl FnOnce(&mut Mp3File, &mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        let mut file = Mp3File::new(SoundLibraries::load(), length, &mut out).unwrap();
        act(&mut file, &mut out);
        while !file.finish(&mut out).unwrap() {}
        assert_eq!(out.len() as u64, Mp3File::bytes(length));
        out
    }

    fn push_all(file: &mut Mp3File, begin: i64, out: &mut Vec<u8>) {
        file.begin(OPUS).unwrap();
        for (number, packet) in (0..).zip(opus_packets()) {
            let time = begin + number * 20_000;
            while !file.advance(time, out).unwrap() {}
            file.push(time, &packet, out).unwrap();
        }
    }

    #[test]
    fn sound_is_at_its_time_and_the_rest_is_silence() {
        let length = Duration::from_millis(5_500);
        // A second of a tone from 1 s on, and from 3 s on.
        let file = made(length, |file, out| {
            push_all(file, 1_000_000, out);
            push_all(file, 3_000_000, out);
        });
        let loudness = loudness(&file);
        assert!(loudness.len() >= 550);
        let loud: Vec<_> = (0..550).filter(|it| loudness[*it] > 0.05).collect();
        let within = |time: usize| [100..203, 300..403].iter().any(|it| it.contains(&time));
        assert!(loud.iter().all(|it| within(*it)), "{loud:?}");
        assert!((180..206).contains(&loud.len()), "{loud:?}");
        assert!(loud[0] <= 102 && loud.iter().any(|it| (300..=302).contains(it)), "{loud:?}");
    }

    #[test]
    fn only_what_is_within_the_file_is_kept() {
        // Half of the tone is before the beginning, or behind the end.
        for (begin, range) in [(-500_000, 0..52), (2_500_000, 248..300)] {
            let file = made(Duration::from_secs(3), |file, out| push_all(file, begin, out));
            let loudness = loudness(&file);
            let loud: Vec<_> = (0..300).filter(|it| loudness[*it] > 0.05).collect();
            assert!(loud.iter().all(|it| range.contains(it)), "{begin}: {loud:?}");
            assert!(loud.len() >= 45, "{begin}: {loud:?}");
        }
    }

    #[test]
    fn other_rates_and_one_channel_are_taken() {
        let mono: &[u8] = include_bytes!("../../fixtures/mono.mp3");
        let (mut framer, mut framed) = (Framer::new(), Vec::new());
        framer.push(mono, &mut framed).unwrap();
        let file = made(Duration::from_secs(1), |file, out| {
            let mut time = 0;
            for part in &framed {
                match part {
                    Framed::Began(info) => file.begin(*info).unwrap(),
                    Framed::Sound(frame) => {
                        while !file.advance(time, out).unwrap() {}
                        file.push(time, &frame.bytes, out).unwrap();
                        time += i64::from(frame.samples) * 1_000_000 / 44_100;
                    }
                    Framed::Headers(_) | Framed::Title(_) => {}
                }
            }
        });
        let loud = loudness(&file).into_iter().filter(|it| *it > 0.05).count();
        assert!((15..65).contains(&loud), "{loud}");
    }

    #[test]
    fn checksum_is_the_known_one() {
        // CRC-16/ARC of the digits (Williams).
        assert_eq!(checksum(b"123456789"), 0xbb3d);
    }
}
