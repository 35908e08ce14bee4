//! Interarrival jitter (RFC 3550 §6.4.1).

use std::time::{Duration, Instant};

use crate::rtp::numbers::Ssrc;

/// Longest time between two frames that counts: after a break, the sender's clock may not have gone
/// on.
const MAX_GAP: Duration = Duration::from_secs(1);

/// Interarrival jitter over the first packet of each frame: the others leave when the sender's
/// pacing lets them.
#[derive(Default)]
pub(crate) struct Jitter {
    last: Option<Frame>,
    estimate: Option<Duration>,
}

#[derive(Clone, Copy)]
struct Frame {
    source: Ssrc,
    arrival: Instant,
    timestamp: u32,
}

impl Jitter {
    /// Notes a packet; `rate` is its clock's, in Hz.
    pub(crate) fn see(&mut self, source: Ssrc, arrival: Instant, timestamp: u32, rate: u64) {
        let now = Frame { source, arrival, timestamp };
        let Some(before) = self.last.filter(|before| before.source == source) else {
            self.last = Some(now);
            return;
        };
        let ticks = timestamp.wrapping_sub(before.timestamp) as i32;
        if ticks <= 0 {
            // Of the same frame, late, or repaired.
            return;
        }
        self.last = Some(now);
        let sent = Duration::from_micros(u64::from(ticks.unsigned_abs()) * 1_000_000 / rate.max(1));
        let came = arrival.saturating_duration_since(before.arrival);
        if sent <= MAX_GAP && came <= MAX_GAP {
            let estimate = self.estimate.unwrap_or_default();
            self.estimate = Some((estimate * 15 + sent.abs_diff(came)) / 16);
        }
    }

    /// The estimate; [`None`] before two frames.
    pub(crate) fn estimate(&self) -> Option<Duration> {
        self.estimate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn jitter_measures_deviation_from_frame_clock() {
        let start = Instant::now();
        let mut jitter = Jitter::default();
        let mut see = |number: u32, late: u64| {
            let at = start + Duration::from_millis(u64::from(number) * 20 + late);
            // The second packet of a frame, later by its pacing, tells nothing.
            for paced in [0, 7] {
                let at = at + Duration::from_millis(paced);
                jitter.see(Ssrc(1), at, (number * 960).wrapping_sub(50_000), 48_000);
            }
            jitter.estimate()
        };
        assert_eq!(see(0, 0), None);
        assert_eq!((1..50).filter_map(|n| see(n, 0)).max(), Some(Duration::ZERO));
        let uneven = (50..200).filter_map(|n| see(n, u64::from(n % 2) * 10)).last();
        assert_eq!(uneven.map(|it| it.as_millis()), Some(9));
        // A break is not unevenness, and neither is another source.
        assert_eq!(see(2_000, 900), uneven);
    }
}
