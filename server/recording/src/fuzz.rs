//! Readers of untrusted input, as functions of any bytes: they may refuse them, but neither panic nor break
//! what is asserted here.
//!
//! The targets in the folder `fuzz` call these; the test replays the corpora that are kept there.

use std::{io::Cursor, time::Duration};

use crate::{
    FilePatch, FileSummary, RecordedCodec, Recorder, RecorderOptions, RecorderOutput,
    RecorderPacket, RecordingContainer, RepairedFile, SeekPoint, repair,
};

/// Bytes before each payload: codec and flags; steps of the number, of the timestamp and of time; length.
const HEAD: usize = 6;
/// Step of the number with which what came so far turns out to be ahead.
const AHEAD: u8 = 100;

/// Records packets. The first byte of each has the codec in its lowest bits, then the marker, another session
/// and another stream.
#[allow(clippy::missing_panics_doc, reason = "that is what it is for")]
pub fn record(bytes: &[u8]) {
    let Some((options, mut rest)) = bytes.split_first() else { return };
    let container = match options & 3 {
        0 => RecordingContainer::Mp4,
        1 => RecordingContainer::WebM,
        _ => RecordingContainer::Ogg,
    };
    let keyframe_interval = (options & 4 != 0).then_some(Duration::from_secs(1));
    let options = RecorderOptions { sound_container: container, keyframe_interval };
    let (mut recorder, mut files) = (Recorder::new(options), Files::default());
    let (mut sequences, mut timestamps) = ([1_000_u64; 2], [0_u32; 2]);
    let mut now = Duration::ZERO;
    while let Some((head, after)) = rest.split_first_chunk::<HEAD>() {
        let [flags, number, ticks, step, high, low] = *head;
        let length = usize::from(u16::from_be_bytes([high, low])).min(after.len());
        let (payload, after) = after.split_at(length);
        rest = after;
        let codec = match flags & 7 {
            0 => RecordedCodec::Vp8,
            1 => RecordedCodec::Vp9,
            2 => RecordedCodec::H264,
            3 => RecordedCodec::Av1,
            4 => RecordedCodec::Mp3,
            5 => RecordedCodec::Opus,
            _ => RecordedCodec::Aac,
        };
        let track = usize::from(codec.is_video());
        let sequence = sequences[track].wrapping_add_signed(i64::from(number.cast_signed()));
        sequences[track] = sequence.max(200);
        timestamps[track] = timestamps[track].wrapping_add(u32::from(ticks) * 120);
        now += Duration::from_millis(u64::from(step) * u64::from(step) / 8);
        let packet = RecorderPacket {
            session: u64::from(flags & 0x10),
            stream: u32::from(flags & 0x20),
            codec,
            sequence,
            timestamp: timestamps[track],
            captured: now,
            marker: flags & 8 != 0,
            payload: payload.into(),
        };
        recorder.push(now, packet);
        if number == AHEAD {
            let by = Duration::from_millis(u64::from(ticks) * 40);
            assert!(recorder.begin_earlier(by) <= by);
        }
        recorder.advance(now);
        files.take(&mut recorder);
    }
    recorder.finish();
    files.take(&mut recorder);
    assert!(files.open.is_none(), "a file is left open");
}

/// Files as they are written.
#[derive(Default)]
struct Files {
    next: u32,
    open: Option<Vec<u8>>,
    /// End of the last fragment of the open file.
    end: usize,
}

impl Files {
    fn take(&mut self, recorder: &mut Recorder) {
        while let Some(output) = recorder.next_output() {
            match (output, &mut self.open) {
                (RecorderOutput::Begin(file), open @ None) => {
                    assert!(file.number >= self.next && (file.has_sound || file.size.is_some()));
                    (self.next, *open) = (file.number + 1, Some(Vec::new()));
                }
                (RecorderOutput::Bytes(bytes), Some(open)) => open.extend(bytes),
                (RecorderOutput::FragmentEnd { length, .. }, Some(open)) => {
                    assert_eq!(open.len() as u64, length);
                    self.end = open.len();
                }
                (RecorderOutput::End(summary), Some(_)) => {
                    let bytes = self.open.take().unwrap_or_default();
                    check(bytes, self.end, &summary);
                }
                (RecorderOutput::WantsKeyframe, _) | (RecorderOutput::Moved(_), Some(_)) => {}
                (output, open) => panic!("{output:?} with {} open", open.iter().count()),
            }
        }
    }
}

/// Checks a file that is closed: what repairs files finds in it what was said of it.
fn check(mut bytes: Vec<u8>, end: usize, summary: &FileSummary) {
    assert_eq!(bytes.len() as u64, summary.length);
    let Ok(repaired) = repair(Cursor::new(&bytes)) else {
        assert!(summary.duration.is_zero() || end == 0, "{summary:?}");
        return;
    };
    assert_eq!(repaired.length, end as u64);
    if repaired.container != RecordingContainer::Mp3 {
        let repaired = repaired.index.points();
        assert_eq!(repaired, summary.index.points(), "the index");
    }
    apply(&mut bytes, &summary.patches);
    assert_eq!(repair(Cursor::new(&bytes)).ok().map(|it| it.length), Some(end as u64));
}

fn apply(bytes: &mut [u8], patches: &[FilePatch]) {
    for FilePatch { offset, bytes: patch } in patches {
        let at = *offset as usize;
        bytes[at..at + patch.len()].copy_from_slice(patch);
    }
}

/// Repairs a file.
#[allow(clippy::missing_panics_doc, reason = "that is what it is for")]
pub fn repair_file(bytes: &[u8]) {
    let Ok(RepairedFile { container, length, index, tail, duration }) = repair(Cursor::new(bytes))
    else {
        return;
    };
    let mut whole = bytes[..length as usize].to_vec();
    assert!(index.points().iter().all(|it| it.offset < length));
    // By which they can be kept as differences.
    let rises = |it: &[SeekPoint]| it[0].time < it[1].time && it[0].offset < it[1].offset;
    assert!(index.points().windows(2).all(rises));
    whole.extend(&tail.bytes);
    apply(&mut whole, &tail.patches);
    let again = repair(Cursor::new(&whole)).ok();
    let again = again.map(|it| (it.container, it.length, it.duration, it.index));
    assert_eq!(again, Some((container, length, duration, index)));
}
