//! Files that were cut off anywhere.

use std::io::Cursor;

use bandstand_recording::{
    RecordedCodec, RecorderOptions, RecordingContainer, RepairError, repair,
};

use crate::support::{
    Recorded, encode, ms,
    packets::{Track, merged},
    patch, probe, record, write,
};

/// Places at which a file is cut and read by FFmpeg, and bytes from one place at which it is only scanned to
/// the next.
const PLAYED: usize = 5;
const SCANNED: usize = 173;

/// Makes a file whole that was cut off, or ends in something else.
fn repaired(bytes: &[u8]) -> Result<(Vec<u8>, bandstand_recording::RepairedFile), RepairError> {
    let repaired = repair(Cursor::new(bytes))?;
    let mut whole = bytes[..repaired.length as usize].to_vec();
    whole.extend(&repaired.tail.bytes);
    patch(&mut whole, &repaired.tail.patches);
    Ok((whole, repaired))
}

/// The last fragment that is whole, by what the recorder said of it.
fn expected(recorded: &Recorded, cut: usize) -> u64 {
    recorded.ends.iter().map(|it| it.0).filter(|end| *end <= cut as u64).max().unwrap_or_default()
}

#[track_caller]
fn check(recorded: &Recorded, name: &str) {
    let extension = recorded.file.container.extension();
    let bytes = &recorded.raw;
    for cut in (0..bytes.len()).step_by(SCANNED) {
        match repaired(&bytes[..cut]) {
            Ok((_, file)) => {
                let points = recorded.summary.index.points();
                let before = points.partition_point(|it| it.offset < file.length);
                let range = expected(recorded, cut)..=cut as u64;
                assert!(range.contains(&file.length), "cut at {cut}: {}", file.length);
                assert_eq!(file.index.points(), &points[..before], "cut at {cut}");
                let lost = recorded.ends.iter().find(|it| it.0 > file.length).map(|it| it.1);
                let end = recorded.ends.iter().rev().find(|it| it.0 <= file.length).map(|it| it.1);
                let range =
                    end.unwrap_or_default()..=lost.unwrap_or(recorded.summary.duration) + ms(200);
                assert!(
                    range.contains(&(file.duration + ms(60))),
                    "cut at {cut}: {:?}",
                    file.duration
                );
            }
            Err(_) => assert_eq!(expected(recorded, cut), 0, "cut at {cut}"),
        }
    }
    for place in 0..PLAYED {
        let first = recorded.ends[0].0 as usize;
        let cut = first + (bytes.len() - first) * place / PLAYED + place;
        let (whole, file) = repaired(&bytes[..cut]).unwrap();
        let path = write(&format!("cut-{name}-{place}.{extension}"), &whole);
        probe::decode(&path);
        // As a disk may leave it that lost its power: zeroes where nothing was written yet.
        let zeroes = [&bytes[..file.length as usize], &[0; 5_000]].concat();
        assert!(repaired(&zeroes).unwrap().0 == whole, "zeroes behind {}", file.length);
    }
    // A file that is whole stays as it is.
    let (whole, file) = repaired(&recorded.bytes).unwrap();
    assert!(whole == recorded.bytes, "{name} was changed");
    assert_eq!(file.duration, recorded.summary.duration);
}

fn with_picture(codec: RecordedCodec) -> Recorded {
    let picture = Track::new(codec).picture(&encode::picture(codec, "160x90", 150));
    let sound = Track::new(RecordedCodec::Opus).sound(&encode::opus(250));
    let recording = record(RecorderOptions::default(), merged(&[picture, sound]));
    recording.files.into_iter().next().unwrap()
}

#[test]
fn webm_is_whole_up_to_the_last_cluster() {
    check(&with_picture(RecordedCodec::Vp8), "vp8");
}

#[test]
fn mp4_is_whole_up_to_the_last_fragment() {
    for (codec, name) in
        [(RecordedCodec::H264, "h264"), (RecordedCodec::Vp9, "vp9"), (RecordedCodec::Av1, "av1")]
    {
        check(&with_picture(codec), name);
    }
}

#[test]
fn ogg_is_whole_up_to_the_last_page() {
    let sound = Track::new(RecordedCodec::Opus).sound(&encode::opus(500));
    check(&record(RecorderOptions::default(), sound).files[0], "opus");
}

#[test]
fn mp3_is_whole_up_to_the_last_frame() {
    let sound = Track::new(RecordedCodec::Mp3).frames(&encode::mp3(200));
    let recording = record(RecorderOptions::default(), sound);
    let bytes = &recording.files[0].bytes;
    for cut in (1_000..bytes.len()).step_by(7_777) {
        let (whole, file) = repaired(&bytes[..cut]).unwrap();
        assert!(cut - whole.len() < 418, "more than a frame is lost");
        let path = write("cut.mp3", &whole);
        probe::decode(&path);
        let length = file.duration.as_secs_f64() * 16_000.0;
        assert!((length - whole.len() as f64).abs() < 500.0);
    }
}

#[test]
fn mp3_and_aac_in_mp4_are_whole_up_to_the_last_fragment() {
    for (name, codec, frames) in [
        ("mp3-in-mp4", RecordedCodec::Mp3, encode::mp3(200)),
        ("aac", RecordedCodec::Aac, encode::aac(230)),
    ] {
        let sound_container = RecordingContainer::Mp4;
        let options = RecorderOptions { sound_container, ..RecorderOptions::default() };
        check(&record(options, Track::new(codec).frames(&frames)).files[0], name);
    }
}
