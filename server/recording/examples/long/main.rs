//! Long recording, made in no time: a film of ten seconds again and again, as the recorder writes it.
//!
//! ```text
//! cargo run --release -p bandstand-recording --example long FILE HOURS
//! ```
//!
//! VP8 of 640 by 360 pixels with a keyframe each two seconds, and Opus: about 200 kbit/s together. The file is as a
//! program that was killed leaves it, without an end.

#[path = "../../tests/support/encode.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "shared with the tests")]
mod encode;
#[path = "../../tests/support/packets.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod packets;

use std::{
    error::Error,
    fs::File,
    io::{BufWriter, Write},
    time::Duration,
};

use bandstand_recording::{
    RecordedCodec, Recorder, RecorderOptions, RecorderOutput, RecorderPacket,
};

use packets::{Track, merged};

/// Packet and the time at which it comes.
type Arrival = (Duration, RecorderPacket);

/// So many milliseconds.
fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Frames a second, and of the film.
const RATE: u32 = 15;
const FRAMES: usize = 150;
/// Packets of sound in the film.
const SOUNDS: usize = 500;
/// Length of the film.
const LENGTH: Duration = Duration::from_secs(10);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, hours] = &arguments[..] else { return Err("long FILE HOURS".into()) };
    let rounds: u32 = hours.parse::<u32>()? * 360;
    let frames = film();
    let sounds = encode::opus(SOUNDS);
    let mut file = BufWriter::new(File::create(path)?);
    let mut recorder = Recorder::new(RecorderOptions::default());
    let (mut picture, mut sound) =
        (Track::new(RecordedCodec::Vp8), Track::new(RecordedCodec::Opus));
    let mut duration = Duration::ZERO;
    for _ in 0..rounds {
        let pictures = picture.spaced(&frames, RATE);
        let packets = pictures.len();
        for (now, packet) in merged(&[pictures, sound.sound(&sounds)]) {
            recorder.advance(now);
            recorder.push(now, packet);
            while let Some(output) = recorder.next_output() {
                match output {
                    RecorderOutput::Bytes(bytes) => file.write_all(&bytes)?,
                    RecorderOutput::FragmentEnd { duration: reached, .. } => duration = reached,
                    RecorderOutput::End(_) => return Err("it ended early".into()),
                    RecorderOutput::Begin(_)
                    | RecorderOutput::WantsKeyframe
                    | RecorderOutput::Moved(_) => {}
                }
            }
        }
        for (track, packets, rate) in
            [(&mut picture, packets, 90_000), (&mut sound, SOUNDS, 48_000)]
        {
            track.begins += LENGTH;
            track.sequence += packets as u64;
            track.timestamp = track.timestamp.wrapping_add(rate * 10);
        }
    }
    file.flush()?;
    println!("{}", duration.as_millis());
    Ok(())
}

/// A picture that takes about 100 kbit/s.
fn film() -> Vec<encode::Frame> {
    let source = format!("testsrc=s=640x360:r={RATE}");
    let (count, interval) = (FRAMES.to_string(), (2 * RATE).to_string());
    let settings = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "4", "-b:v", "90k"];
    let bounds = ["-maxrate", "90k", "-bufsize", "90k", "-g", &interval, "-f", "ivf"];
    let input = ["-f", "lavfi", "-i", &source, "-frames:v", &count, "-pix_fmt", "yuv420p"];
    let data = encode::ivf(&encode::ffmpeg(&[&input[..], &settings, &bounds].concat()));
    // A keyframe has a cleared bit (RFC 6386 §9.1).
    data.into_iter().map(|data| encode::Frame { is_key: data[0] & 1 == 0, data }).collect()
}
