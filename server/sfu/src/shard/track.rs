//! One of the publisher's tracks with its layers and their caches.

use std::time::{Duration, Instant};

use super::bitrate::BitrateMeter;
use super::catch_up::CatchUpBudget;
use super::forwarder::{ForwardMode, Forwarder, PendingSwitch};
use super::input::KeyframeUrgency;
use super::pacer::CATCH_UP_INTERVAL;
use crate::config::SfuLimits;
use crate::rate_limit::cost;
use crate::rtp::numbers::ExtSeq;
use crate::rtp::packet::{ForwardedPacket, Packet, Source, TrackId, is_reduced, spatial_layer};
use crate::rtp::packet_cache::{CacheBudget, CachedKeyframe, PacketCache, Stored};

/// Frames of other layers without one of this, after which the publisher has stopped it: four of
/// each other layer. Encoders leave out one or two, and while nothing moves, none of them sends
/// much.
const MAX_MISSED_FRAMES: u8 = 8;

/// Silence of a layer before that.
const MIN_STOPPED: Duration = Duration::from_millis(250);

/// Silence of all layers after which a subscriber that asks for a keyframe has lost nothing: there is no
/// picture. One that stands still is sent each second.
const SILENT: Duration = Duration::from_secs(2);

/// Window of a layer's bitrate, in microseconds.
const RATE_WINDOW: u64 = 1_000_000;

/// Microseconds without a packet that are a pause.
const SILENCE: u64 = 600_000;

/// One of the publisher's tracks.
pub(super) struct SourceTrack {
    pub(super) id: TrackId,
    /// Layers, in the order in which they first came.
    pub(super) layers: Vec<SourceLayer>,
}

/// One layer, of simulcast (RFC 8853) or of a scalable stream, or the whole of a track without.
pub(super) struct SourceLayer {
    pub(super) number: u8,
    /// [`Packet::source`] of the last packet.
    source: Source,
    pub(super) cache: PacketCache,
    pub(super) rate: BitrateMeter,
    last: Instant,
    /// Frames of other layers since then.
    missed: u8,
    /// The same as `last` in microseconds, and about the bits per second then.
    last_at: u64,
    last_bits: Option<u64>,
    /// Bits per second before it paused, and when it went on, in microseconds.
    resumed: Option<(u64, u64)>,
    /// Height of its frames in pixels; 0 if not known.
    pub(super) height: u16,
}

impl SourceTrack {
    pub(super) fn new(id: TrackId) -> Self {
        SourceTrack { id, layers: Vec::new() }
    }

    /// Index of a packet's layer; true if it has just begun, or begun anew.
    pub(super) fn layer(
        &mut self,
        forwarded: &ForwardedPacket,
        limits: &SfuLimits,
        budget: &CacheBudget,
    ) -> (usize, bool) {
        let (number, packet) = (forwarded.layer, &forwarded.packet);
        if packet.marker && !is_reduced(number) {
            for layer in &mut self.layers {
                layer.missed = layer.missed.saturating_add(1);
            }
        }
        let known = self.layers.iter_mut().enumerate().find(|(_, l)| l.number == number);
        let Some((index, layer)) = known else {
            self.layers.push(SourceLayer {
                number,
                source: packet.source,
                cache: PacketCache::with_budget(limits, budget),
                rate: BitrateMeter::new(RATE_WINDOW),
                last: packet.arrival,
                missed: 0,
                last_at: 0,
                last_bits: None,
                resumed: None,
                height: 0,
            });
            return (self.layers.len() - 1, true);
        };
        if layer.source == packet.source && layer.cache.continues(packet.sequence) {
            return (index, false);
        }
        layer.source = packet.source;
        layer.cache.clear();
        (index, true)
    }

    /// The packet of a source by its sequence number, if it is cached.
    pub(super) fn find(&self, source: Source, sequence: ExtSeq) -> Option<&Packet> {
        self.layers.iter().find(|l| l.source == source)?.cache.get(sequence)
    }

    /// The last keyframe of a layer, if it is cached.
    pub(super) fn last_keyframe(&self, layer: usize, now: Instant) -> Option<CachedKeyframe> {
        if self.is_silent(now) {
            return None;
        }
        self.layers.get(layer)?.cache.last_keyframe(now)
    }

    /// True if the publisher sends none of it.
    fn is_silent(&self, now: Instant) -> bool {
        self.layers.iter().all(|layer| now.saturating_duration_since(layer.last) > SILENT)
    }

    /// Bits per second of a layer, at `at` microseconds.
    pub(super) fn layer_bits(&self, layer: usize, at: u64) -> u64 {
        self.layers.get(layer).map_or(0, |layer| layer.rate.bits(at))
    }

    /// Starts a forwarder from the cache of a layer; false if the budget forbids it, or there is no
    /// keyframe to begin with.
    pub(super) fn catch_up(
        &self,
        forwarder: &mut Forwarder,
        layer: usize,
        catch_up: &mut CatchUpBudget<'_>,
        now: Instant,
    ) -> bool {
        let Some(kept) = self.last_keyframe(layer, now) else {
            let begun = self.layers.get(layer).and_then(|layer| layer.cache.start(now));
            catch_up.torn |= begun.is_some() && !self.is_silent(now);
            return false;
        };
        if !catch_up.budget.pass(cost(kept.bytes, catch_up.bits), now) {
            catch_up.refused = true;
            return false;
        }
        self.start(forwarder, layer, catch_up.at, now)
    }

    /// Starts a forwarder from the cache of a layer; false if there is no keyframe to begin with.
    pub(super) fn start(
        &self,
        forwarder: &mut Forwarder,
        layer: usize,
        catch_up_at: &mut Option<Instant>,
        now: Instant,
    ) -> bool {
        let Some(sequence) = self.layers.get(layer).and_then(|l| l.cache.start(now)) else {
            return false;
        };
        forwarder.start(now, layer, sequence);
        catch_up_at.get_or_insert(now + CATCH_UP_INTERVAL);
        true
    }

    /// Decides whether a forwarder sends a packet of a layer as it comes.
    pub(super) fn forwards(
        &self,
        forwarder: &mut Forwarder,
        layer: usize,
        packet: &Packet,
        stored: Stored,
        catch_up_at: &mut Option<Instant>,
    ) -> bool {
        if stored == Stored::Ignored {
            return false;
        }
        if !self.id.video {
            forwarder.mode = ForwardMode::Live;
            // Sound has no layers to choose from.
            return layer == 0;
        }
        let keyframe = stored == Stored::Keyframe;
        if forwarder.pending.is_some_and(|w| w.layer == layer) {
            if keyframe && !forwarder.paused {
                self.start(forwarder, layer, catch_up_at, packet.arrival);
                return false;
            }
            if self.may_go_on(layer, forwarder, packet) {
                forwarder.continue_on(layer, self.beginning(forwarder.layer, packet));
            }
        } else if layer == forwarder.layer
            && let Some(pending) = forwarder.pending
            && self.may_go_on(pending.layer, forwarder, packet)
            && self.beginning(pending.layer, packet).is_some()
        {
            // It goes on with the same packet of the other layer, which comes next.
            return false;
        }
        match forwarder.mode {
            // Any picture is better than none.
            ForwardMode::AwaitingKeyframe => {
                if keyframe && !forwarder.paused && forwarder.pending.is_none() {
                    self.start(forwarder, layer, catch_up_at, packet.arrival);
                }
                false
            }
            _ if layer != forwarder.layer => false,
            // The layer that is wanted begins with the same packet of the publisher.
            _ if keyframe && packet.source.layer.is_some() && forwarder.pending.is_some() => false,
            // A newer keyframe spares it the rest of the old run.
            ForwardMode::CatchingUp(next) if keyframe && next < packet.sequence => {
                self.start(forwarder, layer, catch_up_at, packet.arrival);
                false
            }
            ForwardMode::CatchingUp(next) => packet.sequence < next,
            ForwardMode::Live => {
                if keyframe {
                    forwarder.keyframe_received();
                }
                !forwarder.pending.is_some_and(|w| w.held)
            }
        }
    }

    /// True if a forwarder may go on with another layer from a packet on, without a keyframe.
    fn may_go_on(&self, layer: usize, forwarder: &Forwarder, packet: &Packet) -> bool {
        let fewer = |layer: usize| self.layers.get(layer).is_some_and(|l| is_reduced(l.number));
        packet.begins
            && forwarder.mode == ForwardMode::Live
            && self.is_part(layer, forwarder.layer)
            // What was left out so far may be needed by what comes before the next base.
            && (packet.base || fewer(layer) || !fewer(forwarder.layer))
    }

    /// Number in a layer of the packet that begins the frame of another layer's packet.
    fn beginning(&self, layer: usize, packet: &Packet) -> Option<ExtSeq> {
        self.layers.get(layer)?.cache.beginning(packet.timestamp)
    }

    /// Bits per second of all its layers, at `at` microseconds.
    pub(super) fn bits(&self, at: u64) -> u64 {
        self.layers.iter().map(|l| l.rate.bits(at)).sum()
    }

    /// True if a layer is a part of another one, or has but more of the same frames, and needs no
    /// keyframe to go on in its place.
    pub(super) fn is_part(&self, layer: usize, of: usize) -> bool {
        let source = |layer: usize| self.layers.get(layer).map(|l| l.source);
        match (source(layer), source(of)) {
            (Some(part), Some(whole)) if part.ssrc == whole.ssrc => match (part.layer, whole.layer)
            {
                (Some(part), Some(whole)) => {
                    part != whole && spatial_layer(part) <= spatial_layer(whole)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Makes a forwarder switch to a layer; true if its keyframe has to be requested.
    pub(super) fn want(
        &self,
        forwarder: &mut Forwarder,
        layer: usize,
        held: bool,
        urgency: KeyframeUrgency,
        now: Instant,
    ) -> bool {
        if forwarder.mode == ForwardMode::AwaitingKeyframe {
            if let Some(awaited) = &mut forwarder.pending {
                awaited.layer = layer;
            }
            return false;
        }
        if forwarder.layer == layer {
            forwarder.pending = None;
            return false;
        }
        let part = self.is_part(layer, forwarder.layer);
        // The picture that is on its way is sent to its end, or the next ones, which build on it,
        // could not be decoded.
        let held = held && !part;
        match &mut forwarder.pending {
            Some(pending) if pending.layer == layer => {
                pending.held = held;
                let more = urgency > pending.urgency;
                if more {
                    *pending = PendingSwitch::new(layer, held, urgency, now);
                }
                more && !part
            }
            pending => {
                *pending = Some(PendingSwitch::new(layer, held, urgency, now));
                !part
            }
        }
    }
}

impl SourceLayer {
    /// Number of the layer of which the publisher is asked for a keyframe: those of a scalable
    /// stream have theirs together.
    pub(super) fn requested_as(&self) -> u8 {
        if self.source.layer.is_some() { 0 } else { self.number }
    }

    /// True while the publisher sends it: others that go on show that it doesn't.
    pub(super) fn is_running(&self, now: Instant) -> bool {
        self.missed < MAX_MISSED_FRAMES || now.saturating_duration_since(self.last) <= MIN_STOPPED
    }

    /// Bits per second, at `at` microseconds; [`None`] while it is new. Of one that sends nothing,
    /// or has just gone on, it is at least what it had before: the window holds the pause as well.
    pub(super) fn needs(&self, at: u64) -> Option<u64> {
        let bits = self.rate.reliable_bits(at)?;
        if at.saturating_sub(self.last_at) > SILENCE {
            return self.last_bits.or(Some(bits));
        }
        let before = self.resumed.filter(|(_, since)| at.saturating_sub(*since) < RATE_WINDOW);
        Some(before.map_or(bits, |(before, _)| bits.max(before)))
    }

    /// Stores a packet that came at `at` microseconds.
    pub(super) fn store(&mut self, packet: &Packet, at: u64) -> Stored {
        if !self.is_running(packet.arrival) {
            self.resumed = self.last_bits.map(|bits| (bits, at));
        }
        (self.last, self.last_at, self.missed) = (packet.arrival, at, 0);
        if packet.marker {
            // A pause takes it down slowly.
            let before = self.last_bits.map(|bits| bits / 8 * 7);
            self.last_bits = self.rate.reliable_bits(at).max(before);
        }
        self.rate.add(at, packet.payload.len());
        if packet.keyframe {
            self.height = packet.height.unwrap_or(self.height);
        }
        self.cache.store(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::numbers::Ssrc;
    use crate::rtp::rewriter::Splice;

    const VIDEO: TrackId = TrackId { video: true, ordinal: 0 };

    /// A packet of a layer of a scalable stream.
    fn share(layer: u8, sequence: u64, timestamp: u32, begins: bool) -> ForwardedPacket {
        #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
        let now = Instant::now();
        let source = Source { ssrc: Ssrc(1), layer: Some(layer) };
        let packet = Packet { source, timestamp, begins, ..Packet::sample(1, sequence, now) };
        ForwardedPacket { track: VIDEO, layer, packet }
    }

    /// Whether a burst's packets are forwarded, and how each follows those before.
    fn forwarded(
        track: &mut SourceTrack,
        forwarder: &mut Forwarder,
        burst: &[ForwardedPacket],
    ) -> Vec<Option<Splice>> {
        let limits = SfuLimits::default();
        for it in burst {
            let (layer, _) = track.layer(it, &limits, &CacheBudget::new(&limits));
            track.layers[layer].store(&it.packet, 0);
        }
        let forwards = burst.iter().map(|it| {
            let layer = usize::from(it.layer);
            let yes = track.forwards(forwarder, layer, &it.packet, Stored::Kept, &mut None);
            yes.then(|| forwarder.accept(it.packet.sequence)).flatten()
        });
        forwards.collect()
    }

    #[test]
    fn picture_of_scalable_stream_is_sent_to_its_end() {
        let mut track = SourceTrack::new(VIDEO);
        let mut forwarder = Forwarder::NEW;
        (forwarder.mode, forwarder.layer) = (ForwardMode::Live, 1);
        let first = [share(0, 10, 0, true), share(1, 20, 0, true), share(1, 21, 0, false)];
        let sent = forwarded(&mut track, &mut forwarder, &first);
        assert_eq!(sent, [None, Some(Splice::AfterLast), Some(Splice::None)]);
        let now = first[0].packet.arrival;
        let needs_keyframe = track.want(&mut forwarder, 0, true, KeyframeUrgency::NoPicture, now);
        assert!(!needs_keyframe);
        // The rest of the picture, of which 23 is lost, and the next one.
        let next = [
            share(1, 22, 0, false),
            share(0, 11, 3_000, true),
            share(1, 24, 3_000, true),
            share(1, 25, 3_000, false),
        ];
        let sent = forwarded(&mut track, &mut forwarder, &next);
        assert_eq!(sent, [Some(Splice::None), Some(Splice::Instead(ExtSeq(24))), None, None]);
    }
}
