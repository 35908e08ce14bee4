//! A share of all subscribers, and everything that is needed to send to them.
//!
//! A shard knows nothing of ICE, DTLS, SDP and publishers: it is given what a handshake agreed on,
//! packets, and what subscribers say over RTCP; it sends through a [`Egress`] and says what should be
//! done elsewhere as [`ShardEvent`]. Like the core it has no clock.

mod audience;
mod batch;
mod bitrate;
mod bwe;
mod forwarder;
mod pacer;
mod retransmission;
mod send_track;
mod subscriber;
mod track;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use str0m::crypto::{CryptoProvider, from_feature_flags};

pub(crate) use self::send_track::NegotiatedTrack;
pub(crate) use self::subscriber::SubscriberSetup;

use self::audience::Audience;
use self::batch::Batch;
use self::subscriber::{SendContext, Subscriber};
use crate::config::SfuLimits;
use crate::ids::{PeerKey, SessionId, StageKey};
use crate::io::egress::{Egress, EgressCounters};
use crate::rate_limit::LeakyBucket;
use crate::rtcp::{CompoundPacket, RtcpMessage, ntp, read};
use crate::rtp::packet::{ForwardedPacket, TrackId};
use crate::rtp::packet_cache::CacheBudget;
use crate::stats::SubscriberStats;

/// How often it is looked whose sender report is due.
const ROUND_INTERVAL: Duration = Duration::from_millis(100);

/// What may be sent of the past may be exceeded for that long.
const CATCH_UP_DEBT: Duration = Duration::from_secs(1);

/// From 1900 to some moment of 2020: receivers compare sender reports only with one
/// another, and many take those from before 1970 for nonsense.
const NTP_EPOCH: Duration = Duration::from_secs(3_800_000_000);

/// What a shard has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShardEvent {
    /// Somebody in the stage of that key needs a keyframe that nobody here has.
    KeyframeNeeded { stage: StageKey, track: TrackId, layer: u8 },
    /// That subscriber can't be served any more. By the time this is heard, the key may be somebody
    /// else's.
    Failed(PeerKey, SessionId),
}

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
    /// By the key of their stage.
    audiences: HashMap<StageKey, Audience>,
    egress: Box<dyn Egress>,
    batch: Batch,
    compound: CompoundPacket,
    /// RTCP on its way in or out.
    report: Vec<u8>,
    news: Vec<ShardEvent>,
    /// When somebody's sender report may be due, and layers are chosen.
    round_at: Instant,
    /// Whose networks are asked for more, and when they are next sent to.
    probing: Vec<PeerKey>,
    probe_at: Option<Instant>,
    /// The moment its own wall clock begins.
    begun: Instant,
    population: usize,
    counters: Arc<EgressCounters>,
    crypto: CryptoProvider,
    /// What may be sent of the past, on all stages together.
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
            news: Vec::new(),
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

    /// A subscriber's handshake is done: from now on it gets what it is owed.
    pub(crate) fn admit(&mut self, now: Instant, key: PeerKey, admission: SubscriberSetup) {
        let (stage, session) = (admission.stage, admission.session);
        let Ok(subscriber) = Subscriber::new(admission, &self.crypto, now) else {
            self.news.push(ShardEvent::Failed(key, session));
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
        let news = &mut self.news;
        audience.join(key, now, &mut self.subscribers, &mut self.catch_up_limit, |track, layer| {
            news.push(ShardEvent::KeyframeNeeded { stage, track, layer });
        });
    }

    /// A subscriber is gone; it is told so.
    pub(crate) fn remove(&mut self, key: PeerKey) {
        let Some(mut subscriber) = self.subscribers.0.get_mut(key.0).and_then(Option::take) else {
            return;
        };
        self.population -= 1;
        subscriber.send_bye(&mut self.compound, &mut self.report, self.egress.as_mut());
        if let Some(audience) = self.audiences.get_mut(&subscriber.stage) {
            audience.leave(key);
        }
    }

    /// ICE has chosen another address for a subscriber.
    pub(crate) fn set_remote(&mut self, key: PeerKey, remote: SocketAddr) {
        if let Some(subscriber) = self.subscribers.get_mut(key) {
            subscriber.remote = remote;
            if let Some(bandwidth) = &mut subscriber.bandwidth {
                bandwidth.path_changed();
            }
        }
    }

    /// A subscriber has no use for pictures higher than that.
    pub(crate) fn set_max_height(&mut self, key: PeerKey, height: Option<u16>) {
        if let Some(subscriber) = self.subscribers.get_mut(key) {
            subscriber.max_height = height;
        }
    }

    /// Packets of one stage's publisher, in the order in which they came. What has no audience here
    /// is kept for the first who comes.
    pub(crate) fn forward(&mut self, now: Instant, stage: StageKey, burst: &[ForwardedPacket]) {
        let audience = self.audiences.entry(stage);
        let audience = audience.or_insert_with(|| Audience::new(now, &self.limits, &self.budget));
        let mut context = SendContext { batch: &mut self.batch, egress: self.egress.as_mut(), now };
        let news = &mut self.news;
        let watched = !audience.viewers.is_empty();
        audience.forward(burst, &mut self.subscribers, &mut context, |track, layer| {
            if watched {
                news.push(ShardEvent::KeyframeNeeded { stage, track, layer });
            }
        });
        self.count();
    }

    /// The stage's publisher is gone or another one: what was kept of it is of no use.
    pub(crate) fn reset(&mut self, stage: StageKey) {
        if let Some(audience) = self.audiences.get_mut(&stage) {
            audience.reset(&mut self.subscribers);
        }
    }

    /// The stage is over.
    pub(crate) fn forget(&mut self, stage: StageKey) {
        self.audiences.remove(&stage);
    }

    /// What a subscriber says over SRTCP.
    pub(crate) fn handle_rtcp(&mut self, now: Instant, key: PeerKey, datagram: &[u8]) {
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
        let mut context = SendContext { batch: &mut self.batch, egress: self.egress.as_mut(), now };
        read(&self.report, |message| match message {
            RtcpMessage::Reception(report) => subscriber.on_reception_report(&report, ntp),
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
                    self.news.push(ShardEvent::KeyframeNeeded { stage, track, layer });
                }
            }
            RtcpMessage::TransportFeedback(feedback) => {
                subscriber.on_transport_feedback(&feedback, now)
            }
            RtcpMessage::ReferenceTime(time) => subscriber.on_reference_time(time, ntp),
        });
        subscriber.send(&mut context);
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let mut context = SendContext { batch: &mut self.batch, egress: self.egress.as_mut(), now };
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
            let (news, probing) = (&mut self.news, &mut self.probing);
            let catch_up_limit = &mut self.catch_up_limit;
            audience.serve_queue(now, &mut self.subscribers, catch_up_limit);
            audience.choose(now, &mut self.subscribers, catch_up_limit, probing, |track, layer| {
                news.push(ShardEvent::KeyframeNeeded { stage: *stage, track, layer });
            });
        }
        if !self.probing.is_empty() {
            self.probe_at.get_or_insert(now);
        }
        for subscriber in self.subscribers.0.iter_mut().flatten() {
            let (compound, report) = (&mut self.compound, &mut self.report);
            subscriber.send_report(now, ntp, compound, report, self.egress.as_mut());
        }
    }

    /// Sends what probes are short of.
    fn probe(&mut self, now: Instant) {
        if self.probe_at.is_none_or(|at| at > now) {
            return;
        }
        self.probe_at = None;
        let (subscribers, audiences) = (&mut self.subscribers, &self.audiences);
        let mut context = SendContext { batch: &mut self.batch, egress: self.egress.as_mut(), now };
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

    /// When [`Shard::handle_timeout`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let round = (self.population > 0).then_some(self.round_at);
        let catch_up = self.audiences.values().filter_map(|a| a.catch_up_at);
        catch_up.chain(round).chain(self.probe_at).min()
    }

    /// What is known of a subscriber's reception.
    pub(crate) fn stats(&self, key: PeerKey) -> Option<SubscriberStats> {
        let subscriber = self.subscribers.0.get(key.0)?.as_ref()?;
        let audience = self.audiences.get(&subscriber.stage);
        let bandwidth = subscriber.bandwidth.as_ref().filter(|b| b.has_feedback());
        Some(SubscriberStats {
            bandwidth: bandwidth.map(|b| b.estimate()),
            height: audience.and_then(|a| a.height(&subscriber.forwarders)),
            layer_changes: subscriber.forwarders.iter().map(|f| f.changes).sum(),
            ..subscriber.stats
        })
    }

    fn count(&mut self) {
        self.counters.media.fetch_add(std::mem::take(&mut self.batch.media), Relaxed);
    }

    /// The time of its own wall clock.
    fn ntp(&self, now: Instant) -> u64 {
        ntp(NTP_EPOCH + now.saturating_duration_since(self.begun))
    }
}

/// All shards together, wherever they run.
pub(crate) trait Shards: Send {
    /// See [`Shard::admit`].
    fn admit(&mut self, now: Instant, key: PeerKey, admission: SubscriberSetup);
    /// See [`Shard::remove`].
    fn remove(&mut self, key: PeerKey);
    /// See [`Shard::set_remote`].
    fn set_remote(&mut self, key: PeerKey, remote: SocketAddr);
    /// See [`Shard::set_max_height`].
    fn set_max_height(&mut self, key: PeerKey, height: Option<u16>);
    /// See [`Shard::forward`].
    fn forward(&mut self, now: Instant, stage: StageKey, burst: &[ForwardedPacket]);
    /// See [`Shard::reset`].
    fn reset(&mut self, stage: StageKey);
    /// See [`Shard::forget`].
    fn forget(&mut self, stage: StageKey);
    /// See [`Shard::handle_rtcp`].
    fn handle_rtcp(&mut self, now: Instant, key: PeerKey, datagram: &[u8]);
    /// See [`Shard::handle_timeout`]; nothing where shards look at the time themselves.
    fn handle_timeout(&mut self, now: Instant);
    /// See [`Shard::deadline`].
    fn deadline(&self) -> Option<Instant>;
    /// Adds what they have to tell.
    fn take_events(&mut self, news: &mut Vec<ShardEvent>);
    /// Whether they have no time left for more subscribers.
    fn is_full(&self) -> bool;
    /// What is known of a subscriber's reception; at most about a second old.
    fn stats(&self, key: PeerKey) -> Option<SubscriberStats>;
}

/// One shard by itself.
impl Shards for Shard {
    fn admit(&mut self, now: Instant, key: PeerKey, admission: SubscriberSetup) {
        Shard::admit(self, now, key, admission);
    }

    fn remove(&mut self, key: PeerKey) {
        Shard::remove(self, key);
    }

    fn set_remote(&mut self, key: PeerKey, remote: SocketAddr) {
        Shard::set_remote(self, key, remote);
    }

    fn set_max_height(&mut self, key: PeerKey, height: Option<u16>) {
        Shard::set_max_height(self, key, height);
    }

    fn forward(&mut self, now: Instant, stage: StageKey, burst: &[ForwardedPacket]) {
        Shard::forward(self, now, stage, burst);
    }

    fn reset(&mut self, stage: StageKey) {
        Shard::reset(self, stage);
    }

    fn forget(&mut self, stage: StageKey) {
        Shard::forget(self, stage);
    }

    fn handle_rtcp(&mut self, now: Instant, key: PeerKey, datagram: &[u8]) {
        Shard::handle_rtcp(self, now, key, datagram);
    }

    fn handle_timeout(&mut self, now: Instant) {
        Shard::handle_timeout(self, now);
    }

    fn deadline(&self) -> Option<Instant> {
        Shard::deadline(self)
    }

    fn take_events(&mut self, news: &mut Vec<ShardEvent>) {
        news.append(&mut self.news);
    }

    fn is_full(&self) -> bool {
        // The media thread's time is its own.
        false
    }

    fn stats(&self, key: PeerKey) -> Option<SubscriberStats> {
        Shard::stats(self, key)
    }
}
