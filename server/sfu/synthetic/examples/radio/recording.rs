//! Recordings: MP3 of one rate, of which no two stretches are alike.

use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bandstand_radio::{Framed, Framer};

use crate::Result;

/// Samples a second.
const RATE: u32 = 44_100;

/// Frames of MP3.
pub(crate) struct Recording {
    /// All of them.
    pub(crate) bytes: Vec<u8>,
    /// Beginning of each, and the end of the last one.
    pub(crate) places: Vec<usize>,
    /// Length of a frame.
    pub(crate) frame: Duration,
}

/// Makes noise, by FFmpeg and LAME.
pub(crate) fn make(file: &Path, kbits: u32, length: Duration) -> Result<()> {
    let noise = format!("anoisesrc=c=pink:r={RATE}:a=0.5:seed=7:d={}", length.as_secs());
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", &noise, "-ac", "2"])
        .args(["-ar", &RATE.to_string(), "-c:a", "libmp3lame", "-b:a", &format!("{kbits}k")])
        .args(["-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"])
        .arg(file)
        .stdin(Stdio::null())
        .status()?;
    if made.success() { Ok(()) } else { Err(format!("FFmpeg: {made}").into()) }
}

impl Recording {
    /// Reads what [`make`] has made.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let mut framed = Vec::new();
        Framer::new().push(&std::fs::read(file)?, &mut framed)?;
        let (mut bytes, mut places, mut frame) = (Vec::new(), vec![0], Duration::ZERO);
        for part in &framed {
            if let Framed::Sound(sound) = part {
                bytes.extend_from_slice(&sound.bytes);
                places.push(bytes.len());
                frame = Duration::from_secs(sound.samples.into()) / RATE;
            }
        }
        Ok(Self { bytes, places, frame })
    }

    /// Number of frames.
    pub(crate) fn frames(&self) -> usize {
        self.places.len() - 1
    }

    /// Bytes of a frame.
    pub(crate) fn bytes_of(&self, frame: usize) -> &[u8] {
        &self.bytes[self.places[frame]..self.places[frame + 1]]
    }

    /// Number of the frame in which a place is.
    pub(crate) fn frame_at(&self, place: usize) -> usize {
        self.places.partition_point(|it| *it <= place) - 1
    }

    /// Numbers of the frames that end within a range of bytes.
    pub(crate) fn ends_in(&self, range: Range<usize>) -> Range<usize> {
        // Each begins where the one before ends; none ends at 0.
        let first = self.places.partition_point(|it| *it <= range.start).max(1);
        let after = self.places.partition_point(|it| *it <= range.end).max(first);
        first - 1..after - 1
    }
}
