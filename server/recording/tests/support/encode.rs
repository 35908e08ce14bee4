//! Streams that FFmpeg encodes.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use bandstand_radio::{OggPage, OggPageStart, aac_frame, mp3_frame};
use bandstand_recording::RecordedCodec;

/// Frame as an encoder gave it.
#[derive(Clone)]
pub struct Frame {
    pub data: Vec<u8>,
    pub is_key: bool,
}

/// A moving picture of 30 frames a second, with a keyframe each second and so many frames.
pub fn picture(codec: RecordedCodec, size: &'static str, frames: usize) -> Vec<Frame> {
    type Encoded = Mutex<BTreeMap<(String, &'static str, usize), Vec<Frame>>>;
    static ENCODED: Encoded = Mutex::new(BTreeMap::new());
    let mut encoded = ENCODED.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (format!("{codec:?}"), size, frames);
    encoded.entry(key).or_insert_with(|| encode(codec, size, frames)).clone()
}

fn encode(codec: RecordedCodec, size: &str, frames: usize) -> Vec<Frame> {
    let source = format!("testsrc2=s={size}:r=30");
    let frames_text = frames.to_string();
    let settings: &[&str] = match codec {
        RecordedCodec::Vp8 => &["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8"],
        RecordedCodec::Vp9 => &[
            "-c:v",
            "libvpx-vp9",
            "-deadline",
            "realtime",
            "-cpu-used",
            "8",
            "-lag-in-frames",
            "0",
        ],
        RecordedCodec::Av1 => {
            &["-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-lag-in-frames", "0"]
        }
        RecordedCodec::H264 => &[
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-tune",
            "zerolatency",
            "-profile:v",
            "baseline",
            "-x264-params",
            "aud=1:scenecut=0",
        ],
        _ => panic!("no picture"),
    };
    let format = if codec == RecordedCodec::H264 { "h264" } else { "ivf" };
    let mut arguments = vec!["-f", "lavfi", "-i", &source, "-frames:v", &frames_text];
    arguments.extend(["-pix_fmt", "yuv420p"]);
    arguments.extend(settings);
    arguments.extend(["-b:v", "300k", "-g", "30", "-f", format]);
    let bytes = ffmpeg(&arguments);
    let data = if codec == RecordedCodec::H264 { access_units(&bytes) } else { ivf(&bytes) };
    assert_eq!(data.len(), frames);
    (0..).zip(data).map(|(n, data)| Frame { data, is_key: n % 30 == 0 }).collect()
}

/// Packets of Opus of 20 ms, of a tone.
pub fn opus(packets: usize) -> Vec<Arc<[u8]>> {
    let seconds = (packets as f64 * 0.02 + 1.0).to_string();
    let source = format!("sine=f=440:r=48000:d={seconds}");
    let bytes = ffmpeg(&["-f", "lavfi", "-i", &source, "-ac", "2", "-c:a", "libopus", "-f", "ogg"]);
    let mut out: Vec<Arc<[u8]>> = Vec::new();
    let mut rest = &bytes[..];
    while let OggPageStart::Page(page, length) = OggPage::read(rest) {
        rest = &rest[length..];
        let mut body = &page.body[..];
        let mut packet = Vec::new();
        for lace in page.lacing {
            let (part, after) = body.split_at(lace.into());
            packet.extend(part);
            body = after;
            if lace < 255 {
                out.push(packet.as_slice().into());
                packet.clear();
            }
        }
    }
    // Without the headers.
    out.drain(..2);
    out.truncate(packets);
    assert_eq!(out.len(), packets);
    out
}

/// Frames of MP3, of 44.1 kHz.
pub fn mp3(frames: usize) -> Vec<Arc<[u8]>> {
    let seconds = (frames as f64 * 0.0262 + 1.0).to_string();
    let source = format!("sine=f=440:r=44100:d={seconds}");
    let settings = ["-ac", "2", "-c:a", "libmp3lame", "-b:a", "128k"];
    let flags = ["-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"];
    let bytes = ffmpeg(&[&["-f", "lavfi", "-i", &source][..], &settings, &flags].concat());
    let mut rest = &bytes[..];
    let out = (0..frames).map(|_| {
        let (frame, after) = rest.split_at(mp3_frame(rest).unwrap().length);
        rest = after;
        frame.into()
    });
    out.collect()
}

/// Frames of AAC-LC in ADTS, of 44.1 kHz.
pub fn aac(frames: usize) -> Vec<Arc<[u8]>> {
    let seconds = (frames as f64 * 0.0233 + 1.0).to_string();
    let source = format!("sine=f=440:r=44100:d={seconds}");
    let settings = ["-ac", "2", "-c:a", "aac", "-b:a", "96k", "-f", "adts"];
    let bytes = ffmpeg(&[&["-f", "lavfi", "-i", &source][..], &settings].concat());
    let mut rest = &bytes[..];
    let out = (0..frames).map(|_| {
        let (frame, after) = rest.split_at(aac_frame(rest).unwrap().length);
        rest = after;
        frame.into()
    });
    out.collect()
}

/// Files that FFmpeg writes.
pub fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error"]).args(arguments).arg("-").stdin(Stdio::null());
    let ran = command.output().expect("ffmpeg, a package of Debian");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}

/// Frames in IVF.
pub fn ivf(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = &bytes[32..];
    let mut out = Vec::new();
    while let Some((size, after)) = rest.split_first_chunk::<4>() {
        let (frame, after) = after[8..].split_at(u32::from_le_bytes(*size) as usize);
        out.push(frame.to_vec());
        rest = after;
    }
    out
}

/// Access units of a stream with delimiters (ITU-T H.264 annex B).
fn access_units(bytes: &[u8]) -> Vec<Vec<u8>> {
    let starts = (0..bytes.len() - 4).filter(|at| bytes[*at..*at + 5] == [0, 0, 0, 1, 0x09]);
    let starts: Vec<usize> = starts.collect();
    let ends = starts[1..].iter().copied().chain([bytes.len()]);
    starts.iter().zip(ends).map(|(start, end)| bytes[*start..end].to_vec()).collect()
}
