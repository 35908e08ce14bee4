//! Capture times of a publisher's packets, by its sender reports.

use std::time::{Duration, Instant, SystemTime};

use str0m::rtp::rtcp::SenderInfo;

/// Longest plausible time between capture and arrival, repairs and late tracks included.
const MAX_TRANSIT: Duration = Duration::from_secs(5);

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
