//! Sound and picture together, whatever clocks say.

use std::time::Duration;

use bandstand_recording::{RecordedCodec, RecorderOptions, RecorderPacket};

use crate::support::{
    Arrival, Recorded, encode, ms,
    packets::{Track, merged},
    probe, record, write,
};

/// Largest difference between sound and picture that nobody sees.
const MAX_ERROR: f64 = 0.040;

/// Differences of the times at which packets of sound, and frames, are in a file to those at which they were
/// captured, in seconds. Those that are in it are found by their sizes, which are all different.
fn errors(recorded: &Recorded, come: &[RecorderPacket], name: &str) -> [Vec<f64>; 2] {
    let path = write(name, &recorded.bytes);
    let offset = recorded.file.offset.as_secs_f64();
    let found = probe::packets(&path);
    [false, true].map(|is_video| {
        let mut sent = come.iter().filter(|it| it.codec.is_video() == is_video);
        let own = found.iter().filter(|it| it.is_video == is_video && it.size > 1);
        let errors = own.map(|packet| {
            let length = packet.size + if is_video { 4 } else { 0 };
            let it = sent.find(|it| it.payload.len() == length).expect("a packet that was sent");
            packet.time + offset - it.captured.as_secs_f64()
        });
        errors.collect()
    })
}

/// Sound and a picture for as long, whose clocks are so many parts in a million too fast.
fn film(seconds: u64, rate: u64, sound_ppm: i64, video_ppm: i64) -> Vec<RecorderPacket> {
    let captured = |n: u64, rate: u64, ppm: i64| {
        let nanos = i128::from(n) * 1_000_000_000_000_000 / i128::from(rate);
        Duration::from_nanos((nanos / i128::from(1_000_000 + ppm)) as u64) + ms(100)
    };
    // One keyframe of VP8 of 16 by 16 pixels, of changing length, behind its descriptor.
    let picture = |n: u64| {
        let mut payload = vec![0x90, 0x80, 0x80, n as u8, 0x10, 0, 0, 0x9d, 1, 0x2a, 16, 0, 16, 0];
        payload.resize(20 + n as usize % 997, 0);
        payload
    };
    let sound = |n: u64| {
        let mut payload = vec![0; 3 + n as usize % 199];
        payload[0] = 31 << 3 | 4;
        payload
    };
    let packet = |codec, n, ticks, captured, payload: Vec<u8>| RecorderPacket {
        session: 1,
        stream: 1,
        codec,
        sequence: 60_000 + n,
        timestamp: ticks,
        captured,
        marker: true,
        payload: payload.into(),
    };
    let sounds = (0..seconds * 50).map(|n| {
        let captured = captured(n, 50, sound_ppm);
        packet(RecordedCodec::Opus, n, (n * 960) as u32, captured, sound(n))
    });
    let pictures = (0..seconds * rate).map(|n| {
        let captured = captured(n, rate, video_ppm);
        packet(RecordedCodec::Vp8, n, (n * 90_000 / rate) as u32, captured, picture(n))
    });
    let mut all: Vec<_> = sounds.chain(pictures).collect();
    all.sort_by_key(|it| it.captured);
    all
}

fn arrivals(packets: &[RecorderPacket]) -> impl Iterator<Item = Arrival> + '_ {
    packets.iter().map(|it| (it.captured + ms(50), it.clone()))
}

#[test]
fn drifting_clocks_stay_together_for_three_hours() {
    let come = film(3 * 3_600, 1, 100, -100);
    let recording = record(RecorderOptions::default(), arrivals(&come));
    let [recorded] = &recording.files[..] else { panic!("files") };
    for errors in errors(recorded, &come, "drift.webm") {
        let worst = errors.iter().fold(0_f64, |worst, error| worst.max(error.abs()));
        assert!(errors.len() > 10_000 && worst < MAX_ERROR / 2.0, "{worst} s");
    }
    assert!((recorded.summary.duration.as_secs_f64() - 10_800.0).abs() < 1.1);
    // The sender's clock gains 1.08 seconds, which are left out in packets of 20 ms.
    let left_out = 540_000 - errors(recorded, &come, "drift.webm")[0].len();
    assert!((50..60).contains(&left_out), "{left_out}");
}

#[test]
fn jittering_captures_dont_shake_sound() {
    let mut random = fastrand::Rng::with_seed(3);
    let mut come = film(60, 10, 0, 0);
    for packet in &mut come {
        packet.captured += ms(random.u64(0..30));
    }
    let recording = record(RecorderOptions::default(), arrivals(&come));
    let [recorded] = &recording.files[..] else { panic!("files") };
    let [sound, video] = errors(recorded, &come, "jitter.webm");
    assert_eq!((sound.len(), video.len()), (3_000, 600), "nothing is left out");
    assert!(sound.iter().chain(&video).all(|it| it.abs() < MAX_ERROR));
}

#[test]
fn sound_after_a_stalled_capture_comes_when_it_was_captured() {
    // The microphone gives nothing for 18 seconds; then timestamps go on where they were, and so it is with the
    // picture in another recording.
    for stalls in [[true, false], [true, true]] {
        let mut come = film(20, 10, 0, 0);
        for packet in &mut come {
            let stalled = if packet.codec.is_video() { stalls[1] } else { stalls[0] };
            if stalled && packet.captured >= ms(10_100) {
                packet.captured += ms(18_000);
            }
        }
        if !stalls[1] {
            // It goes on for as long as the sound.
            let more = film(38, 10, 0, 0).into_iter();
            come.retain(|it| !it.codec.is_video());
            come.extend(more.filter(|it| it.codec.is_video()));
        }
        come.sort_by_key(|it| it.captured);
        let recording = record(RecorderOptions::default(), arrivals(&come));
        let count = if stalls[1] { 2 } else { 1 };
        assert_eq!(recording.files.len(), count);
        let last = recording.files.last().unwrap();
        let end = (last.file.offset + last.summary.duration).as_secs_f64();
        assert!((end - 38.1).abs() < 0.2, "{end}");
        let mut sound = 0;
        for (n, recorded) in recording.files.iter().enumerate() {
            let from = recorded.file.offset;
            let own: Vec<_> =
                come.iter().filter(|it| it.captured + ms(20) > from).cloned().collect();
            let errors = errors(recorded, &own, &format!("stall-{count}-{n}.webm"));
            assert!(errors.iter().flatten().all(|it| it.abs() < MAX_ERROR), "{errors:?}");
            sound += errors[0].len();
        }
        assert!(sound >= 995, "{sound}");
    }
}

#[test]
fn burst_that_was_held_up_is_in_its_place() {
    // Nothing comes for a second and a half, and then all at once; times of capture are true, or those of the
    // arrival, as before the first report of a sender.
    for is_true in [true, false] {
        let come = film(10, 10, 0, 0);
        let held = |it: &RecorderPacket| (ms(5_000)..ms(6_500)).contains(&it.captured);
        let arrivals: Vec<Arrival> = come
            .iter()
            .map(|it| {
                let mut packet = it.clone();
                let arrival = if held(it) { ms(6_500) } else { it.captured };
                if !is_true {
                    packet.captured = arrival;
                }
                (arrival + ms(50), packet)
            })
            .collect();
        let recording = record(RecorderOptions::default(), arrivals);
        let [recorded] = &recording.files[..] else { panic!("files") };
        let [sound, video] = errors(recorded, &come, "burst.webm");
        assert!(sound.len() >= 498 && video.len() == 100, "{} {}", sound.len(), video.len());
        assert!(sound.iter().chain(&video).all(|it| it.abs() < MAX_ERROR));
    }
}

#[test]
fn sound_of_a_file_has_no_gaps_for_players_that_dont_look() {
    let sound = encode::opus(300);
    let frames = encode::picture(RecordedCodec::Vp8, "160x90", 180);
    let picture = Track::new(RecordedCodec::Vp8).picture(&frames);
    // Discontinuous transmission: nothing for 400 ms, now and then.
    let mut sounds = Track::new(RecordedCodec::Opus).sound(&sound);
    sounds.retain(|(_, it)| it.captured.as_millis() / 400 % 3 != 1);
    let recording = record(RecorderOptions::default(), merged(&[picture, sounds]));
    let path = write("silence.webm", &recording.files[0].bytes);
    probe::decode(&path);
    let times = probe::packets(&path).into_iter().filter(|it| !it.is_video).map(|it| it.time);
    let times: Vec<_> = times.collect();
    assert!(times.windows(2).all(|two| (two[1] - two[0] - 0.02).abs() < 0.0015));
    assert!(times.len() > 280 && Duration::from_secs_f64(times[0]) < ms(25));
}
