//! The tone that is played, and finding it again.

use std::{path::Path, process::Command, time::Duration};

use bytes::Bytes;
use ogg::writing::{PacketWriteEndInfo, PacketWriter};

const RATE: usize = 48_000;
/// Of the tone, in hertz.
pub const FREQUENCY: u32 = 440;
/// Jumps that are the sound server's own, as when it begins.
const MAX_JUMPS: usize = 1;
/// Samples that are looked at together: 20 ms.
const WINDOW: usize = 960;

/// The left channel of a file, at 48 kHz.
fn decoded(file: &Path) -> Vec<f64> {
    let wav = file.with_extension("decoded.wav");
    let done = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-y", "-i"])
        .arg(file)
        .args(["-ar", "48000", "-ac", "2", "-c:a", "pcm_s16le"])
        .arg(&wav)
        .output()
        .expect("FFmpeg is there: apt-get install ffmpeg");
    assert!(wav.exists(), "{}", String::from_utf8_lossy(&done.stderr));
    samples(&wav)
}

fn samples(wav: &Path) -> Vec<f64> {
    let mut reader = hound::WavReader::open(wav).unwrap();
    assert_eq!((reader.spec().channels, reader.spec().sample_rate), (2, 48_000));
    reader.samples::<i16>().step_by(2).map(|it| f64::from(it.unwrap()) / 32_768.0).collect()
}

/// The part of a window's energy that is at the tone's frequency (Goertzel), from 0 to 1.
fn share(window: &[f64]) -> f64 {
    let step = std::f64::consts::TAU * f64::from(FREQUENCY) / RATE as f64;
    let (mut sine, mut cosine, mut energy) = (0.0, 0.0, 0.0);
    for (index, sample) in window.iter().enumerate() {
        sine += sample * (step * index as f64).sin();
        cosine += sample * (step * index as f64).cos();
        energy += sample * sample;
    }
    // Silence is no tone.
    if energy / (window.len() as f64) < 1e-4 {
        return 0.0;
    }
    2.0 * (sine * sine + cosine * cosine) / (window.len() as f64 * energy)
}

/// Tells which windows have the tone and hardly anything else.
fn windows(samples: &[f64]) -> Vec<bool> {
    samples.chunks_exact(WINDOW).map(|it| share(it) > 0.8).collect()
}

/// Checks that a file has the tone, from where it begins on, for this long at least.
pub fn assert_tone(file: &Path, length: Duration) {
    check(&windows(&decoded(file)), length);
}

/// Checks that packets of Opus are the tone.
pub fn assert_heard(packets: &[Bytes], folder: &Path) {
    let file = folder.join("packets.opus");
    let mut writer = PacketWriter::new(std::fs::File::create(&file).unwrap());
    let (head, tags) =
        (&b"OpusHead\x01\x02\0\0\x80\xbb\0\0\0\0\0"[..], &b"OpusTags\x04\0\0\0test\0\0\0\0"[..]);
    for header in [head, tags] {
        writer.write_packet(header.to_vec(), 1, PacketWriteEndInfo::EndPage, 0).unwrap();
    }
    for (number, packet) in (1_u64..).zip(packets) {
        let end = PacketWriteEndInfo::EndPage;
        writer.write_packet(packet.to_vec(), 1, end, number * WINDOW as u64).unwrap();
    }
    drop(writer);
    check(&windows(&decoded(&file)), Duration::from_secs(1));
}

/// Checks that a saved file has the tone without a jump. By the clock alone nothing is told: on a machine that has much
/// else to do, a sound server gives less than it should, and goes on where it was.
pub fn assert_saved(file: &Path, length: Duration) {
    let samples = samples(file);
    let begin = samples.iter().position(|it| it.abs() > 0.1).expect("there is a tone");
    let jumps = jumps(&samples[begin..]);
    assert!(jumps <= MAX_JUMPS, "{jumps} jumps");
    check(&windows(&samples), length / 4);
}

/// Counts the places at which the tone doesn't go on: each sample of a sine follows from the two before it.
fn jumps(samples: &[f64]) -> usize {
    let factor = 2.0 * (std::f64::consts::TAU * f64::from(FREQUENCY) / RATE as f64).cos();
    let is_jump = |window: &[f64]| (window[2] - factor * window[1] + window[0]).abs() > 0.01;
    let places = samples.windows(3).enumerate().filter(|(_, it)| is_jump(it)).map(|it| it.0);
    let mut last = None;
    // Those of one place stand side by side.
    places.filter(|it| last.replace(*it).is_none_or(|last| it - last > 10)).count()
}

/// A sound server on a machine that has much else to do may stutter; a line that is cut for seconds is more than that.
fn check(windows: &[bool], length: Duration) {
    let begin = windows.iter().position(|it| *it).expect("there is a tone");
    let windows = &windows[begin..];
    let with = windows.iter().filter(|it| **it).count();
    let at = |count: usize| Duration::from_millis(count as u64 * 20);
    assert!(at(windows.len()) >= length, "it has {:?} of {length:?}", at(windows.len()));
    assert!(with * 100 >= windows.len() * 95, "{:?} of {:?}", at(with), at(windows.len()));
    let longest = windows.split(|it| *it).map(<[bool]>::len).max().unwrap_or_default();
    assert!(at(longest) < Duration::from_millis(500), "nothing for {:?}", at(longest));
}
