//! The saver: writes what is captured to a file. It is fed by the capture and knows nothing of the line, so what is
//! saved is whole whatever becomes of that.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::{
    ogg_opus::OggOpus,
    opus::OpusFrameEncoder,
    sound::{CHANNELS, CapturedFrame, FRAME_SAMPLES, FRAMES_PER_SECOND, RATE},
};

/// Frames that wait for the disk: half a minute. When they are full, what comes is left out and counted.
const QUEUE: usize = 30 * FRAMES_PER_SECOND as usize;
/// Frames after which a file says how long it is, so that it can be played though the machine fails.
const SETTLE: u64 = 2 * FRAMES_PER_SECOND as u64;
/// Frames in a WAV, whose length is told in 32 bits: six hours. Then the next file begins.
const WAV_FRAMES: u64 = 6 * 3_600 * FRAMES_PER_SECOND as u64;

/// A file in which sound is kept.
enum SoundFile {
    Wav(WavWriter<BufWriter<File>>),
    Opus(Box<OpusFile>),
}

struct OpusFile {
    encoder: OpusFrameEncoder,
    stream: OggOpus<BufWriter<File>>,
}

impl SoundFile {
    /// A new file at `path`, of the kind that its name says. One that is there is not written over.
    fn create(path: &Path) -> Result<Self, String> {
        let kind = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
        let is_wav = match kind.to_ascii_lowercase().as_str() {
            "wav" => true,
            "opus" | "ogg" => false,
            _ => return Err("What is saved ends in .wav or .opus.".into()),
        };
        let failed = |error: io::Error| format!("{} can't be made: {error}", path.display());
        let file = BufWriter::new(File::create_new(path).map_err(failed)?);
        if is_wav {
            let spec = WavSpec {
                channels: CHANNELS as u16,
                sample_rate: RATE,
                bits_per_sample: 16,
                sample_format: SampleFormat::Int,
            };
            let writer = WavWriter::new(file, spec).map_err(|error| failed(to_io(error)))?;
            return Ok(Self::Wav(writer));
        }
        let encoder = OpusFrameEncoder::new()?;
        let stream = OggOpus::begin(file, rand::random(), FRAMES_PER_SECOND, encoder.lookahead);
        Ok(Self::Opus(Box::new(OpusFile { encoder, stream: stream.map_err(failed)? })))
    }

    fn write(&mut self, frame: &[f32; FRAME_SAMPLES]) -> io::Result<()> {
        match self {
            Self::Wav(writer) => {
                for sample in frame {
                    let sample = (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16;
                    writer.write_sample(sample).map_err(to_io)?;
                }
                Ok(())
            }
            Self::Opus(file) => match file.encoder.encode(frame).map(<[u8]>::to_vec) {
                Some(packet) => file.stream.push(packet),
                None => Err(io::Error::other("libopus refuses a frame")),
            },
        }
    }

    /// Has the file say how long it is.
    fn settle(&mut self) -> io::Result<()> {
        match self {
            Self::Wav(writer) => writer.flush().map_err(to_io),
            Self::Opus(file) => file.stream.out().flush(),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Wav(writer) => writer.finalize().map_err(to_io),
            Self::Opus(mut file) => {
                let last = file.encoder.encode(&[0.0; FRAME_SAMPLES]).map(<[u8]>::to_vec);
                file.stream.end(last.unwrap_or_default())?.flush()
            }
        }
    }
}

fn to_io(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other),
    }
}

/// Summary of what was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedSound {
    /// Frames in the file.
    pub frames: u64,
    /// Frames that found no room because the disk was too slow.
    pub lost: u64,
}

/// The saver's end for the capture.
#[derive(Clone, Debug)]
pub struct SaverFeed {
    queue: SyncSender<CapturedFrame>,
    lost: Arc<AtomicU64>,
}

impl SaverFeed {
    /// Hands over a frame. Never waits.
    pub fn push(&self, frame: &CapturedFrame) {
        if self.queue.try_send(frame.clone()).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A saver at work.
#[derive(Debug)]
pub struct SoundSaver {
    lost: Arc<AtomicU64>,
    thread: JoinHandle<io::Result<u64>>,
}

impl SoundSaver {
    /// Begins a file.
    pub fn start(path: &Path) -> Result<(Self, SaverFeed), String> {
        let file = SoundFile::create(path)?;
        let (queue, frames) = sync_channel(QUEUE);
        let path = path.to_owned();
        let thread = thread::spawn(move || save(file, &path, &frames));
        let lost = Arc::new(AtomicU64::new(0));
        Ok((Self { lost: lost.clone(), thread }, SaverFeed { queue, lost }))
    }

    /// True if it has stopped by itself, as on a full disk.
    pub fn has_failed(&self) -> bool {
        self.thread.is_finished()
    }

    /// Ends the file, once nobody has its feed any more.
    pub fn finish(self) -> Result<SavedSound, String> {
        let saved = self.thread.join().map_err(|_| "The saver has failed.".to_owned())?;
        let frames = saved.map_err(|error| format!("What was saved is cut short: {error}"))?;
        Ok(SavedSound { frames, lost: self.lost.load(Ordering::Relaxed) })
    }
}

/// Writes until nothing comes any more; returns the frames that were written.
fn save(file: SoundFile, path: &Path, frames: &Receiver<CapturedFrame>) -> io::Result<u64> {
    let (mut file, mut part, mut count) = (file, 1, 0_u64);
    for frame in frames {
        if matches!(file, SoundFile::Wav(_)) && count > 0 && count.is_multiple_of(WAV_FRAMES) {
            part += 1;
            file.finish()?;
            file = SoundFile::create(&part_path(path, part)).map_err(io::Error::other)?;
        }
        file.write(&frame)?;
        count += 1;
        if count.is_multiple_of(SETTLE) {
            file.settle()?;
        }
    }
    file.finish()?;
    Ok(count)
}

/// The path of a later part: `night-2.wav`.
fn part_path(path: &Path, part: u32) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let kind = path.extension().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{part}.{kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(value: f32) -> CapturedFrame {
        Arc::new([value; FRAME_SAMPLES])
    }

    #[test]
    fn wav_has_every_frame_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("night.wav");
        let (saver, feed) = SoundSaver::start(&path).unwrap();
        for number in 0..250_u16 {
            feed.push(&frame(f32::from(number) / 1_000.0));
        }
        drop(feed);
        assert_eq!(saver.finish(), Ok(SavedSound { frames: 250, lost: 0 }));
        let mut reader = hound::WavReader::open(&path).unwrap();
        assert_eq!((reader.spec().sample_rate, reader.spec().channels), (48_000, 2));
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples.len(), 250 * FRAME_SAMPLES);
        for (number, frame) in samples.chunks(FRAME_SAMPLES).enumerate() {
            let value = (number as f32 / 1_000.0 * 32_767.0).round() as i16;
            assert!(frame.iter().all(|it| *it == value), "frame {number}");
        }
    }

    #[test]
    fn a_file_that_is_there_stays_and_other_kinds_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("night.wav");
        std::fs::write(&path, "dear").unwrap();
        assert!(SoundSaver::start(&path).unwrap_err().contains("can't be made"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "dear");
        assert!(SoundSaver::start(&folder.path().join("night.flac")).unwrap_err().contains(".wav"));
    }

    #[test]
    fn a_disk_that_is_too_slow_holds_nothing_up_and_is_counted() {
        let (queue, stuck) = sync_channel(QUEUE);
        let feed = SaverFeed { queue, lost: Arc::default() };
        for _ in 0..QUEUE + 3 {
            feed.push(&frame(0.0));
        }
        assert_eq!(feed.lost.load(Ordering::Relaxed), 3);
        assert_eq!(stuck.try_iter().count(), QUEUE);
    }

    #[test]
    fn later_parts_have_names_of_their_own() {
        assert_eq!(part_path(Path::new("/a/night.wav"), 2), Path::new("/a/night-2.wav"));
    }
}
