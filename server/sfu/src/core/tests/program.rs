//! A publisher like OBS: H.264 alone, without repair streams. It answers NACKs under the same
//! numbers, and ignores keyframe requests.

use std::collections::HashMap;
use std::time::Instant;

use str0m::format::{Codec, CodecConfig, FormatParams};
use str0m::media::Frequency;
use str0m::rtp::rtcp::Nack;

/// Names of a packet: its stream and its number (RFC 3550 §5.1).
pub(super) type Name = (u32, u16);

/// What it keeps of what it sent, and what it was asked for.
#[derive(Default)]
pub(super) struct Program {
    sent: HashMap<Name, Vec<u8>>,
    /// Its keyframes come without their parameters.
    pub(super) bare: bool,
    pub(super) asked: Vec<(Name, Instant)>,
}

impl Program {
    /// The formats in its offer.
    pub(super) fn set_codecs(config: &mut CodecConfig) {
        config.clear();
        config.enable_opus(true, false);
        let format = FormatParams {
            level_asymmetry_allowed: Some(true),
            packetization_mode: Some(1),
            profile_level_id: Some(0x42e01f),
            ..FormatParams::default()
        };
        config.add_config(96.into(), None, Codec::H264, Frequency::NINETY_KHZ, None, format);
    }

    pub(super) fn keep(&mut self, datagram: &[u8]) {
        if let Some(name) = name(datagram) {
            self.sent.insert(name, datagram.to_vec());
        }
    }

    /// What a request asks for.
    pub(super) fn again(&mut self, now: Instant, nack: &Nack) -> Vec<Vec<u8>> {
        let pairs = nack.reports.clone().into_iter();
        let numbers = pairs.flat_map(|pair| {
            let after = (0..16).filter(move |bit| pair.blp >> bit & 1 == 1);
            std::iter::once(pair.pid).chain(after.map(move |bit| pair.pid.wrapping_add(bit + 1)))
        });
        let names: Vec<Name> = numbers.map(|number| (*nack.ssrc, number)).collect();
        self.asked.extend(names.iter().map(|name| (*name, now)));
        names.iter().filter_map(|name| self.sent.get(name).cloned()).collect()
    }
}

/// Of a media packet; RTCP and the rest have none.
pub(super) fn name(datagram: &[u8]) -> Option<Name> {
    // RTCP has the types of RFC 5761 §4.
    let media = (128..192).contains(datagram.first()?) && !(192..224).contains(datagram.get(1)?);
    let ssrc = datagram.get(8..12)?.try_into().ok()?;
    let number = datagram.get(2..4)?.try_into().ok()?;
    media.then(|| (u32::from_be_bytes(ssrc), u16::from_be_bytes(number)))
}
