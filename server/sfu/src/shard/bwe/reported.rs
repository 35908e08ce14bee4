//! Bandwidth of subscribers without transport-wide feedback: by the loss that their receiver reports
//! tell (RFC 3550 §6.4.1), and the bound that some give (REMB, draft-alvestrand-rmcat-remb-03).

use std::time::{Duration, Instant};

/// Loss, in 256ths, that is too much in two reports in a row.
const MAX_FRACTION_LOST: u8 = 25;

/// Time without loss after which more is tried; doubled each time that it fails, up to the most.
const CALM_TIME: Duration = Duration::from_secs(30);
const MAX_CALM_TIME: Duration = Duration::from_secs(240);

/// Factor by which more is tried.
const GROWTH: u64 = 4;

/// Bits per second that need no bound.
const MAX_BITS: u64 = 30_000_000;

/// What reports say about the bandwidth of one subscriber.
pub(in crate::shard) struct ReportedBandwidth {
    estimate: Option<u64>,
    /// The subscriber's own bound.
    bound: Option<u64>,
    lossy_before: bool,
    calm_since: Option<Instant>,
    calm_time: Duration,
    /// Time of the last report, and what had been sent by then.
    counted: Option<(Instant, u32)>,
}

impl Default for ReportedBandwidth {
    fn default() -> Self {
        ReportedBandwidth {
            estimate: None,
            bound: None,
            lossy_before: false,
            calm_since: None,
            calm_time: CALM_TIME,
            counted: None,
        }
    }
}

impl ReportedBandwidth {
    /// Bits per second, as far as reports tell.
    pub(in crate::shard) fn estimate(&self) -> u64 {
        self.estimate.unwrap_or(u64::MAX)
    }

    /// The subscriber's own bound, in bits per second.
    pub(in crate::shard) fn bound(&self) -> u64 {
        self.bound.unwrap_or(u64::MAX)
    }

    /// Takes the subscriber's own bound.
    pub(in crate::shard) fn set_bound(&mut self, bits: u64) {
        self.bound = Some(bits);
    }

    /// Takes a report on video, of which `bytes` have been sent so far, modulo 2^32.
    pub(in crate::shard) fn report(&mut self, now: Instant, fraction_lost: u8, bytes: u32) {
        let before = self.counted.replace((now, bytes));
        if fraction_lost <= MAX_FRACTION_LOST {
            self.lossy_before = false;
            let since = *self.calm_since.get_or_insert(now);
            if now.saturating_duration_since(since) > self.calm_time {
                self.calm_since = Some(now);
                self.estimate = self.estimate.map(|it| it * GROWTH).filter(|it| *it < MAX_BITS);
            }
            return;
        }
        if let Some((at, sent)) = before
            && std::mem::replace(&mut self.lossy_before, true)
        {
            let micros = now.saturating_duration_since(at).as_micros().max(1) as u64;
            let rate = u64::from(bytes.wrapping_sub(sent)) * 8_000_000 / micros;
            let carried = rate * u64::from(u8::MAX - fraction_lost) / 256;
            if self.estimate.is_none_or(|it| carried < it) {
                self.estimate = Some(carried);
                self.calm_time = match self.calm_since.take() {
                    Some(_) => (self.calm_time * 2).min(MAX_CALM_TIME),
                    None => self.calm_time,
                };
            }
        }
        self.calm_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn two_lossy_reports_bound_the_rate_and_half_a_minute_without_tries_more() {
        let begun = Instant::now();
        let mut reported = ReportedBandwidth::default();
        let mut second = 0;
        let mut report = |reported: &mut ReportedBandwidth, fraction_lost| {
            second += 1;
            // 1 Mbit/s.
            reported.report(
                begun + Duration::from_secs(second),
                fraction_lost,
                second as u32 * 125_000,
            );
            reported.estimate()
        };
        assert_eq!(report(&mut reported, 0), u64::MAX);
        assert_eq!(report(&mut reported, 128), u64::MAX);
        assert_eq!(report(&mut reported, 0), u64::MAX);
        assert_eq!(report(&mut reported, 128), u64::MAX);
        let bounded = report(&mut reported, 128);
        assert!((490_000..500_000).contains(&bounded), "{bounded}");
        (0..30).for_each(|_| assert_eq!(report(&mut reported, 5), bounded));
        (0..2).for_each(|_| _ = report(&mut reported, 5));
        assert_eq!(report(&mut reported, 5), bounded * 4);
        reported.set_bound(300_000);
        assert_eq!(reported.bound(), 300_000);
    }
}
