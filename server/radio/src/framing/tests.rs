//! Framing of real files, made by FFmpeg.

use bytes::{BufMut, BytesMut};

use super::*;
use crate::{AudioFormat, ForeignFormat};

const TONE_MP3: &[u8] = include_bytes!("../../fixtures/tone.mp3");
const RATE48_MP3: &[u8] = include_bytes!("../../fixtures/rate48.mp3");
const MONO_MP3: &[u8] = include_bytes!("../../fixtures/mono.mp3");
const TONE_AAC: &[u8] = include_bytes!("../../fixtures/tone.aac");
const LOW_AAC: &[u8] = include_bytes!("../../fixtures/low.aac");
const ONE_OPUS: &[u8] = include_bytes!("../../fixtures/one.opus");
const TWO_OPUS: &[u8] = include_bytes!("../../fixtures/two.opus");
const MONO_OPUS: &[u8] = include_bytes!("../../fixtures/mono.opus");
const ONE_OGG: &[u8] = include_bytes!("../../fixtures/one.ogg");
const TWO_OGG: &[u8] = include_bytes!("../../fixtures/two.ogg");
const OTHER_OGG: &[u8] = include_bytes!("../../fixtures/other.ogg");

fn framed(parts: &[&[u8]], step: usize) -> Result<Vec<Framed>, AudioError> {
    let (mut framer, mut framed) = (Framer::new(), Vec::new());
    for part in parts.concat().chunks(step) {
        framer.push(part, &mut framed)?;
    }
    Ok(framed)
}

fn error(parts: &[&[u8]]) -> AudioError {
    framed(parts, 100).unwrap_err()
}

fn info(framed: &[Framed]) -> (AudioFormat, u32, u8) {
    let Some(Framed::Began(info)) = framed.first() else { panic!("{:?}", framed.first()) };
    (info.format, info.rate, info.channels)
}

fn sound(framed: &[Framed]) -> Vec<&SoundFrame> {
    let sound = framed.iter().filter_map(|it| match it {
        Framed::Sound(frame) => Some(frame),
        _ => None,
    });
    sound.collect()
}

fn seconds(framed: &[Framed]) -> f64 {
    let samples: u32 = sound(framed).iter().map(|it| it.samples).sum();
    f64::from(samples) / f64::from(info(framed).1)
}

fn titles(framed: &[Framed]) -> Vec<&str> {
    let titles = framed.iter().filter_map(|it| match it {
        Framed::Title(title) => Some(title.as_str()),
        _ => None,
    });
    titles.collect()
}

fn headers(framed: &[Framed]) -> usize {
    framed.iter().filter(|it| matches!(it, Framed::Headers(_))).count()
}

#[test]
fn streams_are_framed_however_they_are_cut() {
    for (file, expected) in [
        (TONE_MP3, (AudioFormat::Mp3, 44_100, 2)),
        (TONE_AAC, (AudioFormat::Aac, 44_100, 2)),
        (ONE_OPUS, (AudioFormat::OggOpus, 48_000, 2)),
        (ONE_OGG, (AudioFormat::OggVorbis, 44_100, 2)),
    ] {
        let whole = framed(&[file], file.len()).unwrap();
        assert_eq!(info(&whole), expected);
        assert!((0.95..1.15).contains(&seconds(&whole)), "{expected:?} {}", seconds(&whole));
        for step in [1, 2, 3, 61, 417, 418, 1_000] {
            assert_eq!(framed(&[file], step).unwrap(), whole, "{expected:?} {step}");
        }
    }
}

#[test]
fn streams_that_are_cut_anywhere_lose_the_last_frame_alone() {
    for file in [TONE_MP3, TONE_AAC, ONE_OPUS, ONE_OGG] {
        let whole = framed(&[file], file.len()).unwrap();
        let mut least = 0;
        for length in 0..file.len() {
            let part = framed(&[&file[..length]], length.max(1)).unwrap();
            assert!(whole.starts_with(&part) && part.len() >= least, "{length}");
            least = part.len();
        }
    }
}

#[test]
fn streams_are_framed_from_their_midst() {
    for (file, format) in [(TONE_MP3, AudioFormat::Mp3), (TONE_AAC, AudioFormat::Aac)] {
        let whole = framed(&[file], file.len()).unwrap();
        for start in (500..3_000).step_by(97) {
            let part = framed(&[&file[start..]], 100).unwrap();
            assert_eq!(info(&part).0, format);
            assert!(whole.ends_with(&part[1..]) && seconds(&part) > 0.3, "{start}");
        }
    }
}

#[test]
fn tags_and_tables_are_left_out_but_for_titles() {
    // FFmpeg writes a tag and a table of LAME before 40 frames.
    assert!(TONE_MP3.starts_with(b"ID3") && TONE_MP3.windows(4).any(|it| it == b"Info"));
    let tone = framed(&[TONE_MP3], 100).unwrap();
    assert!(sound(&tone).iter().all(|it| it.bytes.starts_with(&[0xff, 0xfb])));
    assert!(!sound(&tone).iter().any(|it| it.bytes.windows(4).any(|it| it == b"Info")));
    let count = sound(&tone).len();
    // As a program sends one file after the other, with tags of both kinds and a picture in one.
    let mut picture = b"ID3\x03\0\0\x00\x10\x00\x00".to_vec();
    picture.resize(10 + (0x10 << 14), 0xff);
    let old_tag = [b"TAG".as_slice(), &[b' '; 125]].concat();
    let twice =
        framed(&[&picture, TONE_MP3, &old_tag, TONE_MP3, &picture, TONE_MP3], 1_000).unwrap();
    assert_eq!((sound(&twice).len(), titles(&twice)), (3 * count, vec!["Ada - Tone"; 3]));
}

#[test]
fn garbage_between_frames_is_left_out() {
    let (one, two) = TONE_MP3.split_at(3_000);
    let garbage: Vec<u8> = (0..5_000_u32).map(|it| (it * 7 % 251) as u8).collect();
    for file in [[one, &garbage, two], [&garbage, one, two]] {
        let part = framed(&file, 100).unwrap();
        let whole = framed(&[TONE_MP3], 100).unwrap();
        assert!(sound(&part).len() + 2 >= sound(&whole).len());
    }
}

#[test]
fn garbage_alone_is_refused() {
    let mut seed = 1_u32;
    let mut noise = |length: usize| -> Vec<u8> {
        std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        })
        .take(length)
        .collect()
    };
    assert_eq!(error(&[&noise(2 * MAX_GARBAGE)]), AudioError::Unrecognised);
    assert_eq!(error(&[&vec![0; 2 * MAX_GARBAGE]]), AudioError::Unrecognised);
    assert_eq!(error(&[&vec![0xff; 2 * MAX_GARBAGE]]), AudioError::Unrecognised);
    for file in [TONE_MP3, TONE_AAC, ONE_OPUS, ONE_OGG] {
        let mut after = noise(2 * MAX_GARBAGE);
        after.retain(|it| *it != b'O');
        assert_eq!(error(&[file, &after]), AudioError::Unrecognised);
    }
    // Less than is refused is nothing yet.
    assert_eq!(framed(&[&noise(MAX_GARBAGE / 2)], 1), Ok(Vec::new()));
}

#[test]
fn foreign_formats_are_named() {
    for (start, format) in [
        (b"fLaC\0\0\0\x22\x10\0".as_slice(), ForeignFormat::Flac),
        (b"RIFF\x24\0\0\0WAVEfmt ", ForeignFormat::Wav),
        (b"\0\0\0\x20ftypM4A ", ForeignFormat::Mp4),
        (b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0", ForeignFormat::Matroska),
        (b"\x56\xe1\x23\x40\0\0\0\0\0\0", ForeignFormat::Loas),
        (b"<!DOCTYPE html>", ForeignFormat::Text),
    ] {
        let error = error(&[start, &[0; 400]]);
        assert_eq!(error, AudioError::Foreign(format));
        assert!(error.to_string().contains("MP3, AAC-LC (ADTS), Ogg Opus and Ogg Vorbis"));
    }
    let mut packets = vec![0; 3 * 188];
    for at in [0, 188, 376] {
        packets[at] = b'G';
    }
    let refused = framed(&[&packets], 1_000).unwrap_err();
    assert_eq!(refused, AudioError::Foreign(ForeignFormat::TransportStream));
    assert_eq!(error(&[LOW_AAC]), AudioError::HeAac);
}

#[test]
fn a_change_in_the_midst_is_refused_in_words() {
    let rate = AudioError::RateChanged { from: 44_100, to: 48_000 };
    let channels = AudioError::ChannelsChanged { from: 2, to: 1 };
    assert_eq!(error(&[TONE_MP3, RATE48_MP3]), rate);
    assert_eq!(error(&[TONE_MP3, MONO_MP3]), channels);
    assert_eq!(error(&[ONE_OPUS, MONO_OPUS]), channels);
    assert_eq!(error(&[ONE_OPUS, ONE_OGG]), AudioError::CodecChanged);
    assert_eq!(error(&[ONE_OGG, ONE_OPUS]), AudioError::CodecChanged);
    // Another profile of AAC, which is no part of what the sound is.
    let (mut other, mut at) = (TONE_AAC.to_vec(), 0);
    while let Some([0xff, _, profile, d, e, f]) = other.get_mut(at..at + 6) {
        *profile &= 0x3f;
        at += usize::from(*d & 3) << 11 | usize::from(*e) << 3 | usize::from(*f >> 5);
    }
    assert!(at > 3_000);
    assert_eq!(error(&[TONE_AAC, &other]), AudioError::AacProfile);
    // What came before is good.
    let (mut framer, mut framed) = (Framer::new(), Vec::new());
    let pushed = framer.push(&[TONE_MP3, RATE48_MP3].concat(), &mut framed);
    assert!(pushed.is_err() && seconds(&framed) > 0.95);
}

#[test]
fn a_chain_of_links_with_the_same_headers_becomes_one_link() {
    for (one, two, names) in
        [(ONE_OPUS, TWO_OPUS, ["Ada - One", "Björk - Two"]), (ONE_OGG, TWO_OGG, ["One", "Two"])]
    {
        let chain = framed(&[one, two, one], 333).unwrap();
        assert_eq!(headers(&chain), 1);
        assert_eq!(titles(&chain), [names[0], names[1], names[0]]);
        assert!((2.9..3.2).contains(&seconds(&chain)), "{}", seconds(&chain));
        // Another reader finds one logical stream without a hole in it.
        let mut stream = BytesMut::new();
        for part in &chain {
            match part {
                Framed::Headers(bytes) => stream.put_slice(bytes),
                Framed::Sound(frame) => stream.put_slice(&frame.bytes),
                _ => {}
            }
        }
        let (mut sequence, mut granule, mut serials) = (0, 0, Vec::new());
        let mut at = 0;
        while let Some(header) = stream.get(at..at + 27) {
            assert_eq!(&header[..4], b"OggS");
            assert_eq!(header[5] & 4, 0, "none is the last");
            assert_eq!(header[18..22], u32::to_le_bytes(sequence));
            serials.push(header[14..18].to_vec());
            let position = i64::from_le_bytes(header[6..14].try_into().unwrap());
            assert!(position >= granule);
            (sequence, granule) = (sequence + 1, position);
            let lacing = &stream[at + 27..at + 27 + usize::from(header[26])];
            at += 27 + lacing.len() + lacing.iter().map(|it| usize::from(*it)).sum::<usize>();
        }
        serials.dedup();
        assert_eq!((at, serials.len()), (stream.len(), 1));
        assert!(sequence > 10);
        let again = framed(&[&stream], 1_000).unwrap();
        assert_eq!(sound(&again), sound(&chain));
    }
}

/// The serial and the sequence number of a page.
fn numbers(page: &[u8]) -> (u32, u32) {
    let four = |at: usize| u32::from_le_bytes(page[at..at + 4].try_into().unwrap());
    (four(14), four(18))
}

#[test]
fn a_source_that_comes_back_goes_on_in_the_same_stream() {
    let (mut first, mut heard) = (Framer::new(), Vec::new());
    first.push(ONE_OPUS, &mut heard).unwrap();
    let (serial, sequence) = numbers(&sound(&heard).last().unwrap().bytes);
    // Known beforehand, as of one that comes onto a free stage.
    let (mut second, mut next) = (Framer::new(), Vec::new());
    assert!(!second.go_on_after(first.tail()));
    second.push(TWO_OPUS, &mut next).unwrap();
    assert_eq!((headers(&next), numbers(&sound(&next)[0].bytes)), (0, (serial, sequence + 1)));
    assert_eq!((info(&next).1, titles(&next)), (48_000, vec!["Björk - Two"]));
    // Known when it takes over.
    let (mut third, mut waited) = (Framer::new(), Vec::new());
    let (waits, rest) = TWO_OPUS.split_at(3_000);
    third.push(waits, &mut waited).unwrap();
    assert!(third.go_on_after(first.tail()));
    let mut next = Vec::new();
    third.push(rest, &mut next).unwrap();
    assert_eq!(numbers(&sound(&next)[0].bytes), (serial, sequence + 1));
    // Another codec, and what has no pages.
    let mut other = Framer::new();
    let mut next = Vec::new();
    other.go_on_after(first.tail());
    other.push(ONE_OGG, &mut next).unwrap();
    assert_eq!((headers(&next), other.go_on_after(first.tail())), (1, false));
    let mut mp3 = Framer::new();
    mp3.push(TONE_MP3, &mut Vec::new()).unwrap();
    assert!(!mp3.go_on_after(first.tail()) && !mp3.go_on_after(mp3.tail()));
}

#[test]
fn a_link_with_other_codebooks_brings_its_headers() {
    let chain = framed(&[ONE_OGG, OTHER_OGG], 333).unwrap();
    assert_eq!(headers(&chain), 2);
    assert!((1.4..1.6).contains(&seconds(&chain)), "{}", seconds(&chain));
}

#[test]
fn a_broken_page_is_left_out() {
    let mut broken = ONE_OPUS.to_vec();
    let middle = broken.len() / 2;
    broken[middle] ^= 1;
    let (part, whole) = (framed(&[&broken], 100).unwrap(), framed(&[ONE_OPUS], 100).unwrap());
    assert_eq!(sound(&part).len() + 1, sound(&whole).len());
    // Its time passes all the same.
    assert_eq!(seconds(&part), seconds(&whole));
}

#[test]
fn ogg_from_its_midst_is_no_stream() {
    let start = ONE_OPUS.windows(4).rposition(|it| it == b"OggS").unwrap();
    assert_eq!(framed(&[&ONE_OPUS[start..]], 100), Ok(Vec::new()));
    let many = ONE_OPUS[start..].repeat(2 * MAX_GARBAGE / (ONE_OPUS.len() - start) + 1);
    assert_eq!(error(&[&many]), AudioError::Unrecognised);
}

/// The pages of a file, changed.
fn repaged(file: &[u8], mut change: impl FnMut(usize, &mut Page)) -> BytesMut {
    let (mut at, mut number, mut out) = (0, 0, BytesMut::new());
    while let PageStart::Page(mut page, length) = Page::read(&file[at..]) {
        change(number, &mut page);
        page.write(u32::try_from(number).unwrap(), &mut out);
        (at, number) = (at + length, number + 1);
    }
    out
}

#[test]
fn a_page_lasts_as_long_as_its_packets_whatever_its_position_is() {
    for (file, rate) in [(ONE_OPUS, 48_000), (ONE_OGG, 44_100)] {
        let whole = framed(&[file], 100).unwrap();
        let lengths =
            |framed: &[Framed]| -> Vec<u32> { sound(framed).iter().map(|it| it.samples).collect() };
        let middle = lengths(&whole).len() / 2 + 2;
        let moved = |by: u64, from: usize| {
            let moved = repaged(file, |number, page| {
                if number >= from
                    && let Some(granule) = &mut page.granule
                    && *granule > 0
                {
                    *granule += by * rate;
                }
            });
            framed(&[&moved], 100).unwrap()
        };
        // Relayed from its midst; a jump.
        for (by, from) in [(50, 0), (100_000, 0), (40, middle), (100_000, middle)] {
            assert_eq!(lengths(&moved(by, from)), lengths(&whole), "{by} {from}");
        }
        // Positions that stand still, or that there aren't.
        for granule in [Some(960), None] {
            let still = repaged(file, |_, page| {
                if page.granule.is_some_and(|it| it > 0) {
                    page.granule = granule;
                }
            });
            let still = framed(&[&still], 100).unwrap();
            assert_eq!(seconds(&still), seconds(&whole), "{granule:?}");
        }
    }
}

#[test]
fn a_page_now_and_then_makes_little_garbage_good() {
    let garbage: Vec<u8> = b"OggS\0".iter().copied().cycle().take(MAX_GARBAGE / 4).collect();
    let mut stream = ONE_OPUS.to_vec();
    let start = ONE_OPUS.windows(4).rposition(|it| it == b"OggS").unwrap();
    for _ in 0..8 {
        stream.extend_from_slice(&garbage);
        stream.extend_from_slice(&ONE_OPUS[start..]);
    }
    assert_eq!(error(&[&stream]), AudioError::Unrecognised);
}

#[test]
fn links_that_begin_anew_without_end_are_refused() {
    let mut links = Vec::new();
    for gain in 0..100 {
        let link = repaged(ONE_OPUS, |_, page| {
            if page.first {
                page.body[16] = gain;
            }
        });
        links.extend_from_slice(&link);
    }
    assert_eq!(error(&[&links]), AudioError::TooManyLinks);
}
