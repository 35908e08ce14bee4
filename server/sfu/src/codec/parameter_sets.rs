//! Parameter sets of H.264 (RFC 6184 §8.1), inserted before keyframes that come without them: who
//! joins later can't decode otherwise.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::codec::h264::{Unit, nal, units_begun};
use crate::rtp::numbers::{ExtSeq, Ssrc};

/// Parameter sets that are kept: one SPS, and some PPS.
const MAX_SETS: usize = 4;

/// Longest set that is kept; a longer one doesn't fit into a packet.
const MAX_SET_BYTES: usize = 1_000;

/// Insertions that are remembered, for late packets.
const MAX_INSERTIONS: usize = 16;

/// Parameter sets, the SPS first.
pub(crate) type Sets = Vec<Arc<[u8]>>;

/// Parameter sets of one stream, and the numbering of its packets: inserted packets have numbers of
/// their own.
#[derive(Default)]
pub(crate) struct ParameterSets {
    ssrc: Option<Ssrc>,
    sets: Sets,
    /// Timestamps of the last frames that came with a set, and before which one was inserted.
    received_with: Option<u32>,
    inserted_for: Option<u32>,
    newest: Option<ExtSeq>,
    /// Sequence number before which packets were inserted, and how many; newest last.
    insertions: VecDeque<(ExtSeq, u64)>,
    /// Packets inserted so far.
    total: u64,
    /// Lower bound of the sequence numbers whose shift is still known.
    forgotten: Option<ExtSeq>,
    /// Keyframes come without sets, and none are known.
    pub(crate) unknown: bool,
}

/// Place of a packet in the renumbered stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    /// Its own number.
    pub(crate) sequence: ExtSeq,
    /// Sets to insert before it, and the number of the first.
    pub(crate) before: Option<(Sets, ExtSeq)>,
}

/// The parts of a packet that matter here.
pub(crate) struct H264Packet<'p> {
    pub(crate) sequence: ExtSeq,
    pub(crate) timestamp: u32,
    pub(crate) payload: &'p [u8],
}

impl ParameterSets {
    /// True if the stream of that source has begun; see [`ParameterSets::begin`].
    pub(crate) fn is_of(&self, ssrc: Ssrc) -> bool {
        self.ssrc == Some(ssrc)
    }

    /// Begins the stream of another source, with the sets of its offer. Numbers go on where they
    /// were, so that none ever stands for two packets.
    pub(crate) fn begin(&mut self, ssrc: Ssrc, first: ExtSeq, sets: Sets) {
        let forgotten = self.ssrc.is_some().then_some(first);
        let total = self.total;
        *self =
            ParameterSets { ssrc: Some(ssrc), sets, total, forgotten, ..ParameterSets::default() };
    }

    /// Places a packet; [`None`] if it comes too late to have a place.
    pub(crate) fn place(&mut self, packet: &H264Packet<'_>) -> Option<Placement> {
        let H264Packet { sequence, timestamp, .. } = *packet;
        let mut keyframe = false;
        for Unit { kind, bytes, whole } in units_begun(packet.payload) {
            match kind {
                nal::SEQUENCE_PARAMETER_SET | nal::PICTURE_PARAMETER_SET if whole => {
                    self.received_with = Some(timestamp);
                    self.unknown = false;
                    self.learn(kind, bytes);
                }
                nal::IDR => keyframe = true,
                _ => {}
            }
        }
        let newest = self.newest.is_none_or(|newest| sequence > newest);
        let needs = keyframe
            && self.received_with != Some(timestamp)
            && self.inserted_for != Some(timestamp);
        let mut before = None;
        if needs && newest {
            self.inserted_for = Some(timestamp);
            self.unknown = !self.sets.iter().any(|set| kind(set) == nal::SEQUENCE_PARAMETER_SET);
            if !self.unknown {
                before = Some((self.sets.clone(), sequence + self.total));
                self.put_in(sequence);
            }
        }
        if newest {
            self.newest = Some(sequence);
        }
        let sequence = sequence + self.shift(sequence)?;
        Some(Placement { sequence, before })
    }

    fn put_in(&mut self, at: ExtSeq) {
        if self.insertions.len() == MAX_INSERTIONS
            && let Some((at, _)) = self.insertions.pop_front()
        {
            self.forgotten = Some(at);
        }
        let count = self.sets.len() as u64;
        self.insertions.push_back((at, count));
        self.total += count;
    }

    /// Packets inserted before the given one.
    fn shift(&self, sequence: ExtSeq) -> Option<u64> {
        let later = self.insertions.iter().rev().take_while(|(at, _)| *at > sequence);
        let later: u64 = later.map(|(_, count)| count).sum();
        self.forgotten.is_none_or(|forgotten| sequence >= forgotten).then_some(self.total - later)
    }

    /// Keeps a set that came in band.
    fn learn(&mut self, kind: u8, set: &[u8]) {
        if self.sets.iter().any(|known| **known == *set) || set.len() > MAX_SET_BYTES {
            return;
        }
        if kind == nal::SEQUENCE_PARAMETER_SET {
            self.sets.clear();
        }
        if self.sets.len() < MAX_SETS {
            self.sets.push(set.into());
        }
    }
}

fn kind(set: &[u8]) -> u8 {
    set.first().map_or(0, |header| header & 0x1f)
}

/// Sets in an offer, by payload type (`sprop-parameter-sets`, RFC 6184 §8.1).
pub(crate) fn offered(offer: &str) -> Vec<(u8, Sets)> {
    let formats = offer.lines().filter_map(|line| {
        let (format, parameters) = line.strip_prefix("a=fmtp:")?.split_once(' ')?;
        let mut parameters = parameters.split(';').map(str::trim);
        let sets = parameters.find_map(|it| it.strip_prefix("sprop-parameter-sets="))?;
        let sets = sets.split(',').filter_map(base64);
        let sets = sets.filter(|set| set.len() <= MAX_SET_BYTES);
        let mut sets: Sets = sets.take(MAX_SETS).map(Arc::from).collect();
        sets.retain(|set| {
            matches!(kind(set), nal::SEQUENCE_PARAMETER_SET | nal::PICTURE_PARAMETER_SET)
        });
        sets.sort_by_key(|set| kind(set));
        Some((format.parse().ok()?, sets))
    });
    // More formats than that no offer has.
    formats.take(128).collect()
}

/// RFC 4648 §4.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').bytes().map(|digit| {
        Some(match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    });
    let digits: Vec<u8> = digits.collect::<Option<_>>()?;
    let bytes = digits.chunks(4).flat_map(|four| {
        let bits = four.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit));
        let bits = bits << (6 * (4 - four.len()) + 8);
        bits.to_be_bytes().into_iter().take(four.len() * 6 / 8)
    });
    Some(bytes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEQUENCE: &[u8] = &[0x67, 0x42, 0xc0, 0x1e];
    const PICTURE: &[u8] = &[0x68, 0xce, 0x3c, 0x80];
    const KEY: &[u8] = &[0x65, 0x88];
    const OTHER: &[u8] = &[0x41, 0x9a];

    fn place(parameters: &mut ParameterSets, sequence: u64, payload: &[u8]) -> Option<Placement> {
        let timestamp = (sequence / 10) as u32;
        parameters.place(&H264Packet { sequence: ExtSeq(sequence), timestamp, payload })
    }

    fn sets() -> Sets {
        vec![SEQUENCE.into(), PICTURE.into()]
    }

    fn at(sequence: u64) -> Option<Placement> {
        Some(Placement { sequence: ExtSeq(sequence), before: None })
    }

    #[test]
    fn offered_parameter_sets_are_read_by_format() {
        let offer = "a=rtpmap:96 H264/90000\r\n\
            a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAHg==,aM48gA==; x=y\r\n\
            a=fmtp:97 sprop-parameter-sets=?,aM48gA==\r\na=fmtp:98 sprop-sps=Zg==\r\n";
        assert_eq!(offered(offer), [(96, sets()), (97, vec![PICTURE.into()])]);
    }

    #[test]
    fn parameter_sets_are_inserted_before_bare_keyframes_and_late_packets_keep_numbers() {
        let mut parameters = ParameterSets::default();
        parameters.begin(Ssrc(1), ExtSeq(10), sets());
        let key = place(&mut parameters, 10, KEY).expect("a place");
        assert_eq!(key, Placement { sequence: ExtSeq(12), before: Some((sets(), ExtSeq(10))) });
        assert_eq!(place(&mut parameters, 11, KEY), at(13), "of the same picture");
        assert_eq!(place(&mut parameters, 18, OTHER), at(20));
        let key = place(&mut parameters, 20, KEY).expect("a place");
        assert_eq!(key, Placement { sequence: ExtSeq(24), before: Some((sets(), ExtSeq(22))) });
        assert_eq!(place(&mut parameters, 19, OTHER), at(21), "late");
        // With its own it needs none.
        assert_eq!(place(&mut parameters, 30, SEQUENCE), at(34));
        assert_eq!(place(&mut parameters, 31, KEY), at(35));
        // The numbers never go back, and what is too late to tell has none.
        parameters.begin(Ssrc(2), ExtSeq(100), Sets::new());
        assert_eq!(place(&mut parameters, 101, OTHER), at(105));
        assert_eq!(place(&mut parameters, 99, OTHER), None);
        for number in 2..40 {
            place(&mut parameters, number * 100, if number == 2 { SEQUENCE } else { KEY });
        }
        assert_eq!(place(&mut parameters, 250, OTHER), None);
    }

    #[test]
    fn parameter_sets_in_band_are_inserted_later_and_missing_ones_are_reported() {
        let mut parameters = ParameterSets::default();
        parameters.begin(Ssrc(1), ExtSeq(10), Sets::new());
        assert_eq!(place(&mut parameters, 10, KEY), at(10));
        assert!(parameters.unknown);
        let aggregate = [&[0x78, 0, 4], SEQUENCE, &[0, 4], PICTURE, &[0, 2], KEY].concat();
        assert_eq!(place(&mut parameters, 20, &aggregate), at(20));
        assert!(!parameters.unknown);
        let key = place(&mut parameters, 30, &[0x7c, 0x85, 0x88]).expect("a place");
        assert_eq!(key, Placement { sequence: ExtSeq(32), before: Some((sets(), ExtSeq(30))) });
    }
}
