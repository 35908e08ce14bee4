//! The packets of one video track since its last keyframe, for newcomers.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::config::Limits;
use crate::keyframe::begins_keyframe;
use crate::packet::Packet;

/// Kept while there is no keyframe: when the first packet of one comes late, those of its
/// followers that came before it must still be here.
const LOOSE_PACKETS: u64 = 64;

/// Farther away than this, a sequence number is not a late or early packet but another count.
const MAX_JUMP: u64 = 8_192;

/// What a packet did to the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// It is in its place.
    Kept,
    /// It is in its place, and a new keyframe begins with it.
    Keyframe,
    /// It was too old to be kept; newcomers don't need it.
    Ignored,
}

/// Packets by sequence number, with gaps where they have not come (yet).
///
/// Invariant: `slots[i]` holds sequence number `first + i`; `anchor`, if any, is in
/// `first..first + slots.len()` and its slot is filled.
pub(crate) struct KeyframeCache {
    slots: VecDeque<Option<Packet>>,
    first: u64,
    anchor: Option<Anchor>,
    bytes: usize,
    max_packets: usize,
    max_bytes: usize,
    max_age: Duration,
}

#[derive(Clone, Copy)]
struct Anchor {
    sequence: u64,
    timestamp: u32,
    arrival: Instant,
}

impl KeyframeCache {
    /// An empty cache.
    pub(crate) fn new(limits: &Limits) -> Self {
        KeyframeCache {
            slots: VecDeque::new(),
            first: 0,
            anchor: None,
            bytes: 0,
            max_packets: limits.max_cached_packets,
            max_bytes: limits.max_cached_bytes,
            max_age: limits.max_cached_age,
        }
    }

    /// Forgets everything; the next packet may have any sequence number.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
        self.bytes = 0;
        self.anchor = None;
    }

    /// Puts a packet in its place.
    pub(crate) fn store(&mut self, packet: &Packet) -> Stored {
        if self.slots.is_empty() {
            self.first = packet.sequence;
        } else if packet.sequence.abs_diff(self.end()) > MAX_JUMP {
            self.clear();
            self.first = packet.sequence;
        }
        // The first packets of a stream may come in the wrong order, too.
        while self.anchor.is_none() && packet.sequence < self.first && self.slots.len() < 64 {
            self.slots.push_front(None);
            self.first -= 1;
        }
        let Some(offset) = packet.sequence.checked_sub(self.first) else {
            return Stored::Ignored;
        };
        while self.end() <= packet.sequence {
            self.slots.push_back(None);
        }
        let Some(slot) = self
            .slots
            .get_mut(usize::try_from(offset).unwrap_or(usize::MAX))
        else {
            return Stored::Ignored;
        };
        if slot.is_none() {
            self.bytes += packet.payload.len();
            *slot = Some(packet.clone());
        }
        let begins = begins_keyframe(packet.codec.spec().codec, &packet.payload)
            && self
                .anchor
                .is_none_or(|a| match a.timestamp == packet.timestamp {
                    // Of one keyframe, the first packet counts, even if it comes later.
                    true => packet.sequence < a.sequence,
                    false => packet.sequence > a.sequence,
                });
        if begins {
            self.anchor = Some(Anchor {
                sequence: packet.sequence,
                timestamp: packet.timestamp,
                arrival: packet.arrival,
            });
            self.drop_before(packet.sequence);
        }
        self.keep_bounds(packet.arrival);
        if begins {
            Stored::Keyframe
        } else {
            Stored::Kept
        }
    }

    /// Where a newcomer starts: the sequence number the last keyframe begins with.
    pub(crate) fn start(&self, now: Instant) -> Option<u64> {
        self.anchor
            .filter(|a| now.saturating_duration_since(a.arrival) <= self.max_age)
            .map(|a| a.sequence)
    }

    /// The number after the highest seen.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.slots.len() as u64
    }

    /// The packet of that number, if it is here.
    pub(crate) fn get(&self, sequence: u64) -> Option<&Packet> {
        let offset = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        self.slots.get(offset)?.as_ref()
    }

    fn drop_before(&mut self, sequence: u64) {
        while self.first < sequence {
            let Some(slot) = self.slots.pop_front() else {
                return;
            };
            self.bytes -= slot.map_or(0, |p| p.payload.len());
            self.first += 1;
        }
    }

    /// Too long a run from the keyframe is of no use to a newcomer: what stays is only what a late
    /// first packet could need.
    fn keep_bounds(&mut self, now: Instant) {
        let outlived = |a: &Anchor| now.saturating_duration_since(a.arrival) > self.max_age;
        if self.slots.len() > self.max_packets
            || self.bytes > self.max_bytes
            || self.anchor.as_ref().is_some_and(outlived)
        {
            self.anchor = None;
        }
        if self.anchor.is_none() {
            self.drop_before(self.end().saturating_sub(LOOSE_PACKETS));
        }
    }
}

#[cfg(test)]
mod tests {
    use str0m::format::{Codec, CodecSpec, FormatParams, PayloadParams};
    use str0m::media::Frequency;

    use super::*;
    use crate::packet::EndToEnd;

    const START: u64 = 65_530;

    /// Stores VP8 packets at the given numbers, ten to a frame; those of `keyframes` begin one.
    fn stored(cache: &mut KeyframeCache, now: Instant, numbers: &[u64], keyframes: &[u64]) {
        for number in numbers {
            let spec = CodecSpec {
                codec: Codec::Vp8,
                clock_rate: Frequency::NINETY_KHZ,
                channels: None,
                format: FormatParams::default(),
            };
            let begins = keyframes.contains(number);
            let payload: [u8; 2] = if begins { [0x10, 0] } else { [0, 0] };
            let stored = cache.store(&Packet {
                sequence: START + number,
                timestamp: u32::try_from(number / 10 * 3_000).expect("small"),
                marker: false,
                source: 1,
                payload: payload.into(),
                codec: PayloadParams::new(96.into(), None, spec),
                arrival: now,
                captured: now,
                extensions: EndToEnd::default(),
            });
            assert_eq!(stored == Stored::Keyframe, begins, "{number}");
        }
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn a_run_begins_with_its_keyframe_and_ends_when_too_long() {
        let limits = Limits {
            max_cached_packets: 200,
            ..Limits::default()
        };
        let now = Instant::now();
        let mut cache = KeyframeCache::new(&limits);
        stored(&mut cache, now, &[3, 5, 4], &[]);
        assert_eq!(cache.start(now), None);
        // The first packet of the keyframe comes after its followers.
        stored(&mut cache, now, &[12, 11, 10], &[10]);
        assert_eq!(cache.start(now), Some(START + 10));
        assert!(cache.get(START + 12).is_some() && cache.get(START + 5).is_none());
        assert_eq!(cache.end(), START + 13);
        // A late packet from before is no longer wanted; a gap is filled when it comes.
        stored(&mut cache, now, &[6, 15, 14], &[]);
        assert!(cache.get(START + 13).is_none());
        stored(&mut cache, now, &[13], &[]);
        assert!(cache.get(START + 13).is_some());
        stored(&mut cache, now, &[20], &[20]);
        assert_eq!(cache.start(now), Some(START + 20));
        assert_eq!(cache.start(now + limits.max_cached_age * 2), None);
        let long: Vec<u64> = (21..230).collect();
        stored(&mut cache, now, &long, &[]);
        assert_eq!(cache.start(now), None);
        stored(&mut cache, now, &[230], &[230]);
        assert_eq!(cache.start(now), Some(START + 230));
    }
}
