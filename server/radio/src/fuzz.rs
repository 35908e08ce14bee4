//! Readers of untrusted input, as functions of any bytes: they may refuse them, but neither panic nor break
//! what is asserted here.
//!
//! The targets in the folder `fuzz` call these; the test replays the corpora that are kept there.

use bytes::Bytes;

use crate::{
    AudioRing, Framed, Framer, MAX_TITLE, RingLimits, RingRead,
    opus_packet::{MAX_PACKET, for_network},
    source::{BodyReader, MAX_HEAD, RequestHead, TitleUpdate},
};

/// Frames a stream that comes in steps of the first byte.
#[allow(clippy::missing_panics_doc, reason = "that is what it is for")]
pub fn radio_stream(bytes: &[u8]) {
    let Some((step, stream)) = bytes.split_first() else { return };
    let (mut framer, mut framed) = (Framer::new(), Vec::new());
    for part in stream.chunks(usize::from(*step) * 16 + 1) {
        if framer.push(part, &mut framed).is_err() {
            break;
        }
    }
    let mut packets = Vec::new();
    for_network(stream, &mut packets);
    for packet in &packets {
        assert!(!packet.payload.is_empty() && packet.payload.len() <= MAX_PACKET);
        assert!((120..=5_760).contains(&packet.samples));
    }
    let mut ring: Option<AudioRing> = None;
    for part in &framed {
        match (part, &mut ring) {
            (Framed::Began(info), None) => {
                assert!(matches!(info.channels, 1 | 2) && info.rate > 0);
                ring = Some(AudioRing::new(*info, RingLimits::default()));
            }
            (Framed::Began(_), Some(_)) => panic!("a stream begins once"),
            (_, None) => panic!("a stream begins with what it is"),
            (Framed::Title(title), Some(_)) => assert!(title.as_str().chars().count() <= MAX_TITLE),
            (part, Some(ring)) => {
                ring.append(part);
            }
        }
    }
    if let Some(ring) = &mut ring {
        ring.end();
        let mut cursor = ring.join(RingLimits::default().history);
        while let RingRead::Piece(piece) = ring.read(&mut cursor) {
            assert!(!piece.bytes.is_empty());
        }
    }
}

/// Reads the head of a request, its query and its body.
#[allow(clippy::missing_panics_doc, reason = "that is what it is for")]
pub fn radio_request(bytes: &[u8]) {
    let Ok(Some((head, length))) = RequestHead::parse(bytes) else { return };
    assert!(length <= bytes.len() && length <= MAX_HEAD);
    let _ = (head.credentials(), head.declared_type(), head.closes(), head.expects_continue());
    if let Some(Ok(update)) = head.query.as_deref().map(TitleUpdate::parse) {
        assert!(!update.title.as_str().chars().any(char::is_control));
    }
    let mut body = BodyReader::new(head.framing());
    let mut rest = Bytes::copy_from_slice(&bytes[length..]);
    let before = rest.len();
    let mut read = 0;
    while let Ok(Some(piece)) = body.read(&mut rest) {
        assert!(!piece.is_empty());
        read += piece.len();
    }
    assert!(read + rest.len() <= before);
}
