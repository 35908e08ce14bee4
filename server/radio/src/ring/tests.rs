//! Tests of the ring.

use super::*;
use crate::AudioFormat;

const INFO: AudioInfo = AudioInfo { format: AudioFormat::Mp3, rate: 1_000, channels: 2 };

/// A ring of pieces of a second, each of two frames whose bytes are its number.
fn ring(limits: RingLimits, seconds: u8) -> AudioRing {
    let mut ring = AudioRing::new(INFO, limits);
    fill(&mut ring, 0..seconds);
    ring
}

fn fill(ring: &mut AudioRing, seconds: std::ops::Range<u8>) {
    for second in seconds {
        assert!(!ring.append(&frame(second, true)));
        assert!(ring.append(&frame(second, true)));
    }
}

fn frame(number: u8, is_entry: bool) -> Framed {
    let bytes = Bytes::from(vec![number; 50]);
    Framed::Sound(SoundFrame { bytes, samples: 500, is_entry })
}

fn limits() -> RingLimits {
    let (piece, history) = (Duration::from_secs(1), Duration::from_secs(10));
    RingLimits { piece, history, max_bytes: 100_000 }
}

fn next(ring: &AudioRing, cursor: &mut RingCursor) -> Option<u8> {
    match ring.read(cursor) {
        RingRead::Piece(piece) => {
            assert_eq!(piece.bytes.len(), 100);
            Some(piece.bytes[0])
        }
        RingRead::Pending | RingRead::Ended => None,
    }
}

#[test]
fn newcomers_get_a_burst_in_seconds() {
    let ring = ring(limits(), 20);
    for (burst, first) in [(4_000, Some(16)), (4_999, Some(16)), (1_000, Some(19)), (999, None)] {
        let mut cursor = ring.join(Duration::from_millis(burst));
        assert_eq!(next(&ring, &mut cursor), first, "{burst}");
    }
    let mut all = ring.join(Duration::from_secs(3_600));
    assert_eq!(next(&ring, &mut all), Some(9));
    assert_eq!(ring.lag(&all), Duration::from_secs(10));
    assert_eq!(ring.length(), Duration::from_secs(20));
    assert_eq!(ring.bits_per_second(), 800);
    let mut empty = AudioRing::new(INFO, limits());
    let mut early = empty.join(Duration::from_secs(4));
    assert_eq!(empty.read(&mut early), RingRead::Pending);
    fill(&mut empty, 0..1);
    assert_eq!(next(&empty, &mut early), Some(0));
}

#[test]
fn who_lags_is_skipped_ahead_to_their_burst() {
    let mut ring = ring(limits(), 5);
    let mut cursor = ring.join(Duration::from_secs(2));
    assert_eq!(next(&ring, &mut cursor), Some(3));
    fill(&mut ring, 5..14);
    assert_eq!((next(&ring, &mut cursor), cursor.skips()), (Some(4), 0));
    fill(&mut ring, 14..40);
    assert_eq!((next(&ring, &mut cursor), cursor.skips()), (Some(38), 1));
    assert!(ring.pieces.len() <= 11);
}

#[test]
fn a_ring_is_bounded_in_bytes_too() {
    let piece = 100 + PIECE_COST;
    let ring = ring(RingLimits { max_bytes: 3 * piece + 50, ..limits() }, 20);
    assert_eq!((ring.pieces.len(), ring.kept, ring.sound), (3, 3 * piece, 300));
    let mut cursor = ring.join(Duration::from_secs(3_600));
    assert_eq!(next(&ring, &mut cursor), Some(17));
}

#[test]
fn headers_titles_and_pieces_without_time_count_too() {
    let mut ring = AudioRing::new(INFO, RingLimits { max_bytes: 1_000_000, ..limits() });
    let page = Framed::Sound(SoundFrame {
        bytes: Bytes::from_static(b"page"),
        samples: 0,
        is_entry: true,
    });
    for link in 0..100 {
        ring.append(&Framed::Headers(Bytes::from(vec![link; 100_000])));
        for title in 0..3 {
            ring.append(&Framed::Title(Title::new(&format!("{link} {title}"))));
            ring.append(&page);
        }
    }
    let mut links: Vec<_> = ring.pieces.iter().map(|it| it.link).collect();
    links.dedup();
    assert!((1..=9).contains(&links.len()) && ring.kept <= 1_000_000, "{links:?}");
    for title in 0..100_000 {
        ring.append(&Framed::Title(Title::new(&format!("{title}"))));
        ring.append(&page);
    }
    assert!(ring.pieces.len() <= 1_000_000 / PIECE_COST && ring.kept <= 1_000_000);
    while !ring.pieces.is_empty() {
        ring.drop_oldest();
    }
    assert_eq!((ring.kept, ring.sound), (0, 0));
}

#[test]
fn titles_are_heard_with_the_sound_they_belong_to() {
    let mut ring = ring(limits(), 1);
    ring.append(&frame(1, true));
    assert!(ring.set_title(Title::new("Song")));
    assert!(!ring.set_title(Title::new("Song")));
    fill(&mut ring, 2..3);
    let mut cursor = ring.join(Duration::from_secs(9));
    let mut heard = Vec::new();
    while let RingRead::Piece(piece) = ring.read(&mut cursor) {
        heard.push((piece.bytes[0], piece.title.to_string()));
    }
    let expected = [(0, ""), (1, ""), (2, "Song")];
    assert_eq!(heard, expected.map(|(number, title)| (number, title.to_owned())));
}

#[test]
fn headers_go_before_the_first_piece_and_each_new_link() {
    let mut ring = AudioRing::new(INFO, limits());
    ring.append(&Framed::Headers(Bytes::from_static(b"one")));
    fill(&mut ring, 0..2);
    ring.append(&Framed::Headers(Bytes::from_static(b"two")));
    fill(&mut ring, 2..4);
    let mut cursor = ring.join(Duration::from_secs(3));
    let mut headers = Vec::new();
    while let RingRead::Piece(piece) = ring.read(&mut cursor) {
        headers.push(piece.headers);
    }
    assert_eq!(headers, [b"one".as_slice(), b"two", b""]);
    let mut late = ring.join(Duration::from_secs(1));
    let RingRead::Piece(piece) = ring.read(&mut late) else { panic!() };
    assert_eq!((&piece.headers[..], piece.bytes[0]), (b"two".as_slice(), 3));
}

#[test]
fn nobody_begins_in_the_midst_of_a_packet() {
    let mut ring = ring(limits(), 2);
    for _ in 0..4 {
        ring.append(&frame(9, false));
    }
    let mut cursor = ring.join(Duration::from_secs(2));
    assert_eq!(next(&ring, &mut cursor), None);
    let mut cursor = ring.join(Duration::from_secs(3));
    assert_eq!(next(&ring, &mut cursor), Some(1));
}

#[test]
fn the_end_is_heard_after_the_rest() {
    let mut ring = ring(limits(), 1);
    let mut cursor = ring.join(Duration::from_secs(1));
    ring.append(&Framed::Sound(SoundFrame {
        bytes: Bytes::from_static(b"x"),
        samples: 1,
        is_entry: true,
    }));
    ring.end();
    assert_eq!(next(&ring, &mut cursor), Some(0));
    let RingRead::Piece(rest) = ring.read(&mut cursor) else { panic!() };
    assert_eq!(&rest.bytes[..], b"x");
    assert_eq!(ring.read(&mut cursor), RingRead::Ended);
}
