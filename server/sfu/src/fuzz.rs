//! Parsers of untrusted input, as functions of any bytes: they may refuse them, but neither panic
//! nor break what is asserted here.
//!
//! The targets in the folder `fuzz` call these; the test replays the corpora that are kept there.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Instant;

use str0m::change::SdpOffer;
use str0m::crypto::dtls::SrtpProfile;
use str0m::crypto::from_feature_flags;
use str0m::format::Codec;

use crate::codec::dependency_descriptor::{DependencyDescriptor, Templates};
use crate::codec::h264;
use crate::codec::keyframe::begins_keyframe;
use crate::codec::parameter_sets::{self, H264Packet, ParameterSets};
use crate::codec::vp8::{Vp8Picture, vp8_height};
use crate::codec::vp9;
use crate::config::SfuLimits;
use crate::core::IceRestart;
use crate::error::OfferError;
use crate::event::SessionRole;
use crate::ice::credentials::IceCredentials;
use crate::ice::demultiplexer::{DatagramKind, Demultiplexer};
use crate::ids::PeerKey;
use crate::rtcp::{self, RtcpMessage};
use crate::rtp::numbers::ExtSeq;
use crate::rtp::packet::Packet;
use crate::rtp::packet_cache::{PacketCache, Stored};
use crate::sdp::fragment::SdpFragment;
use crate::sdp::{answer, offer};
use crate::srtp::RtcpOpener;
use crate::srtp::keys::SrtpKeys;

/// Demultiplexes datagrams, each behind its length and the last byte of its source. The peer's
/// password is `right`; without it, an address never gets anywhere.
#[allow(clippy::missing_panics_doc, reason = "that is what it is for")]
#[allow(clippy::disallowed_methods, reason = "any starting point will do")]
pub fn demultiplex(bytes: &[u8]) {
    let crypto = from_feature_flags();
    let mut demultiplexer = Demultiplexer::new(2);
    demultiplexer.register(PeerKey(1), "one", "right", Vec::new());
    let now = Instant::now();
    let mut validated = HashSet::new();
    let mut rest = bytes;
    while let [high, low, host, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (datagram, next) = after.split_at(length);
        rest = next;
        let source = SocketAddr::from(([192, 0, 2, *host], 9));
        match demultiplexer.route(now, source, datagram, &crypto) {
            Ok((PeerKey(1), DatagramKind::Check { answer, .. })) => {
                assert!(answer.len() <= datagram.len(), "nobody is made an amplifier");
                validated.insert(source);
            }
            Ok(other) => assert!(other.0 == PeerKey(1) && validated.contains(&source)),
            Err(_) => {}
        }
    }
}

/// Reads RTCP of a subscriber, decrypted.
#[allow(clippy::missing_panics_doc, reason = "that is what it is for")]
pub fn feedback(bytes: &[u8]) {
    let mut messages = 0;
    rtcp::read(bytes, |message| {
        messages += 1;
        match message {
            RtcpMessage::Nack(nack) => assert!(nack.missing().count() <= bytes.len() / 4 * 17),
            RtcpMessage::TransportFeedback(feedback) => {
                assert!(feedback.arrivals().count() <= 8_192)
            }
            RtcpMessage::Reception(_)
            | RtcpMessage::KeyframeRequest { .. }
            | RtcpMessage::BandwidthBound(_)
            | RtcpMessage::ReferenceTime(_) => {}
        }
    });
    assert!(messages <= bytes.len() / 8);
}

/// Opens SRTCP of a subscriber, behind a byte that chooses the cipher. The keys are zeroes.
#[allow(clippy::missing_panics_doc, reason = "that is what it is for")]
pub fn srtcp(bytes: &[u8]) {
    let Some((cipher, packet)) = bytes.split_first() else {
        return;
    };
    let profile = match cipher % 3 {
        0 => SrtpProfile::AES128_CM_SHA1_80,
        1 => SrtpProfile::AEAD_AES_128_GCM,
        _ => SrtpProfile::AEAD_AES_256_GCM,
    };
    let keys = SrtpKeys { profile, material: vec![0; 88], client: false };
    let Ok(mut opener) = RtcpOpener::new(&keys, &from_feature_flags()) else {
        return;
    };
    let mut opened = Vec::new();
    if opener.open_rtcp(packet, &mut opened) {
        assert!(opened.len() < packet.len());
        assert!(!opener.open_rtcp(packet, &mut opened), "it came before");
    }
}

/// Video packets in any order: each is a step from the number before (two bytes, signed), flags and
/// a length.
#[allow(clippy::missing_panics_doc, reason = "that is what it is for")]
#[allow(clippy::disallowed_methods, reason = "any starting point will do")]
pub fn packet_cache(bytes: &[u8]) {
    let now = Instant::now();
    let limits =
        SfuLimits { max_cached_packets: 64, max_cached_bytes: 2_000, ..SfuLimits::default() };
    let mut cache = PacketCache::new(&limits);
    let mut sequence: u64 = 65_530;
    for step in bytes.chunks_exact(4) {
        let [high, low, flags, length] = *step else {
            return;
        };
        sequence = sequence.saturating_add_signed(i16::from_be_bytes([high, low]).into());
        let stored = cache.store(&Packet {
            timestamp: u32::from(flags >> 1) * 3_000,
            payload: vec![0; length.into()].into(),
            keyframe: flags & 1 != 0,
            ..Packet::sample(1, sequence, now)
        });
        assert!(stored != Stored::Keyframe || flags & 1 != 0);
        if let Some(start) = cache.start(now) {
            assert!(cache.get(start).is_some_and(|packet| packet.keyframe));
        }
    }
    let end = cache.end();
    let kept = end.saturating_sub(20_000).until(end).filter_map(|number| {
        let packet = cache.get(number)?;
        assert_eq!(packet.sequence, number);
        Some(packet.payload.len())
    });
    assert!(kept.sum::<usize>() <= limits.max_cached_bytes);
}

/// Reads the payload of a video packet behind a byte that chooses the codec.
#[allow(clippy::missing_panics_doc, reason = "that is what it is for")]
pub fn keyframe(bytes: &[u8]) {
    let Some((codec, payload)) = bytes.split_first() else {
        return;
    };
    let codecs = [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];
    begins_keyframe(codecs[usize::from(*codec) % codecs.len()], payload);
    vp8_height(payload);
    if let Some(structure) = vp9::read(payload).and_then(|part| part.structure) {
        assert!((1..=8).contains(&structure.count));
    }
    h264::height(payload);
    h264::has_b_slice(payload);
    let mut parameters = ParameterSets::default();
    for number in 1..4 {
        let timestamp = number as u32;
        let sequence = ExtSeq(number);
        let arriving = H264Packet { sequence, timestamp, payload };
        let place = parameters.place(&arriving).expect("in order");
        assert!(place.sequence >= sequence);
    }
    if let Some(picture) = Vp8Picture::of_vp8(payload) {
        let mut copy = payload.to_vec();
        picture.write(&mut copy);
        assert_eq!(copy, payload, "what is read is what is written");
    }
}

/// Header extensions of packets of AV1, each behind its length, as one stream has them.
#[allow(clippy::missing_panics_doc, reason = "that is what it is for")]
pub fn dependency_descriptor(bytes: &[u8]) {
    let mut templates = Templates::default();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first() {
        let (extension, next) = after.split_at(usize::from(*length).min(after.len()));
        rest = next;
        let Some(descriptor) = DependencyDescriptor::of(extension) else {
            continue;
        };
        let part = templates.read(&descriptor);
        assert!(part.layer < 4 && (!part.keyframe || part.structure.is_some()));
        let mut copy = descriptor.bytes().to_vec();
        DependencyDescriptor::write_frame(&mut copy, descriptor.frame());
        assert_eq!(copy, extension, "what is read is what is written");
    }
}

/// Reads an offer, and finishes it as if it were an answer.
#[allow(clippy::missing_panics_doc, reason = "that is what it is for")]
pub fn offer(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let limits = SfuLimits::default();
    for role in [SessionRole::Publisher, SessionRole::Subscriber] {
        assert!(parameter_sets::offered(&text).len() <= 128);
        let Ok(prepared) = offer::prepare(&text, role, &limits) else {
            continue;
        };
        answer::finish(&text, &prepared, role);
        assert!(!prepared.text.contains("\na=candidate:"));
        match offer::prepare(&prepared.text, role, &limits) {
            Ok(again) => assert_eq!(again.text, prepared.text),
            // Line feeds got their carriage returns, and m-lines their names.
            Err(OfferError::TooLong) => assert!(prepared.text.len() > text.len()),
            Err(other) => panic!("{other}"),
        }
        let _ = SdpOffer::from_sdp_string(&prepared.text);
    }
}

/// Reads an SDP fragment of trickle ICE.
#[allow(clippy::missing_panics_doc, reason = "that is what it is for")]
pub fn fragment(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let venue = IceRestart {
        credentials: IceCredentials { ufrag: "mine".into(), password: "secret".into() },
        candidates: vec!["candidate:1 1 udp 1 192.0.2.2 9 typ host".into()],
    };
    if let Ok(fragment) = SdpFragment::read(&text) {
        let answer = fragment.answer(&venue);
        let lines = answer.split("\r\n").filter(|line| !line.is_empty());
        assert!(lines.clone().count() <= 9, "no more than is known of the bundle and of the venue");
        assert!(lines.clone().all(|line| line.starts_with("a=") || line.starts_with("m=")));
        assert_eq!(lines.filter(|line| line.starts_with("a=ice-ufrag:")).count(), 1);
    }
}
