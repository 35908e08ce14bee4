//! Publisher of sound within the program: its packets get numbers here, and are then like any
//! other's.

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use str0m::format::PayloadParams;

use super::clock::{SenderClock, locate};
use crate::audio::{MAX_OPUS_BYTES, OpusPacket};
use crate::ids::random_number;
use crate::rtp::numbers::{ExtSeq, Ssrc};
use crate::rtp::packet::{
    ForwardedExtensions, ForwardedPacket, Packet, Source, TrackId, clock_rate,
};
use crate::stats::PublisherStats;

/// The one track.
const TRACK: TrackId = TrackId { video: false, ordinal: 0 };

/// First number: far enough from zero for what is counted backwards.
const FIRST_SEQUENCE: ExtSeq = ExtSeq(1 << 16);

/// Distance of timestamps, in ticks, beyond which they count from another origin.
const MAX_JUMP: u32 = 48_000 * 60;

/// Publisher of sound within the program.
pub(crate) struct LocalSource {
    source: Source,
    codec: PayloadParams,
    sequence: ExtSeq,
    /// Timestamp of the last packet, and the ticks up to it.
    last: Option<(u32, i64)>,
    /// Origin of its time line.
    clock: Option<SenderClock>,
    pub(crate) packets: u64,
    bytes: u64,
}

impl LocalSource {
    /// A source of Opus, as it was negotiated with subscribers.
    pub(crate) fn new(codec: PayloadParams) -> Self {
        LocalSource {
            source: Source { ssrc: Ssrc(random_number() as u32), layer: None },
            codec,
            sequence: FIRST_SEQUENCE,
            last: None,
            clock: None,
            packets: 0,
            bytes: 0,
        }
    }

    /// Adds a packet to those to forward.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        packet: &OpusPacket,
        burst: &mut Vec<ForwardedPacket>,
    ) {
        if !(1..=MAX_OPUS_BYTES).contains(&packet.payload.len()) {
            return;
        }
        let (before, ticks) = self.last.unwrap_or((packet.timestamp, 0));
        let step = packet.timestamp.wrapping_sub(before).cast_signed();
        if step.unsigned_abs() > MAX_JUMP {
            self.clock = None;
        }
        let ticks = ticks + i64::from(step);
        self.last = Some((packet.timestamp, ticks));
        let captured = self.captured(ticks, now);
        let forwarded = Packet {
            sequence: self.sequence,
            timestamp: packet.timestamp,
            // The first of a stretch of sound (RFC 7587 §4.3).
            marker: self.packets == 0,
            source: self.source,
            payload: Arc::clone(&packet.payload),
            keyframe: false,
            begins: false,
            base: true,
            picture: None,
            height: None,
            codec: self.codec,
            arrival: now,
            captured,
            extensions: ForwardedExtensions::default(),
        };
        self.sequence = self.sequence + 1;
        self.packets += 1;
        self.bytes += packet.payload.len() as u64;
        burst.push(ForwardedPacket { track: TRACK, layer: 0, packet: forwarded });
    }

    /// Its statistics, but for what only the session knows.
    pub(crate) fn stats(&self) -> PublisherStats {
        PublisherStats { packets: self.packets, bytes: self.bytes, ..PublisherStats::default() }
    }

    /// Capture time of the sample after so many ticks: timestamps are steadier than the moments at
    /// which packets are sent.
    fn captured(&mut self, ticks: i64, now: Instant) -> Instant {
        let rate = clock_rate(&self.codec);
        let span = Duration::from_micros(ticks.unsigned_abs() * 1_000_000 / rate);
        // Any origin will do that nothing is before.
        let origin = UNIX_EPOCH + Duration::from_secs(1 << 32);
        let there = if ticks < 0 { origin.checked_sub(span) } else { origin.checked_add(span) };
        there.and_then(|there| locate(&mut self.clock, there, now)).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn capture_times_follow_timestamps_and_never_the_future() {
        let begun = Instant::now();
        let mut source = LocalSource::new(Packet::sample(1, 0, begun).codec);
        let mut burst = Vec::new();
        let rate = clock_rate(&source.codec) as u32;
        let mut timestamp = u32::MAX - rate;
        // Sent up to 5 ms late, at random, over the wrap of the timestamps.
        for (number, late) in [0, 3, 1, 5, 0, 2].into_iter().cycle().take(200).enumerate() {
            let now = begun + Duration::from_millis(20 * number as u64 + late);
            source.receive(now, &OpusPacket { timestamp, payload: [1, 2].into() }, &mut burst);
            timestamp = timestamp.wrapping_add(rate / 50);
        }
        let packets: Vec<&Packet> = burst.iter().map(|it| &it.packet).collect();
        assert!(packets.iter().all(|it| it.captured <= it.arrival));
        let steps = packets.windows(2).map(|two| two[1].captured - two[0].captured);
        assert!(steps.into_iter().all(|step| step == Duration::from_millis(20)));
        assert!(packets.windows(2).all(|two| two[1].sequence == two[0].sequence + 1));
        // Another origin, a minute of silence: the time line begins anew.
        let later = begun + Duration::from_secs(70);
        source.receive(later, &OpusPacket { timestamp: 1 << 31, payload: [1].into() }, &mut burst);
        assert_eq!(burst.last().map(|it| it.packet.captured), Some(later));
        let count = burst.len();
        for payload in [vec![], vec![0; MAX_OPUS_BYTES + 1]] {
            let packet = OpusPacket { timestamp: 0, payload: payload.into() };
            source.receive(later, &packet, &mut burst);
        }
        assert_eq!(burst.len(), count);
    }
}
