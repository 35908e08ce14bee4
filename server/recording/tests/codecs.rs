//! Files of each codec, as others read them.

use bandstand_recording::{RecordedCodec, RecorderOptions, RecordingContainer};

use crate::support::{
    Recorded, encode, ms,
    packets::{Track, merged},
    probe::{self, Packet},
    record, write,
};

/// Records three seconds of a picture with sound.
fn recorded(codec: RecordedCodec) -> Recorded {
    let picture = Track::new(codec).picture(&encode::picture(codec, "320x180", 90));
    let sound = Track::new(RecordedCodec::Opus).sound(&encode::opus(150));
    let recording = record(RecorderOptions::default(), merged(&[picture, sound]));
    assert_eq!(recording.files.len(), 1);
    recording.files.into_iter().next().unwrap()
}

/// A file is played without a word, and has each frame and packet at its time.
#[track_caller]
fn check(codec: RecordedCodec, container: RecordingContainer, codecs: &str, name: &str) {
    let recorded = recorded(codec);
    let file = &recorded.file;
    assert_eq!((file.container, file.codecs.as_str()), (container, codecs));
    assert_eq!((file.size, file.has_sound), (Some((320, 180)), true));
    assert_eq!(file.offset, ms(100));
    let path = write(&format!("codec-{name}.{}", container.extension()), &recorded.bytes);
    assert_eq!(probe::streams(&path), [&format!("{name},320,180"), "opus"]);
    assert_eq!(probe::decode(&path), 90);
    let packets = probe::packets(&path);
    let (video, sound): (Vec<&Packet>, Vec<_>) = packets.iter().partition(|it| it.is_video);
    assert_eq!((video.len(), sound.len()), (90, 150));
    for (n, packet) in video.iter().enumerate() {
        assert!((packet.time - n as f64 / 30.0).abs() < 0.001, "{n}: {packet:?}");
        assert_eq!(packet.is_key, n % 30 == 0, "{n}");
    }
    for (n, packet) in sound.iter().enumerate() {
        assert!((packet.time - n as f64 / 50.0).abs() < 0.001, "{n}: {packet:?}");
    }
    // A player may begin at each keyframe, and finds one there.
    let points = recorded.summary.index.points();
    assert_eq!(points.iter().map(|it| it.time).collect::<Vec<_>>(), [0, 1_000, 2_000]);
    assert!((probe::duration(&path) - 3.0).abs() < 0.05, "{}", probe::duration(&path));
    assert!((recorded.summary.duration.as_secs_f64() - 3.0).abs() < 0.05);
    // No fragment is so long that a second would be lost with it.
    let ends = recorded.ends.iter().map(|it| it.1);
    let begins = [ms(0)].into_iter().chain(recorded.ends.iter().map(|it| it.1));
    assert!(ends.zip(begins).all(|(end, begin)| end - begin <= ms(800)), "{:?}", recorded.ends);
}

#[test]
fn vp8_is_played_from_webm() {
    check(RecordedCodec::Vp8, RecordingContainer::WebM, "vp8,opus", "vp8");
}

#[test]
fn vp9_is_played_from_mp4() {
    // Profile 0, level 1.1, which 57,600 pixels are, and 8 bits.
    check(RecordedCodec::Vp9, RecordingContainer::Mp4, "vp09.00.11.08,opus", "vp9");
}

#[test]
fn h264_is_played_from_mp4() {
    // Constrained baseline, level 1.2 or 1.3 as x264 has it for this size and rate.
    check(RecordedCodec::H264, RecordingContainer::Mp4, "avc1.42c00d,opus", "h264");
}

#[test]
fn av1_is_played_from_mp4() {
    check(RecordedCodec::Av1, RecordingContainer::Mp4, "av01.0.00M.08,opus", "av1");
}

#[test]
fn sound_alone_is_played_from_ogg_mp4_and_webm() {
    for (container, media_type) in [
        (RecordingContainer::Ogg, "audio/ogg; codecs=\"opus\""),
        (RecordingContainer::Mp4, "audio/mp4; codecs=\"opus\""),
        (RecordingContainer::WebM, "audio/webm; codecs=\"opus\""),
    ] {
        let options = RecorderOptions { sound_container: container, ..RecorderOptions::default() };
        let sound = Track::new(RecordedCodec::Opus).sound(&encode::opus(250));
        let recording = record(options, sound);
        let [recorded] = &recording.files[..] else { panic!("files") };
        assert_eq!(recorded.file.media_type(), media_type);
        assert_eq!((recorded.file.size, recorded.file.offset), (None, ms(100)));
        let path = write(&format!("sound.{}", container.extension()), &recorded.bytes);
        assert_eq!(probe::streams(&path), ["opus"]);
        probe::decode(&path);
        let packets = probe::packets(&path);
        assert_eq!(packets.len(), 250);
        assert!((0..).zip(&packets).all(|(n, it)| (it.time - f64::from(n) / 50.0).abs() < 0.001));
        assert_eq!(recorded.summary.duration, ms(5_000));
        assert!(recording.requests.is_empty());
    }
}

#[test]
fn mp3_goes_through_as_it_is() {
    let frames = encode::mp3(400);
    let recording =
        record(RecorderOptions::default(), Track::new(RecordedCodec::Mp3).frames(&frames));
    let [recorded] = &recording.files[..] else { panic!("files") };
    assert_eq!(recorded.file.media_type(), "audio/mpeg");
    let whole: Vec<u8> = frames.iter().flat_map(|it| it.iter().copied()).collect();
    assert!(recorded.bytes == whole, "other bytes");
    let path = write("sound.mp3", &recorded.bytes);
    probe::decode(&path);
    let expected = 400.0 * 1_152.0 / 44_100.0;
    assert!((recorded.summary.duration.as_secs_f64() - expected).abs() < 0.001);
}
