//! Capture on Linux, by PulseAudio's `parec`, which PipeWire serves as well. So this program needs neither headers nor
//! libraries of a sound server, and one that crashes takes a child process with it.

use std::{
    io::{self, Read},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde::Deserialize;

use super::{FrameSink, SoundDevice};
use crate::sound::{CHANNELS, FRAME_SAMPLES, FRAMES_PER_SECOND, RATE};

/// Monitor of what the computer plays, wherever that is.
const DEFAULT: &str = "@DEFAULT_MONITOR@";
/// Time after which a capture that has ended is begun again.
const AGAIN: Duration = Duration::from_millis(500);
/// The most silence that is put in place of what was missed, at once.
const MAX_GAP: Duration = Duration::from_secs(60);
const FRAME_BYTES: usize = FRAME_SAMPLES * size_of::<f32>();
const MISSING: &str =
    "PulseAudio's programs are missing. On Debian: apt-get install pulseaudio-utils";

#[derive(Debug, Deserialize)]
struct ListedSource {
    name: String,
    #[serde(default)]
    description: String,
}

/// The devices that the sound server has.
pub fn devices() -> Result<Vec<SoundDevice>, String> {
    let listed = Command::new("pactl").args(["--format=json", "list", "sources"]).output();
    let listed = listed.map_err(|error| spawn_error("pactl", &error))?;
    if !listed.status.success() {
        let why = String::from_utf8_lossy(&listed.stderr);
        return Err(format!("No sound server answers: {}", why.trim()));
    }
    read_devices(&listed.stdout)
}

fn read_devices(json: &[u8]) -> Result<Vec<SoundDevice>, String> {
    let sources: Vec<ListedSource> = serde_json::from_slice(json)
        .map_err(|error| format!("pactl says what can't be read: {error}"))?;
    let device = |ListedSource { name, description }| {
        let is_output = name.ends_with(".monitor");
        SoundDevice { name, description, is_output }
    };
    Ok(sources.into_iter().map(device).collect())
}

fn spawn_error(program: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => MISSING.into(),
        _ => format!("{program} can't be started: {error}"),
    }
}

/// A capture that goes on until this is dropped.
pub struct ParecCapture {
    child: Arc<Mutex<Child>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for ParecCapture {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).kill();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Begins to capture `device`, or what the computer plays.
pub fn start(device: Option<&str>, sink: FrameSink) -> Result<ParecCapture, String> {
    let device = device.unwrap_or(DEFAULT).to_owned();
    if device != DEFAULT && !devices()?.iter().any(|it| it.name == device) {
        return Err(format!("There is no device {device}. They are listed by: devices"));
    }
    let (child, sound) = spawn(&device)?;
    let child = Arc::new(Mutex::new(child));
    let (stop, stopped) = channel();
    let running = child.clone();
    let thread = thread::spawn(move || run(&device, &running, sound, &stopped, sink));
    Ok(ParecCapture { child, stop: Some(stop), thread: Some(thread) })
}

fn spawn(device: &str) -> Result<(Child, ChildStdout), String> {
    let mut child = Command::new("parec")
        .arg(format!("--device={device}"))
        .arg(format!("--rate={RATE}"))
        .arg(format!("--channels={CHANNELS}"))
        .args(["--format=float32le", "--raw", "--latency-msec=20", "--client-name=Bandstand"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| spawn_error("parec", &error))?;
    match child.stdout.take() {
        Some(sound) => Ok((child, sound)),
        None => Err("parec has no output.".into()),
    }
}

/// Hands on what comes until it is told to stop. When the sound server goes away, it is asked again, and silence
/// stands for what was missed, so that what is saved keeps its time.
fn run(
    device: &str,
    child: &Mutex<Child>,
    sound: ChildStdout,
    stopped: &Receiver<()>,
    mut sink: FrameSink,
) {
    let mut sound = Some(sound);
    loop {
        if let Some(sound) = sound.take() {
            read_frames(sound, &mut sink);
        }
        let _ = child.lock().unwrap_or_else(PoisonError::into_inner).wait();
        let ended = Instant::now();
        if stopped.recv_timeout(AGAIN) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        if let Ok((new, its_sound)) = spawn(device) {
            let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
            *child = new;
            // Whoever drops the capture says so before they end the child: this one, or the one before.
            if stopped.try_recv() == Err(TryRecvError::Disconnected) {
                let _ = child.kill();
            }
            sound = Some(its_sound);
        }
        let missed = ended.elapsed().min(MAX_GAP);
        for _ in 0..missed.as_millis() / u128::from(1_000 / FRAMES_PER_SECOND) {
            sink(Arc::new([0.0; FRAME_SAMPLES]));
        }
    }
}

/// Reads frames until there are no more.
fn read_frames(mut sound: impl Read, sink: &mut FrameSink) {
    let mut bytes = [0; FRAME_BYTES];
    while sound.read_exact(&mut bytes).is_ok() {
        let mut frame = [0.0; FRAME_SAMPLES];
        for (sample, bytes) in frame.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *sample = f32::from_le_bytes(*bytes);
        }
        sink(Arc::new(frame));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn frames_are_read_whole() {
        let samples: Vec<f32> = (0..FRAME_SAMPLES * 2 + 7).map(|it| it as f32 / 10_000.0).collect();
        let bytes: Vec<u8> = samples.iter().flat_map(|it| it.to_le_bytes()).collect();
        let (out, frames) = channel();
        let mut sink: FrameSink = Box::new(move |frame| drop(out.send(frame)));
        read_frames(&bytes[..], &mut sink);
        drop(sink);
        let read: Vec<f32> = frames.iter().flat_map(|it| it.to_vec()).collect();
        assert_eq!(read, samples[..FRAME_SAMPLES * 2]);
    }

    #[test]
    fn devices_are_told_apart_by_their_names() {
        let json = br#"[{"index":1,"name":"null.monitor","description":"Monitor of Null"},
            {"index":2,"name":"alsa_input.usb","description":"Microphone","ports":[]}]"#;
        let devices = read_devices(json).unwrap();
        let told: Vec<_> = devices.iter().map(|it| (it.name.as_str(), it.is_output)).collect();
        assert_eq!(told, [("null.monitor", true), ("alsa_input.usb", false)]);
        assert!(read_devices(b"nonsense").is_err());
    }
}
