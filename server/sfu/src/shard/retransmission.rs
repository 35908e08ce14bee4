//! Retransmission: what a subscriber requests by NACK, and padding that fills a probe.

use std::time::{Duration, Instant};

use super::bwe::BandwidthEstimator;
use super::send_track::{HeaderFields, SendTrack};
use super::subscriber::{SendContext, Subscriber, number, seal};
use crate::rtcp::Nack;
use crate::rtp::numbers::{ExtSeq, Ssrc};
use crate::rtp::packet::{ForwardedExtensions, Packet, Source};
use crate::rtp::rewriter::{RewrittenNumbers, SourcePosition};
use crate::srtp::Sealer;

/// Retransmissions a second that one subscriber can request: more than a bad network loses, less
/// than what would make an amplifier of us.
pub(super) const MAX_RETRANSMISSIONS_PER_SECOND: u32 = 1_000;

/// Share of the estimated bandwidth for repairs of pictures, in percent, and the least of them in
/// bits per second: on a full line, more of them only make more of them.
const BUDGET_PERCENT: u64 = 25;
const MIN_BUDGET_BITS: u64 = 60_000;

/// Time for which that is saved up, and the least that is, in bytes: ten small packets.
const SAVED: Duration = Duration::from_millis(500);
const MIN_SAVED: u64 = 6_000;

/// Estimate of who gives no feedback, in bits per second.
const MAX_ESTIMATE: u64 = 40_000_000;

/// Packets that are repeated to fill a probe, newest first.
const PROBE_PACKETS: u16 = 64;

/// Padding alone, where nothing is there to be repeated (RFC 3550 §5.1): the last byte says how much.
const PADDING: [u8; 255] = {
    let mut padding = [0; 255];
    padding[254] = 255;
    padding
};

/// Retransmissions that are remembered.
const LOGGED_RETRANSMISSIONS: usize = 128;

/// Times of the latest retransmissions, by the end of their numbers. Empty until there is one.
#[derive(Default)]
pub(super) struct RetransmissionLog(Box<[Option<Sent>]>);

#[derive(Clone, Copy)]
struct Sent {
    ssrc: Ssrc,
    number: u16,
    at: Instant,
}

impl RetransmissionLog {
    /// Decides whether a packet is sent again, and notes it. Browsers repeat a NACK after what they
    /// believe to be the round trip; on a line that has just become narrow that is too soon, and
    /// packets on their way would be sent once more, and fill the line.
    fn may_send(&mut self, ssrc: Ssrc, number: u16, now: Instant, transit: Duration) -> bool {
        if self.0.is_empty() {
            self.0 = vec![None; LOGGED_RETRANSMISSIONS].into();
        }
        let Some(slot) = self.0.get_mut(usize::from(number) % LOGGED_RETRANSMISSIONS) else {
            return true;
        };
        let on_its_way = slot.is_some_and(|sent| {
            let same = (sent.ssrc, sent.number) == (ssrc, number);
            same && now.saturating_duration_since(sent.at) < transit
        });
        if !on_its_way {
            *slot = Some(Sent { ssrc, number, at: now });
        }
        !on_its_way
    }
}

/// Budget of repairs of one subscriber's pictures.
pub(super) struct RetransmissionBudget {
    /// Bytes.
    left: i64,
    counted: Instant,
}

impl RetransmissionBudget {
    /// A full one.
    pub(super) fn new(now: Instant) -> Self {
        RetransmissionBudget { left: MIN_SAVED as i64, counted: now }
    }

    /// Adds what an estimate in bits per second allows for the time that passed.
    fn earn(&mut self, now: Instant, estimate: u64) {
        let bytes = (estimate / 100 * BUDGET_PERCENT).max(MIN_BUDGET_BITS) / 8;
        let earned = |span: Duration| u128::from(bytes) * span.as_micros() / 1_000_000;
        let saved = earned(SAVED).max(MIN_SAVED.into());
        let new = earned(now.saturating_duration_since(self.counted)).min(saved);
        self.left = (self.left + new as i64).min(saved as i64);
        self.counted = now;
    }

    fn is_open(&self) -> bool {
        self.left > 0
    }

    fn spend(&mut self, bytes: usize) {
        self.left -= bytes as i64;
    }
}

impl Subscriber {
    /// Time in which a retransmission arrives and is missed again: a little less than the round
    /// trip, and no less than the queuing delay.
    fn transit_time(&self) -> Duration {
        let round_trip = self.stats.round_trip.unwrap_or_default() * 3 / 4;
        self.bandwidth.as_ref().map_or(round_trip, |it| it.queuing_delay().max(round_trip))
    }

    /// Sends requested packets again, oldest first: of pictures, those that are still of use, and no
    /// more than the budget; the others are requested once more. `find` gives the packet of a source by its sequence number.
    pub(super) fn retransmit<'p>(
        &mut self,
        nack: &Nack<'_>,
        find: impl Fn(Source, ExtSeq) -> Option<&'p Packet>,
        context: &mut SendContext<'_>,
    ) {
        self.stats.nacks += 1;
        let transit = self.transit_time();
        let estimate = self.budget(context.now).min(MAX_ESTIMATE);
        self.retransmission_budget.earn(context.now, estimate);
        let Some(track) =
            self.tracks.iter_mut().find(|t| t.ssrc == nack.ssrc && t.is_retransmitted())
        else {
            return;
        };
        let mut retransmission = Retransmission {
            track,
            sealer: &mut self.sealer,
            bandwidth: self.bandwidth.as_deref_mut(),
            transport_number: &mut self.transport_number,
        };
        for missing in nack.missing() {
            let Some(origin) = retransmission.track.rewriter.origin(missing) else {
                continue;
            };
            let Some(packet) = find(origin.source(), origin.sequence) else {
                continue;
            };
            let video = retransmission.track.id.video;
            if !retransmission.track.is_needed(origin.rewrite(packet).sequence) {
                continue;
            }
            if video && !self.retransmission_budget.is_open() {
                return;
            }
            if !self.retransmissions.may_send(nack.ssrc, missing, context.now, transit) {
                continue;
            }
            if !self.retransmission_limit.take(1, context.now) {
                return;
            }
            if let Some(bytes) = retransmission.send(origin, packet, context) {
                self.stats.retransmissions += 1;
                self.pacer.spend(bytes);
                if video {
                    self.retransmission_budget.spend(bytes);
                }
            }
        }
    }

    /// Sends about `bytes` of retransmissions that nobody requested, to see whether they are
    /// carried.
    pub(super) fn send_padding<'p>(
        &mut self,
        bytes: usize,
        find: impl Fn(Source, ExtSeq) -> Option<&'p Packet>,
        context: &mut SendContext<'_>,
    ) {
        let repairs = |t: &&mut SendTrack| t.id.video && t.rewriter.last().is_some();
        let Some(track) = self.tracks.iter_mut().find(repairs) else {
            return;
        };
        let newest = track.rewriter.last().map_or(0, |l| l.sequence.number());
        let mut retransmission = Retransmission {
            track,
            sealer: &mut self.sealer,
            bandwidth: self.bandwidth.as_deref_mut(),
            transport_number: &mut self.transport_number,
        };
        let mut left = bytes;
        for back in 0..PROBE_PACKETS {
            if left == 0 {
                return;
            }
            let number = newest.wrapping_sub(back);
            // Only where a repair has a stream of its own: elsewhere it would count as nothing.
            if let Some(origin) = retransmission.track.rewriter.origin(number)
                && let Some(packet) = find(origin.source(), origin.sequence)
                && retransmission.has_rtx(packet)
                && let Some(sent) = retransmission.send(origin, packet, context)
            {
                left = left.saturating_sub(sent);
            }
        }
        for _ in 0..PROBE_PACKETS {
            let sent = if left > 0 { retransmission.send_padding(context) } else { None };
            let Some(sent) = sent else {
                return;
            };
            left = left.saturating_sub(sent);
        }
    }
}

/// The parts of a subscriber that a retransmission needs.
struct Retransmission<'a> {
    track: &'a mut SendTrack,
    sealer: &'a mut Sealer,
    bandwidth: Option<&'a mut BandwidthEstimator>,
    transport_number: &'a mut u16,
}

impl Retransmission<'_> {
    fn has_rtx(&mut self, packet: &Packet) -> bool {
        self.track.payload_mapping(packet).is_some_and(|t| t.repair.is_some())
    }

    /// Sends padding alone on the repair stream; its length, if there is one.
    fn send_padding(&mut self, context: &mut SendContext<'_>) -> Option<usize> {
        let payload_type = self.track.last_mapping()?.repair?;
        let timestamp = self.track.rewriter.last()?.timestamp;
        let sequence = self.track.next_repair();
        let numbers = RewrittenNumbers { sequence, timestamp, picture: None, frame_shift: 0 };
        let counted = self.bandwidth.is_some() && self.track.counts_transport();
        let transport = number(counted, self.transport_number);
        let (ssrc, with_mid) = (self.track.repair_ssrc, !self.track.mid_known);
        let fields =
            HeaderFields { payload_type, ssrc, numbers, padded: true, with_mid, transport };
        let meaning = (false, &ForwardedExtensions::default());
        let sent = seal(self.sealer, self.track, &fields, meaning, &PADDING, context);
        if let (Some(bandwidth), Some(number), Some(bytes)) = (&mut self.bandwidth, transport, sent)
        {
            bandwidth.on_sent(context.now, number, bytes);
        }
        sent
    }

    /// Sends the packet found at `origin` once more; its length, if it was sent.
    fn send(
        &mut self,
        origin: SourcePosition,
        packet: &Packet,
        context: &mut SendContext<'_>,
    ) -> Option<usize> {
        let mapping = self.track.payload_mapping(packet)?;
        let mut numbers = origin.rewrite(packet);
        let missing = numbers.sequence.number();
        let picture = numbers.picture;
        let fields = match mapping.repair {
            Some(payload_type) => {
                numbers.sequence = self.track.next_repair();
                let counted = self.bandwidth.is_some() && self.track.counts_transport();
                let transport = number(counted, self.transport_number);
                let ssrc = self.track.repair_ssrc;
                let with_mid = !self.track.mid_known;
                HeaderFields { payload_type, ssrc, numbers, padded: false, with_mid, transport }
            }
            None => self.track.recorded_header(mapping, numbers)?,
        };
        let mut scratch = std::mem::take(&mut context.batch.scratch);
        scratch.clear();
        // RFC 4588 §4: the original number, then the payload.
        if mapping.repair.is_some() {
            scratch.extend_from_slice(&missing.to_be_bytes());
        }
        let begin = scratch.len();
        scratch.extend_from_slice(&packet.payload);
        if let Some(picture) = picture {
            picture.write(scratch.get_mut(begin..).unwrap_or_default());
        }
        let meaning = (packet.marker, &packet.extensions);
        let sent = seal(self.sealer, self.track, &fields, meaning, &scratch, context);
        context.batch.scratch = scratch;
        // What goes once more was counted when it went first.
        let number = fields.transport.filter(|_| mapping.repair.is_some());
        if let (Some(bandwidth), Some(number), Some(bytes)) = (&mut self.bandwidth, number, sent) {
            bandwidth.on_sent(context.now, number, bytes);
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn repairs_are_a_share_of_the_line() {
        let begun = Instant::now();
        let repaired = |estimate: u64| {
            let mut budget = RetransmissionBudget::new(begun);
            let mut bytes = 0;
            for tick in 1..=100 {
                budget.earn(begun + Duration::from_millis(100) * tick, estimate);
                while budget.is_open() {
                    budget.spend(1_200);
                    bytes += 1_200;
                }
            }
            bytes * 8 / 10_000
        };
        // In kbit/s.
        assert!((250..265).contains(&repaired(1_000_000)), "{}", repaired(1_000_000));
        assert!((60..70).contains(&repaired(100_000)));
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn retransmission_in_flight_is_not_repeated() {
        let (begun, transit) = (Instant::now(), Duration::from_millis(150));
        let at = |millis| begun + Duration::from_millis(millis);
        let mut retransmissions = RetransmissionLog::default();
        assert!(retransmissions.may_send(Ssrc(1), 65_535, at(0), transit));
        // Others are.
        assert!(retransmissions.may_send(Ssrc(1), 0, at(10), transit));
        assert!(!retransmissions.may_send(Ssrc(1), 65_535, at(20), transit));
        assert!(
            !retransmissions.may_send(Ssrc(1), 65_535, at(149), transit),
            "nor is it counted anew"
        );
        assert!(retransmissions.may_send(Ssrc(1), 65_535, at(150), transit));
        assert!(retransmissions.may_send(Ssrc(2), 65_535, at(160), transit), "another stream's");
        assert!(
            retransmissions.may_send(Ssrc(1), 0, at(20), Duration::from_millis(2)),
            "a quick line"
        );
    }
}
