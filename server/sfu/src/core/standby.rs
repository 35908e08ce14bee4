//! A publisher on standby: one that is to take over a stage from another one. Its packets are held,
//! and reach nobody, until it can be shown from its first frame on.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use crate::config::{SfuLimits, SfuTimeouts};
use crate::ids::PeerKey;
use crate::rtp::numbers::ExtSeq;
use crate::rtp::packet::{ForwardedPacket, Packet, Source, TrackId};

/// Condition on which a standby publisher is ready to take over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TakeoverCondition {
    /// A complete keyframe; audio, where the offer has no video.
    #[default]
    Keyframe,
    /// Audio: its video comes later, if at all.
    Audio,
}

/// Time for repairs of a keyframe before another one is requested.
const REPAIR_TIMEOUT: Duration = Duration::from_millis(500);

/// Keyframes assembled at a time: one of each layer, and some that stayed incomplete.
const MAX_KEYFRAMES: usize = 8;

/// Other frames assembled at a time: the first packet of a keyframe may be the last to come.
const MAX_OTHER_FRAMES: usize = 32;

/// Searches for a gap in one keyframe. A publisher may number its packets so that each seems to
/// complete the keyframe; packets are counted at no cost, but searched only so often.
const MAX_SEARCHES: u8 = 64;

/// A standby publisher.
pub(crate) struct StandbyPublisher {
    pub(crate) peer: PeerKey,
    condition: TakeoverCondition,
    /// Its packets in the order in which they came.
    held: Vec<ForwardedPacket>,
    /// Payload bytes in `held`.
    bytes: usize,
    /// Frames that have begun to arrive, oldest first.
    frames: Vec<FrameAssembly>,
    /// Packets looked through so far in search of gaps.
    #[cfg(test)]
    searched: usize,
    /// Index in `held` of the first packet to show.
    start: Option<usize>,
    /// When it is given up, unless the stage is free.
    expires: Option<Instant>,
    /// When it is next asked for a keyframe.
    request_at: Option<Instant>,
    /// The owner was told that it is ready.
    pub(crate) reported: bool,
    max_packets: usize,
    max_bytes: usize,
    takeover_timeout: Duration,
    request_interval: Duration,
}

/// A frame of one layer that has begun to arrive.
struct FrameAssembly {
    track: TrackId,
    layer: u8,
    source: Source,
    timestamp: u32,
    /// Index in `held` of its first packet to come.
    begun: usize,
    /// Packets received, those outside of `first` and `last` included.
    packets: u64,
    /// Lowest number of a packet that may begin a keyframe; [`None`] in other frames.
    first: Option<ExtSeq>,
    /// Highest number of a packet with the marker.
    last: Option<ExtSeq>,
    searches_left: u8,
}

impl FrameAssembly {
    /// Without packets yet; the one at the index `begun` is its first.
    fn of(forwarded: &ForwardedPacket, begun: usize) -> Self {
        let ForwardedPacket { track, layer, packet } = forwarded;
        FrameAssembly {
            track: *track,
            layer: *layer,
            source: packet.source,
            timestamp: packet.timestamp,
            begun,
            packets: 0,
            first: None,
            last: None,
            searches_left: MAX_SEARCHES,
        }
    }

    fn holds(&self, forwarded: &ForwardedPacket) -> bool {
        let packet = &forwarded.packet;
        (self.track, self.layer) == (forwarded.track, forwarded.layer)
            && (self.source, self.timestamp) == (packet.source, packet.timestamp)
    }

    fn is_keyframe(&self) -> bool {
        self.first.is_some()
    }

    fn count(&mut self, packet: &Packet) {
        let sequence = packet.sequence;
        self.packets += 1;
        if packet.keyframe {
            self.first = Some(self.first.map_or(sequence, |known| known.min(sequence)));
        }
        if packet.marker {
            self.last = Some(self.last.map_or(sequence, |known| known.max(sequence)));
        }
    }

    /// Range of the keyframe's packets, if as many came as it has.
    fn numbers(&self) -> Option<RangeInclusive<ExtSeq>> {
        let (first, last) = (self.first?, self.last?);
        let length = last.since(first)?.saturating_add(1);
        (self.packets >= length).then_some(first..=last)
    }

    /// True if no number of the range is missing in `since`.
    fn is_whole(&self, numbers: &RangeInclusive<ExtSeq>, since: &[ForwardedPacket]) -> bool {
        let ours = since.iter().filter(|it| self.holds(it)).map(|it| it.packet.sequence);
        let mut came: Vec<ExtSeq> = ours.filter(|sequence| numbers.contains(sequence)).collect();
        came.sort_unstable();
        came.dedup();
        came.len() as u64 == *numbers.end() - *numbers.start() + 1
    }
}

impl StandbyPublisher {
    pub(crate) fn new(
        peer: PeerKey,
        condition: TakeoverCondition,
        limits: &SfuLimits,
        timeouts: &SfuTimeouts,
    ) -> Self {
        StandbyPublisher {
            peer,
            condition,
            held: Vec::new(),
            bytes: 0,
            frames: Vec::new(),
            #[cfg(test)]
            searched: 0,
            start: None,
            expires: None,
            request_at: None,
            reported: false,
            max_packets: limits.max_cached_packets,
            max_bytes: limits.max_cached_bytes,
            takeover_timeout: timeouts.takeover,
            request_interval: timeouts.keyframe_request_interval,
        }
    }

    /// Starts the takeover timeout: the handshake is done.
    pub(crate) fn connected(&mut self, now: Instant) {
        self.expires = Some(now + self.takeover_timeout);
    }

    /// Holds packets of the publisher; `has_video` says that it has negotiated video.
    pub(crate) fn hold(
        &mut self,
        now: Instant,
        packets: impl Iterator<Item = ForwardedPacket>,
        has_video: bool,
    ) {
        let sound_only = self.condition == TakeoverCondition::Audio || !has_video;
        for forwarded in packets {
            self.bytes += forwarded.packet.payload.len();
            let video = forwarded.track.video;
            if video {
                let soon = if forwarded.packet.keyframe { REPAIR_TIMEOUT } else { Duration::ZERO };
                self.request_at.get_or_insert(now + soon);
            }
            self.held.push(forwarded);
            match (self.start, video) {
                (Some(_), _) => continue,
                (None, true) => self.look_for_keyframe(),
                (None, false) if sound_only => self.start = Some(0),
                (None, false) => {}
            }
            if self.is_ready() {
                // Its turn comes soon, or its owner has other things to do.
                self.expires = Some(now + self.takeover_timeout);
            }
        }
        if self.held.len() > self.max_packets || self.bytes > self.max_bytes {
            self.restart(now);
        }
    }

    /// True once it can be shown.
    pub(crate) fn is_ready(&self) -> bool {
        self.start.is_some()
    }

    /// True once its takeover timeout has passed.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        self.expires.is_some_and(|at| at <= now)
    }

    /// True when a keyframe request is due: again and again until a keyframe is complete.
    pub(crate) fn take_keyframe_request(&mut self, now: Instant) -> bool {
        let due = !self.is_ready() && self.request_at.is_some_and(|at| at <= now);
        if due {
            self.request_at = Some(now + self.request_interval);
        }
        due
    }

    /// When [`StandbyPublisher::is_overdue`] or [`StandbyPublisher::take_keyframe_request`] changes
    /// by itself.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let request_at = self.request_at.filter(|_| !self.is_ready());
        self.expires.into_iter().chain(request_at).min()
    }

    /// The packets for the audience at the takeover.
    pub(crate) fn into_packets(mut self) -> Vec<ForwardedPacket> {
        // A stage that became free takes whatever there is.
        self.held.drain(..self.start.unwrap_or(0));
        self.held
    }

    /// Checks whether the newest packet completes a keyframe.
    fn look_for_keyframe(&mut self) {
        let Some(newest) = self.held.last() else {
            return;
        };
        let index = self.frames.iter().rposition(|it| it.holds(newest)).unwrap_or_else(|| {
            self.frames.push(FrameAssembly::of(newest, self.held.len() - 1));
            self.frames.len() - 1
        });
        if let Some(frame) = self.frames.get_mut(index) {
            frame.count(&newest.packet);
            if let Some(numbers) = frame.numbers()
                && frame.searches_left > 0
            {
                frame.searches_left -= 1;
                let since = self.held.get(frame.begun..).unwrap_or_default();
                #[cfg(test)]
                {
                    self.searched += since.len();
                }
                self.start = frame.is_whole(&numbers, since).then_some(frame.begun);
            }
        }
        self.limit_frames();
    }

    /// Bounds the frames in assembly: the oldest of a kind gives way.
    fn limit_frames(&mut self) {
        let keyframes = self.frames.iter().filter(|it| it.is_keyframe()).count();
        let others = self.frames.len() - keyframes;
        for (surplus, keyframe) in
            [(keyframes > MAX_KEYFRAMES, true), (others > MAX_OTHER_FRAMES, false)]
        {
            let mut of_kind = self.frames.iter();
            if surplus && let Some(at) = of_kind.position(|it| it.is_keyframe() == keyframe) {
                self.frames.remove(at);
            }
        }
    }

    /// Drops everything, since more came than may be held: the next keyframe is waited for.
    fn restart(&mut self, now: Instant) {
        self.held.clear();
        self.bytes = 0;
        self.frames.clear();
        self.start = None;
        self.request_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACK: TrackId = TrackId { video: true, ordinal: 0 };

    /// A packet of one picture, by what is before its number: `k` may begin a keyframe, `m` is marked.
    fn packet(now: Instant, timestamp: u32, kind: &str, sequence: u64) -> ForwardedPacket {
        let (keyframe, marker) = (kind.contains('k'), kind.contains('m'));
        let sample = Packet::sample(1, sequence, now);
        ForwardedPacket {
            track: TRACK,
            layer: 0,
            packet: Packet { timestamp, keyframe, marker, ..sample },
        }
    }

    fn standby() -> StandbyPublisher {
        let (limits, timeouts) = (SfuLimits::default(), SfuTimeouts::default());
        StandbyPublisher::new(PeerKey(0), TakeoverCondition::Keyframe, &limits, &timeouts)
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn standby_keyframe_is_complete_in_any_packet_order() {
        let now = Instant::now();
        for order in [["k1", "2", "m3"], ["m3", "2", "k1"], ["2", "m3", "k1"], ["k1", "m3", "2"]] {
            let mut standby = standby();
            standby.hold(now, [packet(now, 0, "", 0)].into_iter(), true);
            for (came, it) in order.iter().enumerate() {
                assert!(!standby.is_ready(), "{order:?} after {came}");
                let sequence = it.trim_start_matches(['k', 'm']).parse().expect("a number");
                standby.hold(now, [packet(now, 9, it, sequence)].into_iter(), true);
            }
            assert_eq!(standby.start, Some(1), "{order:?}");
        }
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn standby_packets_without_complete_keyframe_cost_little() {
        let now = Instant::now();
        // The second packet lacks; all that follow the marker count as if they could stand for it.
        let mut one = standby();
        let kinds = [(1, "k"), (3, "m")].into_iter().chain((4..16_000).map(|it| (it, "")));
        one.hold(now, kinds.map(|(sequence, kind)| packet(now, 0, kind, sequence)), true);
        assert!(!one.is_ready());
        assert!(one.searched <= usize::from(MAX_SEARCHES).pow(2), "{}", one.searched);
        // The same, with a new keyframe each four packets.
        let mut many = standby();
        let kinds =
            (0..4_000).flat_map(|it| [(0, "k"), (2, "m"), (3, ""), (4, "")].map(|k| (it, k)));
        let packets = kinds.map(|(it, (at, kind))| packet(now, it, kind, u64::from(it) * 5 + at));
        many.hold(now, packets, true);
        assert!(!many.is_ready());
        assert!(many.searched <= 8 * 16_000, "{}", many.searched);
        assert!(many.frames.len() <= MAX_KEYFRAMES + MAX_OTHER_FRAMES);
    }
}
