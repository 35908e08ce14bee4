//! A recording as a list of files.

use bandstand_recording::{RecordedCodec, RecorderOptions, RecordingContainer};

use crate::support::{
    Recording, encode, ms,
    packets::{Track, merged},
    probe, record, write,
};

/// Container, size, offset and duration of a file, in milliseconds.
type Listed = (RecordingContainer, Option<(u16, u16)>, u64, u64);

fn list(recording: &Recording) -> Vec<Listed> {
    let millis = |it: std::time::Duration| it.as_millis() as u64;
    let files = recording.files.iter().map(|it| {
        let file = &it.file;
        (file.container, file.size, millis(file.offset), millis(it.summary.duration))
    });
    files.collect()
}

#[track_caller]
fn play(recording: &Recording, name: &str) {
    for it in &recording.files {
        let (number, extension) = (it.file.number, it.file.container.extension());
        probe::decode(&write(&format!("{name}-{number}.{extension}"), &it.bytes));
    }
}

#[test]
fn another_size_codec_and_publisher_are_other_files() {
    let track = Track::new(RecordedCodec::Vp8);
    let small = encode::picture(RecordedCodec::Vp8, "160x90", 60);
    let large = encode::picture(RecordedCodec::Vp8, "320x180", 60);
    let other = encode::picture(RecordedCodec::H264, "320x180", 60);
    let sound = encode::opus(400);
    let mut turned = track.picture(&[small, large].concat());
    let next = Track { codec: RecordedCodec::H264, begins: ms(4_100), stream: 2, ..track };
    turned.extend(next.picture(&other));
    let first = Track::new(RecordedCodec::Opus).sound(&sound[..300]);
    // Another publisher, three seconds later.
    let late = Track { session: 2, begins: ms(9_100), ..track };
    let second = Track { session: 2, codec: RecordedCodec::Opus, begins: ms(9_080), ..track };
    let again = late.picture(&encode::picture(RecordedCodec::Vp8, "160x90", 60));
    let come = merged(&[turned, first, again, second.sound(&sound[300..])]);
    let recording = record(RecorderOptions::default(), come);
    let files = list(&recording);
    assert_eq!(
        files.iter().map(|it| (it.0, it.1, it.2)).collect::<Vec<_>>(),
        [
            (RecordingContainer::WebM, Some((160, 90)), 100),
            (RecordingContainer::WebM, Some((320, 180)), 2_100),
            (RecordingContainer::Mp4, Some((320, 180)), 4_100),
            (RecordingContainer::WebM, Some((160, 90)), 9_100),
        ]
    );
    assert!(files.iter().all(|it| (1_960..=2_040).contains(&it.3)), "{files:?}");
    play(&recording, "sessions");
}

#[test]
fn pauses_are_kept_as_time() {
    let track = Track::new(RecordedCodec::Vp8);
    let frames = encode::picture(RecordedCodec::Vp8, "160x90", 60);
    let sound = encode::opus(250);
    // Two seconds without anything, in one session; then eight.
    let begins = [ms(100), ms(4_100), ms(14_100)];
    let pictures = begins.iter().zip(0_u32..).map(|(begins, n)| {
        let ticks = (begins.as_millis() as u32 - 100) * 90;
        let timestamp = track.timestamp.wrapping_add(ticks);
        let sequence = track.sequence + u64::from(n) * 1_000;
        Track { begins: *begins, timestamp, sequence, ..track }.picture(&frames)
    });
    let sounds = begins.iter().zip(0_u32..).map(|(begins, n)| {
        let ticks = (begins.as_millis() as u32 - 100) * 48;
        let timestamp = track.timestamp.wrapping_add(ticks);
        let sequence = track.sequence + u64::from(n) * 100;
        let codec = RecordedCodec::Opus;
        Track { codec, begins: *begins, timestamp, sequence, ..track }.sound(&sound[..100])
    });
    let come = merged(&pictures.chain(sounds).collect::<Vec<_>>());
    let recording = record(RecorderOptions::default(), come);
    let files = list(&recording);
    let [(_, _, 100, first), (_, _, 14_100, second)] = files[..] else { panic!("{files:?}") };
    assert!((5_960..=6_050).contains(&first) && (1_960..=2_040).contains(&second), "{files:?}");
    play(&recording, "pauses");
    let path = write("pause.webm", &recording.files[0].bytes);
    let video: Vec<_> = probe::packets(&path).into_iter().filter(|it| it.is_video).collect();
    assert!(video.iter().any(|it| (it.time - 4.0).abs() < 0.002), "the second part in its place");
}

#[test]
fn picture_comes_and_goes_and_sound_goes_on() {
    let sound = Track::new(RecordedCodec::Opus).sound(&encode::opus(700));
    let frames = encode::picture(RecordedCodec::Vp8, "160x90", 60);
    // From 4 to 6 seconds.
    let picture = Track { begins: ms(4_100), ..Track::new(RecordedCodec::Vp8) }.picture(&frames);
    let come = merged(&[sound, picture]);
    let options =
        RecorderOptions { sound_container: RecordingContainer::Mp4, ..RecorderOptions::default() };
    let recording = record(options, come);
    let files = list(&recording);
    let kinds: Vec<_> = files.iter().map(|it| (it.0, it.1.is_some())).collect();
    let (mp4, webm) = (RecordingContainer::Mp4, RecordingContainer::WebM);
    assert_eq!(kinds, [(mp4, false), (webm, true), (mp4, false)]);
    // One after the other, and nothing is missing: a packet of 20 ms may be on either side.
    for two in files.windows(2) {
        let (end, begin) = (two[0].2 + two[0].3, two[1].2);
        assert!(begin.abs_diff(end) <= 20, "{files:?}");
    }
    assert_eq!((files[0].2, files[1].2), (100, 4_100));
    let last = files[2].2 + files[2].3;
    assert!(last.abs_diff(14_100) <= 20, "{files:?}");
    play(&recording, "comes-and-goes");
    // It was asked for, for nothing came that said that it would be one.
    assert!(recording.requests.len() <= 2, "{:?}", recording.requests);
}
