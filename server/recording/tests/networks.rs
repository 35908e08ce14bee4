//! Packets that come late, in another order, or not at all.

use std::time::Duration;

use bandstand_recording::{RecordedCodec, RecorderOptions};

use crate::support::{
    Arrival, encode, ms,
    packets::{Track, merged},
    probe, record, write,
};

/// Frames of a picture: five seconds.
const FRAMES: usize = 150;

fn packets(codec: RecordedCodec) -> Vec<Arrival> {
    let picture = Track::new(codec).picture(&encode::picture(codec, "320x180", FRAMES));
    let sound = Track::new(RecordedCodec::Opus).sound(&encode::opus(FRAMES * 5 / 3));
    merged(&[picture, sound])
}

#[test]
fn late_and_doubled_packets_are_where_they_belong() {
    for (codec, extension) in [(RecordedCodec::Vp8, "webm"), (RecordedCodec::H264, "mp4")] {
        let mut random = fastrand::Rng::with_seed(7);
        let mut late = packets(codec);
        let even = record(RecorderOptions::default(), late.clone());
        // Those before the first that comes don't belong to the recording.
        for n in 8..late.len() {
            match random.u8(..100) {
                // A repair, a detour, and a copy.
                0..5 => late[n].0 += ms(random.u64(100..900)),
                5..20 => late[n].0 += ms(random.u64(0..60)),
                20..25 => late.push(late[n].clone()),
                _ => {}
            }
        }
        late.sort_by_key(|it| it.0);
        let recording = record(RecorderOptions::default(), late);
        let [recorded] = &recording.files[..] else { panic!("files") };
        let path = write(&format!("late.{extension}"), &recorded.bytes);
        assert_eq!(probe::decode(&path), FRAMES);
        let even = write(&format!("even.{extension}"), &even.files[0].bytes);
        let sorted = |path| {
            let mut all = probe::packets(path);
            all.sort_by_key(|it| (it.is_video, (it.time * 1_000.0) as i64));
            all
        };
        assert!(sorted(&path) == sorted(&even), "{codec:?}");
    }
}

#[test]
fn no_frame_is_kept_that_needs_a_lost_one() {
    for (codec, extension) in [
        (RecordedCodec::Vp8, "webm"),
        (RecordedCodec::Vp9, "mp4"),
        (RecordedCodec::H264, "mp4"),
        (RecordedCodec::Av1, "mp4"),
    ] {
        let mut come = packets(codec);
        // Frames 40 and 41, and the keyframes 60 and 90; there is one each second.
        let at = |frame: u64| ms(100) + ms(1_000) * frame as u32 / 30;
        let lost = [(40, 42), (60, 61), (90, 91)].map(|(from, to)| at(from)..at(to));
        come.retain(|(_, it)| {
            !it.codec.is_video() || !lost.iter().any(|lost| lost.contains(&it.captured))
        });
        let recording = record(RecorderOptions::default(), come);
        let [recorded] = &recording.files[..] else { panic!("files") };
        let path = write(&format!("lost-{codec:?}.{extension}"), &recorded.bytes);
        assert_eq!(probe::decode(&path), 70, "{codec:?}");
        let video = probe::packets(&path).into_iter().filter(|it| it.is_video);
        let numbers: Vec<_> = video.map(|it| (it.time * 30.0).round() as usize).collect();
        assert_eq!(numbers, (0..40).chain(120..FRAMES).collect::<Vec<_>>(), "{codec:?}");
        // It was asked for once a repair could no longer come, and no more once one was there.
        let requests = &recording.requests;
        let first = requests.first().is_some_and(|it| (at(72)..at(76)).contains(it));
        assert!(first && requests.iter().all(|it| *it < at(122)), "{codec:?}: {requests:?}");
        let apart = requests.windows(2).all(|two| two[1] - two[0] >= ms(1_000));
        assert!(apart, "{codec:?}: {requests:?}");
    }
}

#[test]
fn lost_sound_stays_a_gap_in_time() {
    let sound = encode::opus(300);
    let mut come = Track::new(RecordedCodec::Opus).sound(&sound);
    come.retain(|(_, it)| it.captured < ms(2_100) || it.captured >= ms(2_500));
    let recording = record(RecorderOptions::default(), come);
    let [recorded] = &recording.files[..] else { panic!("files") };
    assert_eq!(recorded.summary.duration, ms(6_000));
    let path = write("gap.ogg", &recorded.bytes);
    probe::decode(&path);
    let packets = probe::packets(&path);
    // Twenty stand for those that were lost, with no sound in them.
    let fillers: Vec<_> = (0..).zip(&packets).filter(|it| it.1.size == 1).map(|it| it.0).collect();
    assert_eq!(fillers, (100..120).collect::<Vec<usize>>());
    assert_eq!(packets.len(), 300);
}

#[test]
fn numbers_and_timestamps_begin_anew_with_another_stream() {
    let frames = encode::picture(RecordedCodec::Vp8, "320x180", 120);
    let first = Track::new(RecordedCodec::Vp8);
    // Another layer from the third second on, which begins with a keyframe.
    let second =
        Track { stream: 2, begins: first.begins + ms(2_000), sequence: 9, timestamp: 77, ..first };
    let come = merged(&[first.picture(&frames[..60]), second.picture(&frames[60..])]);
    let recording = record(RecorderOptions::default(), come);
    let [recorded] = &recording.files[..] else { panic!("files") };
    let path = write("layers.webm", &recorded.bytes);
    assert_eq!(probe::decode(&path), 120);
    let packets = probe::packets(&path);
    assert!((0..).zip(&packets).all(|(n, it)| (it.time - f64::from(n) / 30.0).abs() < 0.002));
    assert_eq!(
        recorded.file.offset + recorded.summary.duration,
        first.begins + Duration::from_secs(4)
    );
}
