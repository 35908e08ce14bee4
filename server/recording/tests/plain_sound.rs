//! Sound of source clients: MP3 and AAC, as they came.

use std::{sync::Arc, time::Duration};

use bandstand_recording::{
    RecordedCodec, Recorder, RecorderOptions, RecorderOutput, RecordingContainer,
};

use crate::support::{Arrival, Recording, encode, ms, packets::Track, probe, record, write};

/// Largest difference between a frame's time and the one at which it was heard.
const MAX_ERROR: f64 = 0.250;

fn in_mp4(come: Vec<Arrival>) -> Recording {
    let sound_container = RecordingContainer::Mp4;
    record(RecorderOptions { sound_container, ..RecorderOptions::default() }, come)
}

fn sound(codec: RecordedCodec, frames: usize) -> Vec<Arc<[u8]>> {
    if codec == RecordedCodec::Mp3 { encode::mp3(frames) } else { encode::aac(frames) }
}

#[test]
fn mp3_and_aac_are_written_into_mp4_as_they_came() {
    for (codec, name, media_type, samples, header) in [
        (RecordedCodec::Mp3, "mp3", "audio/mp4; codecs=\"mp3\"", 1_152.0, 0),
        (RecordedCodec::Aac, "aac", "audio/mp4; codecs=\"mp4a.40.2\"", 1_024.0, 7),
    ] {
        let frames = sound(codec, 400);
        let recording = in_mp4(Track::new(codec).frames(&frames));
        let [recorded] = &recording.files[..] else { panic!("files") };
        assert_eq!(recorded.file.media_type(), media_type);
        let path = write(&format!("plain-{name}.mp4"), &recorded.bytes);
        assert_eq!(probe::streams(&path), [name]);
        probe::decode(&path);
        let length = samples / 44_100.0;
        let packets = probe::packets(&path);
        assert_eq!(packets.len(), 400);
        for (n, packet) in packets.iter().enumerate() {
            assert!((packet.time - n as f64 * length).abs() < 0.001, "{n}: {packet:?}");
            assert_eq!(packet.size, frames[n].len() - header, "{n}");
        }
        assert!((probe::duration(&path) - 400.0 * length).abs() < 0.002);
        assert!((recorded.summary.duration.as_secs_f64() - 400.0 * length).abs() < 0.001);
        let points: Vec<_> = recorded.summary.index.points().iter().map(|it| it.time).collect();
        assert!(points.windows(2).all(|two| (2_000..2_800).contains(&(two[1] - two[0]))));
        let ends = recorded.ends.iter().map(|it| it.1);
        let begins = [ms(0)].into_iter().chain(recorded.ends.iter().map(|it| it.1));
        assert!(ends.zip(begins).all(|(end, begin)| end - begin <= ms(800)));
    }
}

#[test]
fn drifting_source_is_one_file_whose_frames_are_all_in_their_places() {
    for ppm in [300_i64, -300] {
        let frames: Vec<_> =
            sound(RecordedCodec::Aac, 500).into_iter().cycle().take(50_000).collect();
        let mut come = Track::new(RecordedCodec::Aac).frames(&frames);
        for (arrival, packet) in &mut come {
            for time in [arrival, &mut packet.captured] {
                let micros = time.as_micros() as i64;
                *time = Duration::from_micros((micros + micros * ppm / 1_000_000) as u64);
            }
        }
        let heard: Vec<_> = come.iter().map(|it| it.1.captured.as_secs_f64()).collect();
        let recording = in_mp4(come);
        let [recorded] = &recording.files[..] else { panic!("{} files", recording.files.len()) };
        let path = write("drift.mp4", &recorded.bytes);
        let packets = probe::packets(&path);
        assert_eq!(packets.len(), 50_000, "nothing is left out");
        let offset = recorded.file.offset.as_secs_f64();
        let worst = packets.iter().zip(heard).map(|(it, heard)| (it.time + offset - heard).abs());
        let worst = worst.fold(0.0, f64::max);
        assert!(worst < MAX_ERROR, "{worst} s of {ppm} ppm");
    }
}

#[test]
fn pause_of_a_source_is_a_gap_between_files() {
    let frames = sound(RecordedCodec::Mp3, 400);
    let mut come = Track::new(RecordedCodec::Mp3).frames(&frames);
    for (arrival, packet) in &mut come[200..] {
        *arrival += ms(2_500);
        packet.captured += ms(2_500);
    }
    let recording = in_mp4(come);
    let [one, other] = &recording.files[..] else { panic!("{} files", recording.files.len()) };
    let gap = other.file.offset - (one.file.offset + one.summary.duration);
    assert!((ms(2_450)..ms(2_550)).contains(&gap), "{gap:?}");
    let counts = [(one, "pause-1.mp4"), (other, "pause-2.mp4")].map(|(it, name)| {
        let path = write(name, &it.bytes);
        probe::decode(&path);
        probe::packets(&path).len()
    });
    assert_eq!(counts, [200, 200]);
}

#[test]
fn another_format_is_another_file() {
    let first = Track::new(RecordedCodec::Mp3).frames(&sound(RecordedCodec::Mp3, 100));
    let aac = Track { session: 2, begins: ms(2_800), ..Track::new(RecordedCodec::Aac) };
    let opus = Track { session: 3, begins: ms(6_000), ..Track::new(RecordedCodec::Opus) };
    let second = aac.frames(&sound(RecordedCodec::Aac, 100));
    let third = opus.sound(&encode::opus(100));
    let recording = in_mp4([first, second, third].concat());
    let types: Vec<_> = recording.files.iter().map(|it| it.file.media_type()).collect();
    let expected = ["mp3", "mp4a.40.2", "opus"].map(|it| format!("audio/mp4; codecs=\"{it}\""));
    assert_eq!(types, expected);
    let offsets: Vec<_> = recording.files.iter().map(|it| it.file.offset).collect();
    assert_eq!(offsets, [ms(100), ms(2_800), ms(6_000)]);
}

#[test]
fn sound_that_was_ahead_begins_earlier_as_far_as_there_is_room() {
    for (codec, begins, expected) in
        [(RecordedCodec::Mp3, 9_000, 5_000), (RecordedCodec::Aac, 3_000, 3_000)]
    {
        let frames = sound(codec, 200);
        let options =
            RecorderOptions { sound_container: RecordingContainer::Mp4, keyframe_interval: None };
        let mut recorder = Recorder::new(options);
        let come = Track { begins: ms(begins), ..Track::new(codec) }.frames(&frames);
        let mut moved = ms(0);
        let mut offsets = Vec::new();
        let mut end = None;
        for (n, (now, mut packet)) in come.into_iter().enumerate() {
            if n == 100 {
                moved = recorder.begin_earlier(ms(5_000));
            }
            packet.captured -= moved;
            recorder.push(now, packet);
            recorder.advance(now);
            while let Some(output) = recorder.next_output() {
                match output {
                    RecorderOutput::Begin(file) => offsets.push(file.offset),
                    RecorderOutput::Moved(offset) => offsets.push(offset),
                    RecorderOutput::End(summary) => end = Some(summary),
                    _ => {}
                }
            }
        }
        recorder.finish();
        while let Some(output) = recorder.next_output() {
            if let RecorderOutput::End(summary) = output {
                end = Some(summary);
            }
        }
        assert_eq!(moved, ms(expected));
        assert_eq!(offsets, [ms(begins), ms(begins - expected)], "one file");
        let samples = if codec == RecordedCodec::Mp3 { 1_152.0 } else { 1_024.0 };
        let duration = end.unwrap().duration.as_secs_f64();
        assert!((duration - 200.0 * samples / 44_100.0).abs() < 0.001, "{duration}");
    }
}
