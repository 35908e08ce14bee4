//! Sound, read from files.

use std::{io::Read, process::Command, time::Duration};

use bandstand_recording::{
    FileSound, FileSoundPacket, RecordedCodec, RecorderOptions, RecordingContainer, SoundReader,
};

use crate::support::{
    Recorded, encode, ms,
    packets::{Track, merged},
    record, write,
};

fn sounds(file: impl Read) -> Vec<FileSoundPacket> {
    let mut reader = SoundReader::new(file).unwrap();
    std::iter::from_fn(|| reader.next_packet().unwrap()).collect()
}

/// Three seconds of sound, with a picture or without one.
fn recorded(picture: Option<RecordedCodec>) -> Recorded {
    let sound = Track::new(RecordedCodec::Opus).sound(&encode::opus(150));
    let picture = picture
        .map(|codec| Track::new(codec).picture(&encode::picture(codec, "320x180", 90)))
        .unwrap_or_default();
    let sound_container = RecordingContainer::Mp4;
    let options = RecorderOptions { sound_container, ..RecorderOptions::default() };
    record(options, merged(&[picture, sound])).files.into_iter().next().unwrap()
}

#[test]
fn packets_come_back_with_their_times() {
    let sent = encode::opus(150);
    for picture in [Some(RecordedCodec::Vp8), Some(RecordedCodec::H264), None] {
        let recorded = recorded(picture);
        for bytes in [&recorded.bytes, &recorded.raw] {
            let found = sounds(&bytes[..]);
            assert_eq!(found.len(), 150, "{picture:?}");
            for (n, (packet, sent)) in found.iter().zip(&sent).enumerate() {
                assert_eq!((packet.sound, &packet.data[..]), (FileSound::Opus, &sent[..]));
                assert!(packet.time.abs_diff(ms(n as u64 * 20)) <= ms(1), "{n}: {packet:?}");
            }
        }
        // The header, and what comes from a seek point on, as of a file of which the beginning is cut off.
        let points = recorded.summary.index.points();
        let (header, from) = (points[0].offset as usize, points.last().unwrap());
        let rest = &recorded.bytes[from.offset as usize..];
        let found = sounds(recorded.bytes[..header].chain(rest));
        assert!(found[0].time.abs_diff(ms(from.time)) < ms(150), "{picture:?}: {}", from.time);
        assert_eq!(found.last().unwrap().data[..], sent[149][..]);
    }
}

#[test]
fn anything_is_read_to_some_end() {
    for picture in [Some(RecordedCodec::Vp8), None] {
        let mut bytes = recorded(picture).bytes;
        let whole = sounds(&bytes[..]);
        for cut in (8..bytes.len()).step_by(2_003) {
            let found = sounds(&bytes[..cut]);
            assert_eq!(found[..], whole[..found.len()]);
        }
        for at in (8..bytes.len()).step_by(1_009) {
            let before = std::mem::replace(&mut bytes[at], 0xff);
            let mut reader = SoundReader::new(&bytes[..]).unwrap();
            while let Ok(Some(packet)) = reader.next_packet() {
                assert!(packet.data.len() < bytes.len());
            }
            bytes[at] = before;
        }
    }
    assert!(SoundReader::new(&b"neither of both"[..]).is_err());
}

#[test]
fn other_codecs_in_mp4_are_told_apart() {
    for (encoder, expected) in [
        ("aac", FileSound::Aac { rate: 44_100, channels: 2 }),
        ("libmp3lame", FileSound::Mp3 { rate: 44_100, channels: 2 }),
    ] {
        let path = write(&format!("sounds-{encoder}.mp4"), &[]);
        let flags = ["-movflags", "empty_moov+default_base_moof", "-frag_duration", "500000"];
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-y", "-f", "lavfi", "-i", "sine=r=44100:d=3", "-ac", "2"]);
        ffmpeg.args(["-c:a", encoder]).args(flags).arg(&path);
        assert!(ffmpeg.status().unwrap().success());
        let found = sounds(std::fs::File::open(&path).unwrap());
        assert!(found.iter().all(|it| it.sound == expected), "{:?}", found[0].sound);
        let last = found.last().unwrap().time;
        assert!(last.abs_diff(Duration::from_secs(3)) < ms(100), "{encoder}: {last:?}");
    }
}
