//! Streams to record, and what becomes of them.

pub mod encode;
pub mod packets;
pub mod probe;

use std::{path::PathBuf, time::Duration};

use bandstand_recording::{
    FilePatch, FileSummary, Recorder, RecorderOptions, RecorderOutput, RecorderPacket,
    RecordingFile,
};

/// Packet and the time at which it comes.
pub type Arrival = (Duration, RecorderPacket);

/// File of a recording.
pub struct Recorded {
    pub file: RecordingFile,
    pub bytes: Vec<u8>,
    /// The same without what is patched at the end.
    pub raw: Vec<u8>,
    /// Lengths at which a fragment ended, and the media time there.
    pub ends: Vec<(u64, Duration)>,
    pub summary: FileSummary,
}

/// Files of a recording, and the times at which keyframes were asked for.
pub struct Recording {
    pub files: Vec<Recorded>,
    pub requests: Vec<Duration>,
}

/// Records packets in the order in which they come.
pub fn record(options: RecorderOptions, packets: impl IntoIterator<Item = Arrival>) -> Recording {
    let mut recorder = Recorder::new(options);
    let mut recording = Recording { files: Vec::new(), requests: Vec::new() };
    let mut open = None;
    let mut tick = Duration::ZERO;
    for (now, packet) in packets {
        while tick < now {
            recorder.advance(tick);
            take(&mut recorder, tick, &mut open, &mut recording);
            tick += Duration::from_millis(100);
        }
        recorder.push(now, packet);
        take(&mut recorder, now, &mut open, &mut recording);
    }
    recorder.finish();
    take(&mut recorder, tick, &mut open, &mut recording);
    assert!(open.is_none());
    recording
}

type Open = Option<(RecordingFile, Vec<u8>, Vec<(u64, Duration)>)>;

fn take(recorder: &mut Recorder, now: Duration, open: &mut Open, recording: &mut Recording) {
    while let Some(output) = recorder.next_output() {
        match output {
            RecorderOutput::Begin(file) => *open = Some((file, Vec::new(), Vec::new())),
            RecorderOutput::Bytes(bytes) => open.as_mut().unwrap().1.extend(bytes),
            RecorderOutput::FragmentEnd { length, duration } => {
                open.as_mut().unwrap().2.push((length, duration));
            }
            RecorderOutput::End(summary) => {
                let (file, raw, ends) = open.take().unwrap();
                let mut bytes = raw.clone();
                patch(&mut bytes, &summary.patches);
                recording.files.push(Recorded { file, bytes, raw, ends, summary });
            }
            RecorderOutput::Moved(offset) => open.as_mut().unwrap().0.offset = offset,
            RecorderOutput::WantsKeyframe => recording.requests.push(now),
        }
    }
}

pub fn patch(bytes: &mut [u8], patches: &[FilePatch]) {
    for FilePatch { offset, bytes: patch } in patches {
        let at = *offset as usize;
        bytes[at..at + patch.len()].copy_from_slice(patch);
    }
}

/// Writes a file for other programs.
pub fn write(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// So many milliseconds.
pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
