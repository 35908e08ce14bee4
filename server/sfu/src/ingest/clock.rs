//! Capture times of a publisher's packets, by its sender reports.

use std::time::{Duration, Instant, SystemTime};

use str0m::rtp::rtcp::SenderInfo;

use crate::rtp::numbers::Ssrc;

/// Longest plausible time between capture and arrival, repairs and late tracks included.
const MAX_TRANSIT: Duration = Duration::from_secs(5);

/// Time by which arrivals may be further apart than their timestamps.
const MAX_STALL: Duration = Duration::from_millis(250);

/// Guard against sender reports that aren't true any more.
///
/// Timestamps of some senders stand still while they send nothing, as those of Chromium's sound do while there is no
/// track. What follows would be placed in the past, until the next report comes: up to five seconds.
#[derive(Default)]
pub(super) struct ReportGuard {
    /// Source, timestamp and arrival of the latest packet.
    latest: Option<(Ssrc, u32, Instant)>,
    /// The sender's time of the report that was there when timestamps had stood still.
    outlived: Option<SystemTime>,
}

impl ReportGuard {
    /// The report, if it is true for a packet with this timestamp and arrival.
    pub(super) fn check<'r>(
        &mut self,
        report: Option<&'r SenderInfo>,
        (source, timestamp, arrival): (Ssrc, u32, Instant),
        rate: u64,
    ) -> Option<&'r SenderInfo> {
        let report = report?;
        let latest = self.latest.filter(|it| it.0 == source);
        let ticks = latest.map_or(0, |it| timestamp.wrapping_sub(it.1).cast_signed());
        // Those of repairs are of the past.
        if let Ok(ticks) = u64::try_from(ticks) {
            let passed = Duration::from_micros(ticks * 1_000_000 / rate.max(1));
            let waited = latest.map_or(Duration::ZERO, |it| arrival.duration_since(it.2));
            if waited > passed + MAX_STALL {
                self.outlived = Some(report.ntp_time);
            }
            self.latest = Some((source, timestamp, arrival));
        }
        (self.outlived != Some(report.ntp_time)).then_some(report)
    }
}

/// Offset of the publisher's wall clock: `here` and `there` are the same moment.
#[derive(Clone, Copy)]
pub(super) struct SenderClock {
    here: Instant,
    there: SystemTime,
}

/// Capture time of a packet on our clock. A sender report ties RTP timestamps to the sender's wall
/// clock, one for all its streams (RFC 3550 §6.4.1).
pub(super) fn captured(
    clock: &mut Option<SenderClock>,
    report: &SenderInfo,
    timestamp: u32,
    rate: u64,
    arrival: Instant,
) -> Option<Instant> {
    // Timestamps wrap; the nearer way round is meant.
    let ticks = timestamp.wrapping_sub(report.rtp_time.numer() as u32) as i32;
    let span = Duration::from_micros(u64::from(ticks.unsigned_abs()) * 1_000_000 / rate.max(1));
    let there = if ticks < 0 {
        report.ntp_time.checked_sub(span)?
    } else {
        report.ntp_time.checked_add(span)?
    };
    locate(clock, there, arrival)
}

/// The moment `there` on our clock, of a packet that has arrived by now.
pub(super) fn locate(
    clock: &mut Option<SenderClock>,
    there: SystemTime,
    arrival: Instant,
) -> Option<Instant> {
    let clock = clock.get_or_insert(SenderClock { here: arrival, there });
    let captured = match there.duration_since(clock.there) {
        Ok(later) => clock.here.checked_add(later)?,
        Err(earlier) => clock.here.checked_sub(earlier.duration())?,
    };
    if captured > arrival || arrival.duration_since(captured) > MAX_TRANSIT {
        // Nothing arrives before it was captured: the difference was taken from a packet that
        // had been under way for longer than this one. And nothing takes that long: the
        // publisher's clock was set.
        *clock = SenderClock { here: arrival, there };
        return Some(arrival);
    }
    Some(captured)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use str0m::media::MediaTime;

    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    fn report(seconds: u64) -> SenderInfo {
        SenderInfo {
            ssrc: 1.into(),
            ntp_time: UNIX_EPOCH + Duration::from_secs(seconds),
            rtp_time: MediaTime::from_90khz(0),
            sender_packet_count: 0,
            sender_octet_count: 0,
        }
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn report_is_outlived_by_a_stall_of_timestamps_and_not_by_silence_or_repairs() {
        let (mut guard, begun) = (ReportGuard::default(), Instant::now());
        // Timestamp in milliseconds at 48 kHz, arrival in milliseconds.
        let mut is_true = |seconds, timestamp: u32, arrival: u32| {
            let packet = (Ssrc(1), timestamp.wrapping_mul(48), begun + MILLISECOND * arrival);
            guard.check(Some(&report(seconds)), packet, 48_000).is_some()
        };
        assert!(is_true(1, 0, 0) && is_true(1, 20, 20));
        // Nothing is sent for a second, as of silence; then a repair comes, and what was held up.
        assert!(is_true(1, 1_020, 1_020) && is_true(1, 40, 1_025) && is_true(1, 1_040, 1_200));
        // Nothing for four seconds, through which timestamps stand still.
        assert!(!is_true(2, 1_060, 5_200) && !is_true(2, 1_080, 5_220));
        assert!(is_true(3, 1_100, 5_240) && is_true(3, 1_120, 5_260));
    }
}
