//! Reception statistics of a subscriber.

use std::collections::HashSet;
use std::time::Duration;

use rtc::rtp::Header;

use crate::content::Stamp;

/// Delays kept per track; the first ones, so that a long run stays small.
const MAX_DELAYS: usize = 100_000;

/// Counters of a subscriber, since the beginning, or since [`SyntheticSubscriber::reset`].
///
/// [`SyntheticSubscriber::reset`]: crate::SyntheticSubscriber::reset
#[derive(Clone, Debug, Default)]
pub struct ReceptionStats {
    /// The video track.
    pub video: TrackReception,
    /// The audio track.
    pub audio: TrackReception,
}

/// Counters of one track.
#[derive(Clone, Debug, Default)]
pub struct TrackReception {
    /// Packets received, each once.
    pub packets: u64,
    /// Packets received that no synthetic publisher made; all else is of others.
    pub foreign: u64,
    /// Packets received again.
    pub duplicates: u64,
    /// RTP markers: the ends of video frames.
    pub frames: u64,
    /// First packets of keyframes.
    pub keyframes: u64,
    /// True if the first packet received began a keyframe.
    pub began_with_keyframe: bool,
    /// Distinct synchronization sources (SSRC) seen.
    pub sources: u64,
    /// One-way delay of each packet.
    pub delays: Vec<Duration>,
    /// Lowest and highest extended RTP sequence number seen.
    range: Option<(i64, i64)>,
    ssrcs: HashSet<u32>,
    seen: HashSet<i64>,
}

impl TrackReception {
    /// Sequence numbers between the lowest and the highest that were not seen.
    pub fn missing(&self) -> u64 {
        let span = self.range.map_or(0, |(low, high)| high - low + 1);
        u64::try_from(span).unwrap_or(0).saturating_sub(self.packets)
    }

    /// Takes note of one packet.
    pub(crate) fn note(&mut self, header: &Header, stamp: Stamp, now: Duration) {
        let (sequence, marker) = (header.sequence_number, header.marker);
        let extended = match self.range {
            None => i64::from(sequence),
            // The nearer way round is meant.
            Some((_, high)) => high + i64::from(sequence.wrapping_sub(high as u16) as i16),
        };
        if !self.seen.insert(extended) {
            self.duplicates += 1;
            return;
        }
        let (low, high) = self.range.unwrap_or((extended, extended));
        self.range = Some((low.min(extended), high.max(extended)));
        self.began_with_keyframe |= self.packets == 0 && stamp.keyframe;
        self.packets += 1;
        self.frames += u64::from(marker);
        self.keyframes += u64::from(stamp.keyframe);
        if self.ssrcs.insert(header.ssrc) {
            self.sources += 1;
        }
        if self.delays.len() < MAX_DELAYS {
            self.delays.push(now.saturating_sub(stamp.sent));
        }
    }
}

/// The smallest of `delays` that at least `share` (0 to 1) of them don't exceed; zero of none.
pub fn percentile(delays: &mut [Duration], share: f64) -> Duration {
    delays.sort_unstable();
    let index = (share * delays.len() as f64).ceil() as usize;
    delays.get(index.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_doubles_are_counted_across_the_wrap() {
        let mut track = TrackReception::default();
        let stamp = Stamp { sent: Duration::ZERO, number: 0, keyframe: true };
        for sequence_number in [65_534, 65_535, 1, 1, 2, 65_533] {
            let header = Header { ssrc: 7, sequence_number, ..Header::default() };
            track.note(&header, stamp, Duration::from_millis(1));
        }
        assert_eq!((track.packets, track.duplicates, track.missing()), (5, 1, 1));
        assert_eq!(percentile(&mut track.delays, 0.99), Duration::from_millis(1));
        assert_eq!(percentile(&mut [], 0.5), Duration::ZERO);
    }
}
