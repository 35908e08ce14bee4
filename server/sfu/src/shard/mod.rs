//! A shard: a share of all subscribers, and everything that is needed to send to them.
//!
//! It knows nothing of ICE, DTLS, SDP and publishers: its inputs ([`ShardInput`]) are the keys of a
//! handshake, packets, and RTCP of subscribers. It sends through an [`egress::Egress`], and asks
//! for what is done elsewhere by [`ShardEvent`]s. Like the core it has no clock.

mod audience;
mod batch;
mod bitrate;
mod bwe;
mod catch_up;
pub(crate) mod egress;
mod extension_writer;
mod forwarder;
mod input;
mod layer_selection;
mod pacer;
mod padding;
mod retransmission;
mod send_track;
mod subscriber;
#[cfg(test)]
mod tests;
mod track;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use str0m::crypto::{CryptoProvider, from_feature_flags};

pub(crate) use self::input::{
    BorrowedInput, KeyframeUrgency, QueuedInput, ShardEvent, ShardInput, Shards,
};
pub(crate) use self::send_track::NegotiatedTrack;
pub(crate) use self::subscriber::SubscriberSetup;

use self::audience::Audience;
use self::batch::Batch;
use self::subscriber::{SendContext, Subscriber};
use crate::config::SfuLimits;
use crate::ids::{PeerKey, StageKey};
use crate::rate_limit::LeakyBucket;
use crate::rtcp::{CompoundPacket, RtcpMessage, ntp, read};
use crate::rtp::packet::{ForwardedPacket, TrackId};
use crate::rtp::packet_cache::CacheBudget;
use crate::shard::egress::{Egress, EgressCounters};
use crate::stats::SubscriberStats;

/// Interval of sender reports and layer selection.
const ROUND_INTERVAL: Duration = Duration::from_millis(100);

/// Time for which the catch-up limit may be exceeded.
const CATCH_UP_DEBT: Duration = Duration::from_secs(1);

/// Time from 1900 to some moment of 2020: receivers compare sender reports only with one another,
/// and many take those from before 1970 for nonsense.
const NTP_EPOCH: Duration = Duration::from_secs(3_800_000_000);

/// Subscribers by the key of their peer.
#[derive(Default)]
struct Subscribers(Vec<Option<Box<Subscriber>>>);

impl Subscribers {
    fn get_mut(&mut self, key: PeerKey) -> Option<&mut Subscriber> {
        self.0.get_mut(key.0)?.as_deref_mut()
    }
}

/// A share of all subscribers.
pub(crate) struct Shard {
    subscribers: Subscribers,
    /// Audiences of the stages.
    audiences: HashMap<StageKey, Audience>,
    egress: Box<dyn Egress>,
    batch: Batch,
    compound: CompoundPacket,
    /// Buffer of RTCP.
    report: Vec<u8>,
    events: Vec<ShardEvent>,
    /// When the next round is due.
    round_at: Instant,
    /// Subscribers with a running probe, and when its next portion is due.
    probing: Vec<PeerKey>,
    probe_at: Option<Instant>,
    /// Origin of its own wall clock.
    begun: Instant,
    population: usize,
    counters: Arc<EgressCounters>,
    crypto: CryptoProvider,
    /// Limit of what is sent from the cache, on all stages together.
    catch_up_limit: LeakyBucket,
    budget: CacheBudget,
    limits: SfuLimits,
}

impl Shard {
    /// A shard without subscribers, which sends through `egress` and counts media in `counters`.
    pub(crate) fn new(
        now: Instant,
        limits: &SfuLimits,
        egress: Box<dyn Egress>,
        counters: Arc<EgressCounters>,
    ) -> Self {
        Shard {
            subscribers: Subscribers::default(),
            audiences: HashMap::new(),
            egress,
            batch: Batch::default(),
            compound: CompoundPacket::default(),
            report: Vec::new(),
            events: Vec::new(),
            round_at: now,
            probing: Vec::new(),
            probe_at: None,
            begun: now,
            population: 0,
            counters,
            crypto: from_feature_flags(),
            catch_up_limit: LeakyBucket::new(CATCH_UP_DEBT, now),
            budget: CacheBudget::new(limits),
            limits: limits.clone(),
        }
    }

    /// Takes an input, in whichever form it comes.
    pub(crate) fn take<Burst, Datagram>(&mut self, now: Instant, input: ShardInput<Burst, Datagram>)
    where
        Burst: AsRef<[ForwardedPacket]>,
        Datagram: AsRef<[u8]>,
    {
        match input {
            ShardInput::Admit(key, setup) => self.admit(now, key, *setup),
            ShardInput::Remove(key) => self.remove(key),
            ShardInput::SetRemote(key, remote) => self.set_remote(key, remote),
            ShardInput::SetMaxHeight(key, height) => self.set_max_height(key, height),
            ShardInput::Forward(stage, burst) => self.forward(now, stage, burst.as_ref()),
            ShardInput::Reset(stage) => self.reset(now, stage),
            ShardInput::Forget(stage) => {
                self.audiences.remove(&stage);
            }
            ShardInput::Rtcp(key, datagram) => self.handle_rtcp(now, key, datagram.as_ref()),
        }
    }

    fn admit(&mut self, now: Instant, key: PeerKey, setup: SubscriberSetup) {
        let (stage, session) = (setup.stage, setup.session);
        let Ok(subscriber) = Subscriber::new(setup, &self.crypto, now) else {
            self.events.push(ShardEvent::Failed(key, session));
            return;
        };
        if self.subscribers.0.len() <= key.0 {
            self.subscribers.0.resize_with(key.0 + 1, || None);
        }
        if let Some(place) = self.subscribers.0.get_mut(key.0) {
            *place = Some(Box::new(subscriber));
        }
        self.population += 1;
        let audience = self.audiences.entry(stage);
        let audience = audience.or_insert_with(|| Audience::new(now, &self.limits, &self.budget));
        let events = &mut self.events;
        audience.join(key, now, &mut self.subscribers, &mut self.catch_up_limit, |track, layer| {
            events.push(no_picture(stage, track, layer));
        });
    }

    fn remove(&mut self, key: PeerKey) {
        let Some(mut subscriber) = self.subscribers.0.get_mut(key.0).and_then(Option::take) else {
            return;
        };
        self.population -= 1;
        subscriber.send_bye(&mut self.compound, &mut self.report, self.egress.as_mut());
        if let Some(audience) = self.audiences.get_mut(&subscriber.stage) {
            audience.leave(key);
        }
    }

    fn set_remote(&mut self, key: PeerKey, remote: SocketAddr) {
        if let Some(subscriber) = self.subscribers.get_mut(key) {
            subscriber.remote = remote;
            if let Some(bandwidth) = &mut subscriber.bandwidth {
                bandwidth.path_changed();
            }
        }
    }

    fn set_max_height(&mut self, key: PeerKey, height: Option<u16>) {
        if let Some(subscriber) = self.subscribers.get_mut(key) {
            subscriber.max_height = height;
        }
    }

    fn forward(&mut self, now: Instant, stage: StageKey, burst: &[ForwardedPacket]) {
        let audience = self.audiences.entry(stage);
        let audience = audience.or_insert_with(|| Audience::new(now, &self.limits, &self.budget));
        let mut context = SendContext::new(&mut self.batch, self.egress.as_mut(), now);
        let events = &mut self.events;
        let watched = !audience.viewers.is_empty();
        audience.forward(burst, &mut self.subscribers, &mut context, |track, layer| {
            if watched {
                events.push(no_picture(stage, track, layer));
            }
        });
        self.count();
    }

    fn reset(&mut self, now: Instant, stage: StageKey) {
        if let Some(audience) = self.audiences.get_mut(&stage) {
            audience.reset(now, &mut self.subscribers);
        }
    }

    fn handle_rtcp(&mut self, now: Instant, key: PeerKey, datagram: &[u8]) {
        let ntp = self.ntp(now);
        let Some(subscriber) = self.subscribers.get_mut(key) else {
            return;
        };
        if !subscriber.open(datagram, &mut self.report) {
            return;
        }
        let Some(audience) = self.audiences.get_mut(&subscriber.stage) else {
            return;
        };
        let mut context = SendContext::new(&mut self.batch, self.egress.as_mut(), now);
        read(&self.report, |message| match message {
            RtcpMessage::Reception(report) => subscriber.on_reception_report(&report, ntp, now),
            RtcpMessage::BandwidthBound(bits) => subscriber.on_bandwidth_bound(bits),
            RtcpMessage::Nack(nack) => {
                let find = |source, sequence| audience.find(source, sequence);
                subscriber.retransmit(&nack, find, &mut context);
            }
            RtcpMessage::KeyframeRequest { ssrc } => {
                subscriber.stats.keyframe_requests += 1;
                if let Some(track) = subscriber.track(ssrc).filter(|t| t.video)
                    && let Some(layer) = audience.keyframe_requested(
                        track,
                        now,
                        subscriber,
                        &mut self.catch_up_limit,
                    )
                {
                    let stage = subscriber.stage;
                    self.events.push(no_picture(stage, track, layer));
                }
            }
            RtcpMessage::TransportFeedback(feedback) => {
                subscriber.on_transport_feedback(&feedback, now)
            }
            RtcpMessage::ReferenceTime(time) => subscriber.on_reference_time(time, ntp),
        });
        subscriber.send(&mut context);
    }

    /// Sends the padding of running probes.
    fn probe(&mut self, now: Instant) {
        if self.probe_at.is_none_or(|at| at > now) {
            return;
        }
        self.probe_at = None;
        let (subscribers, audiences) = (&mut self.subscribers, &self.audiences);
        let mut context = SendContext::new(&mut self.batch, self.egress.as_mut(), now);
        let probe_at = &mut self.probe_at;
        self.probing.retain(|key| {
            let Some(subscriber) = subscribers.get_mut(*key) else {
                return false;
            };
            let due = subscriber.bandwidth.as_ref().and_then(|b| b.probe_due(now));
            let (Some((bytes, next)), Some(audience)) = (due, audiences.get(&subscriber.stage))
            else {
                return false;
            };
            subscriber.send_padding(
                bytes,
                |source, sequence| audience.find(source, sequence),
                &mut context,
            );
            subscriber.send(&mut context);
            *probe_at = Some(probe_at.map_or(next, |at: Instant| at.min(next)));
            true
        });
    }

    fn count(&mut self) {
        self.counters.media.fetch_add(std::mem::take(&mut self.batch.media), Relaxed);
    }

    /// NTP time of its own wall clock.
    fn ntp(&self, now: Instant) -> u64 {
        ntp(NTP_EPOCH + now.saturating_duration_since(self.begun))
    }
}

impl Shards for Shard {
    fn handle(&mut self, now: Instant, input: BorrowedInput<'_>) {
        self.take(now, input);
    }

    fn handle_timeout(&mut self, now: Instant) {
        let mut context = SendContext::new(&mut self.batch, self.egress.as_mut(), now);
        for audience in self.audiences.values_mut() {
            audience.catch_up(now, &mut self.subscribers, &mut context);
        }
        self.probe(now);
        self.count();
        if now < self.round_at {
            return;
        }
        self.round_at = now + ROUND_INTERVAL;
        let ntp = self.ntp(now);
        for (stage, audience) in &mut self.audiences {
            let (events, probing) = (&mut self.events, &mut self.probing);
            let catch_up_limit = &mut self.catch_up_limit;
            audience.serve_queue(now, &mut self.subscribers, catch_up_limit);
            let stage = *stage;
            audience.shorten(now, &mut self.subscribers, |track, layer| {
                events.push(no_picture(stage, track, layer));
            });
            let request = |track, layer, urgency| {
                events.push(ShardEvent::KeyframeNeeded { stage, track, layer, urgency });
            };
            audience.choose(now, &mut self.subscribers, catch_up_limit, probing, request);
        }
        if !self.probing.is_empty() {
            self.probe_at.get_or_insert(now);
        }
        for subscriber in self.subscribers.0.iter_mut().flatten() {
            let (compound, report) = (&mut self.compound, &mut self.report);
            subscriber.send_report(now, ntp, compound, report, self.egress.as_mut());
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let round = (self.population > 0).then_some(self.round_at);
        let catch_up =
            self.audiences.values().flat_map(|a| [a.catch_up_at, a.portion_at]).flatten();
        catch_up.chain(round).chain(self.probe_at).min()
    }

    fn take_events(&mut self, events: &mut Vec<ShardEvent>) {
        events.append(&mut self.events);
    }

    fn is_full(&self) -> bool {
        // The media thread's time is its own.
        false
    }

    fn stats(&self, key: PeerKey) -> Option<SubscriberStats> {
        let subscriber = self.subscribers.0.get(key.0)?.as_ref()?;
        let audience = self.audiences.get(&subscriber.stage);
        let bandwidth = subscriber.bandwidth.as_ref().filter(|b| b.has_feedback());
        Some(SubscriberStats {
            bandwidth: bandwidth.map(|b| b.estimate()),
            height: audience.and_then(|a| a.height(&subscriber.forwarders)),
            picture_paused: audience.is_some_and(|a| a.is_paused(&subscriber.forwarders)),
            layer_changes: subscriber.forwarders.iter().map(|f| f.changes).sum(),
            ..subscriber.stats
        })
    }
}

/// A subscriber of the stage has no picture for want of a keyframe.
fn no_picture(stage: StageKey, track: TrackId, layer: u8) -> ShardEvent {
    ShardEvent::KeyframeNeeded { stage, track, layer, urgency: KeyframeUrgency::NoPicture }
}
