//! Frames and packets of a stream as they came, for recordings.

use std::{sync::Arc, time::Duration};

use crate::{
    AudioFormat, AudioInfo, RingPiece, TranscodeError, aac_frame, mp3_frame, transcode::OpusPackets,
};

/// Frame of MP3 or AAC with its header, or packet of Opus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFrame {
    /// Samples of each channel before it, since the beginning of the stream.
    pub start: u64,
    /// Length in samples of each channel.
    pub samples: u32,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// Takes the frames out of what a listener is given.
#[derive(Debug)]
pub struct FrameStream {
    info: AudioInfo,
    packets: OpusPackets,
}

impl FrameStream {
    /// Has heard nothing yet of the stream of `info`.
    pub fn new(info: AudioInfo) -> Self {
        Self { info, packets: OpusPackets::default() }
    }

    /// Tells whether frames of a stream of this format can be taken as they are: of Vorbis they need headers of
    /// their own, which no container has that all browsers play in pieces.
    pub fn takes(format: AudioFormat) -> bool {
        format != AudioFormat::OggVorbis
    }

    /// Time at which a sample is heard, since the stream's first one.
    pub fn time(&self, samples: u64) -> Duration {
        let rate = u64::from(self.info.rate.max(1));
        Duration::from_secs(samples / rate)
            + Duration::from_micros(samples % rate * 1_000_000 / rate)
    }

    /// Takes what a listener is given, and appends the frames in it to `out`. What is broken is left out.
    ///
    /// # Errors
    /// [`TranscodeError`]; of the stream no more frames can be taken then.
    pub fn push(
        &mut self,
        piece: &RingPiece,
        out: &mut Vec<StreamFrame>,
    ) -> Result<(), TranscodeError> {
        let mut start = piece.start;
        let mut put = |samples: u32, bytes: Arc<[u8]>| {
            out.push(StreamFrame { start, samples, bytes });
            start += u64::from(samples);
        };
        let frame = match self.info.format {
            AudioFormat::Mp3 => |bytes: &[u8]| mp3_frame(bytes).map(|it| (it.length, it.samples)),
            AudioFormat::Aac => |bytes: &[u8]| aac_frame(bytes).map(|it| (it.length, it.samples)),
            AudioFormat::OggOpus => {
                let mut packets = Vec::new();
                self.packets.push(piece, &mut packets)?;
                packets.into_iter().for_each(|it| put(it.samples, it.payload));
                return Ok(());
            }
            AudioFormat::OggVorbis => return Ok(()),
        };
        let mut rest = &piece.bytes[..];
        while let Some((length, samples)) = frame(rest)
            && let Some((bytes, after)) = rest.split_at_checked(length)
        {
            put(samples, bytes.into());
            rest = after;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AudioRing, Framed, Framer, RingLimits, RingRead};

    /// Frames of a file that comes in steps, and what it is.
    fn frames_of(file: &[u8]) -> (AudioInfo, Vec<StreamFrame>) {
        let (mut framer, mut framed) = (Framer::new(), Vec::new());
        for step in file.chunks(700) {
            framer.push(step, &mut framed).unwrap();
        }
        let Some(Framed::Began(info)) = framed.first() else { panic!("no sound") };
        let mut ring = AudioRing::new(*info, RingLimits::default());
        for part in &framed {
            ring.append(part);
        }
        ring.end();
        let (mut cursor, mut stream) = (ring.join(Duration::MAX), FrameStream::new(*info));
        let mut frames = Vec::new();
        while let RingRead::Piece(piece) = ring.read(&mut cursor) {
            stream.push(&piece, &mut frames).unwrap();
        }
        (*info, frames)
    }

    #[test]
    fn frames_follow_each_other_as_they_came() {
        let cases: [&[u8]; 4] = [
            include_bytes!("../fixtures/tone.mp3"),
            include_bytes!("../fixtures/rate48.mp3"),
            include_bytes!("../fixtures/tone.aac"),
            include_bytes!("../fixtures/one.opus"),
        ];
        for (at, file) in cases.into_iter().enumerate() {
            let (info, frames) = frames_of(file);
            assert!(frames.len() > 15, "{at}: {}", frames.len());
            for two in frames.windows(2) {
                assert_eq!(two[1].start, two[0].start + u64::from(two[0].samples), "{at}");
            }
            for frame in &frames {
                assert!(file.windows(frame.bytes.len()).any(|it| it == &frame.bytes[..]));
            }
            let last = frames.last().unwrap();
            let time = FrameStream::new(info).time(last.start);
            assert!((0.3..1.3).contains(&time.as_secs_f64()), "{at}: {time:?}");
        }
    }
}
