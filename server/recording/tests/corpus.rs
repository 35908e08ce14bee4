//! Inputs with which fuzzers begin.

use std::{fs, path::Path};

use bandstand_recording::{RecordedCodec, RecorderOptions, RecorderPacket, RecordingContainer};

use crate::support::{
    encode,
    packets::{Track, merged},
    record,
};

/// A packet as the target `record` reads it.
fn packed(packet: &RecorderPacket, before: Option<&RecorderPacket>) -> Vec<u8> {
    let codec = match packet.codec {
        RecordedCodec::Vp8 => 0,
        RecordedCodec::Vp9 => 1,
        RecordedCodec::H264 => 2,
        RecordedCodec::Av1 => 3,
        RecordedCodec::Mp3 => 4,
        RecordedCodec::Opus => 5,
        RecordedCodec::Aac => 6,
    };
    let marker = if packet.marker { 8 } else { 0 };
    let ticks = before.map_or(0, |it| packet.timestamp.wrapping_sub(it.timestamp)) / 120;
    // Steps of time are squares of these, in eighths of a millisecond.
    let mut out = vec![codec | marker, 1, ticks as u8, 9];
    out.extend((packet.payload.len() as u16).to_be_bytes());
    out.extend(packet.payload.iter());
    out
}

const MP4: RecorderOptions =
    RecorderOptions { sound_container: RecordingContainer::Mp4, keyframe_interval: None };

#[test]
#[ignore = "writes into the tree"]
fn pack_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for codec in [RecordedCodec::Vp8, RecordedCodec::Vp9, RecordedCodec::H264, RecordedCodec::Av1] {
        let picture = Track::new(codec).picture(&encode::picture(codec, "32x32", 36));
        let sound = Track::new(RecordedCodec::Opus).sound(&encode::opus(60));
        let come = merged(&[picture, sound]);
        let mut bytes = vec![4];
        for n in 0..come.len() {
            let same = |it: &&(_, RecorderPacket)| it.1.codec == come[n].1.codec;
            let before = come[..n].iter().rev().find(same);
            bytes.extend(packed(&come[n].1, before.map(|it| &it.1)));
        }
        let name = format!("{codec:?}").to_lowercase();
        fs::create_dir_all(folder.join("record")).unwrap();
        fs::create_dir_all(folder.join("repair_file")).unwrap();
        fs::write(folder.join("record").join(&name), bytes).unwrap();
        let file = &record(RecorderOptions::default(), come).files[0];
        fs::write(folder.join("repair_file").join(&name), &file.bytes).unwrap();
    }
    let sound = Track::new(RecordedCodec::Opus).sound(&encode::opus(100));
    let file = &record(RecorderOptions::default(), sound).files[0];
    fs::write(folder.join("repair_file/opus"), &file.bytes).unwrap();
    let sound = Track::new(RecordedCodec::Mp3).frames(&encode::mp3(20));
    let file = &record(RecorderOptions::default(), sound).files[0];
    fs::write(folder.join("repair_file/mp3"), &file.bytes).unwrap();
    for (name, codec, frames) in [
        ("mp3-in-mp4", RecordedCodec::Mp3, encode::mp3(60)),
        ("aac", RecordedCodec::Aac, encode::aac(60)),
    ] {
        let come = Track::new(codec).frames(&frames);
        let mut bytes = vec![0];
        for n in 0..come.len() {
            let before = n.checked_sub(1).map(|before| &come[before].1);
            bytes.extend(packed(&come[n].1, before));
        }
        fs::write(folder.join("record").join(name), bytes).unwrap();
        let file = &record(MP4, come).files[0];
        fs::write(folder.join("repair_file").join(name), &file.bytes).unwrap();
    }
}
