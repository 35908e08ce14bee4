//! Keyframe requests (PLI, RFC 4585 §6.3.1) to the publisher of one stage, merged.
//!
//! A keyframe costs every viewer bits. Browsers answer a request for one layer with keyframes of
//! all, so requests are merged by track. They come in two classes: a viewer without a picture is
//! served at once; of those that only want a better picture, a few are, and then one each so often as
//! keyframes have become a small share of the bits again, unless one comes anyway.

use std::time::{Duration, Instant};

use crate::rate_limit::LeakyBucket;
use crate::rtp::packet::{ForwardedPacket, MAX_LAYERS, TrackId};
use crate::shard::KeyframeUrgency;

/// Time in which a keyframe of one layer comes with that which was requested of another one. Then
/// the publisher doesn't send them together.
const SIBLING_TIMEOUT: Duration = Duration::from_millis(250);

/// Time that a keyframe requested for a better picture costs, at least and at most: three may be
/// requested at once, then one each so often.
const MIN_COMFORT_COST: Duration = Duration::from_secs(4);
const MAX_COMFORT_COST: Duration = Duration::from_secs(10);
const COMFORT_DEBT: Duration = Duration::from_secs(8);

/// Share of the bits that such keyframes may have, in percent.
const COMFORT_PERCENT: u64 = 12;

/// Keyframe requests of one stage.
pub(crate) struct KeyframeRequests {
    tracks: Vec<TrackRequests>,
    /// Least time between two requests that the publisher may take for one.
    interval: Duration,
}

/// Keyframe requests for one track.
struct TrackRequests {
    id: TrackId,
    layers: [LayerRequest; MAX_LAYERS],
    /// Time of the last request.
    asked: Option<Instant>,
    /// Arrival of the last keyframe of any layer.
    keyframe: Option<Instant>,
    /// Payload bytes since then, and those of keyframes among them.
    bytes: u64,
    keyframe_bytes: u64,
    /// Limit of requests for a better picture, from the first on.
    comfort: Option<LeakyBucket>,
}

#[derive(Clone, Copy, Default)]
struct LayerRequest {
    wanted: Option<KeyframeUrgency>,
    asked: Option<Instant>,
    /// Arrival and timestamp of its last keyframe.
    keyframe: Option<(Instant, u32)>,
}

impl KeyframeRequests {
    /// No requests, of which each is repeated after `interval` at the earliest.
    pub(crate) fn new(interval: Duration) -> Self {
        KeyframeRequests { tracks: Vec::new(), interval }
    }

    /// Forgets all: another publisher comes.
    pub(crate) fn clear(&mut self) {
        self.tracks.clear();
    }

    fn track(&mut self, id: TrackId) -> Option<&mut TrackRequests> {
        let index = self.tracks.iter().position(|t| t.id == id).unwrap_or_else(|| {
            self.tracks.push(TrackRequests {
                id,
                layers: [LayerRequest::default(); MAX_LAYERS],
                asked: None,
                keyframe: None,
                bytes: 0,
                keyframe_bytes: 0,
                comfort: None,
            });
            self.tracks.len() - 1
        });
        self.tracks.get_mut(index)
    }

    /// Notes a packet of video; a keyframe settles the requests for its layer.
    pub(crate) fn received(&mut self, forwarded: &ForwardedPacket) {
        let (packet, at) = (&forwarded.packet, forwarded.packet.arrival);
        let Some(track) = self.track(forwarded.track) else {
            return;
        };
        let Some(layer) = track.layers.get_mut(usize::from(forwarded.layer)) else {
            return;
        };
        let length = packet.payload.len() as u64;
        if packet.keyframe && layer.keyframe.is_none_or(|(_, known)| known != packet.timestamp) {
            layer.keyframe = Some((at, packet.timestamp));
            layer.wanted = None;
            if track.keyframe.is_none_or(|known| at > known + SIBLING_TIMEOUT) {
                track.keyframe = Some(at);
                (track.bytes, track.keyframe_bytes) = (0, 0);
            }
        }
        track.bytes += length;
        if layer.keyframe.is_some_and(|(_, timestamp)| timestamp == packet.timestamp) {
            track.keyframe_bytes += length;
        }
    }

    /// Requests a keyframe of a layer.
    pub(crate) fn request(&mut self, id: TrackId, layer: u8, urgency: KeyframeUrgency) {
        let layer = self.track(id).and_then(|t| t.layers.get_mut(usize::from(layer)));
        if let Some(layer) = layer {
            layer.wanted = layer.wanted.max(Some(urgency));
        }
    }

    /// Time at which [`KeyframeRequests::take_due`] next has something.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        let due = |track: &TrackRequests| Some(track.due(now, self.interval)?.0);
        self.tracks.iter().filter_map(due).min()
    }

    /// Calls `ask` with the layers of which the publisher is to be asked for a keyframe now, one a
    /// track.
    pub(crate) fn take_due(&mut self, now: Instant, mut ask: impl FnMut(TrackId, u8)) {
        for track in &mut self.tracks {
            if let Some((at, index)) = track.due(now, self.interval)
                && at <= now
                && let Some(layer) = track.layers.get_mut(index)
            {
                if layer.wanted == Some(KeyframeUrgency::Comfort) {
                    let cost = comfort_cost(track.keyframe, track.keyframe_bytes, track.bytes, now);
                    let bucket = || LeakyBucket::new(COMFORT_DEBT, now);
                    track.comfort.get_or_insert_with(bucket).pass(cost, now);
                }
                layer.asked = Some(now);
                track.asked = Some(now);
                ask(track.id, index as u8);
            }
        }
    }
}

impl TrackRequests {
    /// Layers by the time at which each is next to be asked for.
    fn due(&self, now: Instant, interval: Duration) -> Option<(Instant, usize)> {
        let wanted = self.layers.iter().enumerate().filter_map(|(index, layer)| {
            let at = match layer.wanted? {
                KeyframeUrgency::NoPicture => self.urgent_at(layer, now, interval),
                KeyframeUrgency::Comfort => self.comfort_at(now, interval),
            };
            Some((at, index))
        });
        wanted.min()
    }

    fn urgent_at(&self, layer: &LayerRequest, now: Instant, interval: Duration) -> Instant {
        let Some(asked) = self.asked else {
            return now;
        };
        // A request that its keyframe answered was one for this layer.
        let answered = layer.keyframe.is_some_and(|(at, _)| at >= asked);
        if answered || layer.asked == Some(asked) {
            return asked + interval;
        }
        let own = layer.asked.map_or(now, |at| at + interval);
        own.max(asked + SIBLING_TIMEOUT)
    }

    fn comfort_at(&self, now: Instant, interval: Duration) -> Instant {
        let rested = self.asked.map_or(now, |at| at + interval);
        self.comfort.as_ref().map_or(rested, |bucket| bucket.passes_at().max(rested))
    }
}

/// Time that one more keyframe costs, which came `keyframe` with `keyframe_bytes`, and `bytes` with
/// all since then.
fn comfort_cost(
    keyframe: Option<Instant>,
    keyframe_bytes: u64,
    bytes: u64,
    now: Instant,
) -> Duration {
    let since = keyframe.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
    // What it has, in time of the stream's rate.
    let length = u128::from(keyframe_bytes) * since.as_micros() / u128::from(bytes.max(1));
    let cost = Duration::from_micros(length as u64).saturating_mul(100) / COMFORT_PERCENT as u32;
    cost.clamp(MIN_COMFORT_COST, MAX_COMFORT_COST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::packet::Packet;

    const VIDEO: TrackId = TrackId { video: true, ordinal: 0 };
    const INTERVAL: Duration = Duration::from_secs(1);

    struct Run {
        requests: KeyframeRequests,
        begun: Instant,
        timestamp: u32,
    }

    impl Run {
        #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
        fn new() -> Self {
            let requests = KeyframeRequests::new(INTERVAL);
            Run { requests, begun: Instant::now(), timestamp: 0 }
        }

        fn at(&self, millis: u64) -> Instant {
            self.begun + Duration::from_millis(millis)
        }

        /// A frame of a layer, of so many bytes.
        fn frame(&mut self, millis: u64, layer: u8, keyframe: bool, bytes: usize) {
            self.timestamp += 1;
            let packet = Packet {
                keyframe,
                timestamp: self.timestamp,
                payload: vec![0; bytes].into(),
                ..Packet::sample(1, self.timestamp.into(), self.at(millis))
            };
            self.requests.received(&ForwardedPacket { track: VIDEO, layer, packet });
        }

        fn want(&mut self, layer: u8, urgency: KeyframeUrgency) {
            self.requests.request(VIDEO, layer, urgency);
        }

        fn asked(&mut self, millis: u64) -> Vec<u8> {
            let mut asked = Vec::new();
            let now = self.at(millis);
            self.requests.take_due(now, |_, layer| asked.push(layer));
            asked
        }

        fn due(&self, millis: u64) -> Option<u128> {
            let due = self.requests.deadline(self.at(millis))?;
            Some(due.saturating_duration_since(self.begun).as_millis())
        }
    }

    #[test]
    fn urgent_requests_for_layers_are_one_where_keyframes_come_together() {
        let mut run = Run::new();
        for layer in [2, 0, 1] {
            run.want(layer, KeyframeUrgency::NoPicture);
        }
        assert_eq!(run.asked(0), [0]);
        assert_eq!((run.asked(100), run.due(100)), (vec![], Some(250)));
        for layer in 0..3 {
            run.frame(150, layer, true, 100);
        }
        assert_eq!((run.asked(300), run.due(300)), (vec![], None));
        // The next is another one, of whichever layer.
        run.want(1, KeyframeUrgency::NoPicture);
        assert_eq!((run.asked(999), run.due(999)), (vec![], Some(1_000)));
        assert_eq!(run.asked(1_000), [1]);
        assert_eq!((run.asked(1_999), run.asked(2_000)), (vec![], vec![1]));
    }

    #[test]
    fn layer_whose_keyframe_does_not_come_with_others_is_requested_itself() {
        let mut run = Run::new();
        run.want(0, KeyframeUrgency::NoPicture);
        run.want(2, KeyframeUrgency::NoPicture);
        assert_eq!(run.asked(0), [0]);
        run.frame(100, 0, true, 100);
        assert_eq!((run.asked(249), run.asked(250)), (vec![], vec![2]));
        run.frame(300, 2, true, 100);
        assert_eq!(run.due(400), None);
    }

    /// Requests in a minute in which somebody always wants a better picture, and frames of 4 kB
    /// come 25 times a second.
    fn wanted_for_a_minute(keyframe: usize) -> usize {
        let mut run = Run::new();
        let mut asked = 0;
        for millis in (0..60_000).step_by(40) {
            run.want(1, KeyframeUrgency::Comfort);
            let now = !run.asked(millis).is_empty();
            asked += usize::from(now);
            run.frame(millis, 1, now, if now { keyframe } else { 4_000 });
        }
        asked
    }

    #[test]
    fn keyframes_for_better_pictures_are_bounded_by_cost() {
        assert_eq!(wanted_for_a_minute(4_000), 17);
        // With those before, 80 kB are 12 % of 5.5 s.
        let asked = wanted_for_a_minute(80_000);
        assert!((11..=14).contains(&asked), "{asked}");
        let asked = wanted_for_a_minute(800_000);
        assert!((7..=9).contains(&asked), "{asked}");
    }

    #[test]
    fn better_picture_takes_keyframe_that_comes_anyway() {
        let mut run = Run::new();
        for millis in [0, 1_000, 2_000] {
            run.want(1, KeyframeUrgency::Comfort);
            assert_eq!(run.asked(millis), [1]);
            run.frame(millis + 50, 1, true, 1_000);
            run.frame(millis + 90, 1, false, 100_000);
        }
        run.want(1, KeyframeUrgency::Comfort);
        assert_eq!((run.asked(3_000), run.due(3_000)), (vec![], Some(4_000)));
        // Who has no picture doesn't wait for that.
        run.want(0, KeyframeUrgency::NoPicture);
        assert_eq!(run.asked(3_100), [0]);
        run.frame(3_150, 0, true, 1_000);
        run.frame(3_150, 1, true, 1_000);
        assert_eq!(run.due(3_200), None);
    }
}
