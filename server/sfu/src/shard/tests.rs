//! A shard by itself, with subscribers that say nothing.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use str0m::crypto::dtls::SrtpProfile;
use str0m::format::CodecConfig;
use str0m::rtp::{Extension, ExtensionMap};

use super::forwarder::ForwardMode;
use super::*;
use crate::ids::SessionId;
use crate::rtp::numbers::{ExtSeq, Ssrc};
use crate::rtp::packet::{Packet, Source};
use crate::srtp::keys::SrtpKeys;

const STAGE: StageKey = StageKey(0);
const VIDEO: TrackId = TrackId { video: true, ordinal: 0 };
const FRAME: Duration = Duration::from_millis(34);

/// A call of the egress: datagrams in it, and whether they are RTCP (RFC 5761 §4).
struct Call {
    datagrams: usize,
    rtcp: bool,
}

#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<Call>>>);

impl Egress for Calls {
    fn max_segments(&self) -> usize {
        64
    }

    fn send(&mut self, _: SocketAddr, datagrams: &[u8], segment: usize) {
        let rtcp = (192..224).contains(&datagrams[1]);
        let call = Call { datagrams: datagrams.len().div_ceil(segment), rtcp };
        self.0.lock().expect("one thread").push(call);
    }
}

/// A shard, and the stream that it forwards: 2.5 Mbit/s, in frames of nine packets.
struct Stage {
    shard: Shard,
    calls: Calls,
    now: Instant,
    frames: u64,
}

impl Stage {
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn new() -> Self {
        let (now, calls) = (Instant::now(), Calls::default());
        let counters = Arc::new(EgressCounters::default());
        let shard = Shard::new(now, &SfuLimits::default(), Box::new(calls.clone()), counters);
        Stage { shard, calls, now, frames: 0 }
    }

    fn admit(&mut self, number: usize) {
        let mut codecs = CodecConfig::empty();
        codecs.enable_vp8(true);
        let mut extensions = ExtensionMap::empty();
        extensions.set(3, Extension::TransportSequenceNumber);
        let random = (number as u32).wrapping_mul(0x9e37_79b9);
        let track = NegotiatedTrack {
            id: VIDEO,
            mid: "v".into(),
            ssrc: Ssrc(random),
            repair_ssrc: Ssrc(random ^ 1),
            codecs,
            extensions,
            retransmits_audio: false,
            random: number as u64,
        };
        let profile = SrtpProfile::AEAD_AES_128_GCM;
        let setup = SubscriberSetup {
            session: SessionId::random().expect("randomness"),
            stage: STAGE,
            remote: SocketAddr::from(([10, 0, 0, 2], 5_000)),
            max_height: None,
            keys: SrtpKeys { profile, material: vec![7; 56], client: false },
            tracks: vec![track],
        };
        self.shard.take::<&[ForwardedPacket], &[u8]>(
            self.now,
            ShardInput::Admit(PeerKey(number), Box::new(setup)),
        );
    }

    /// Forwards a frame of a scalable stream of two layers, of half a megabit and three a second.
    fn scalable_frame(&mut self) {
        let layers = [(0, 2), (1, 10)];
        let burst: Vec<ForwardedPacket> = layers
            .into_iter()
            .flat_map(|(layer, count)| (0..count).map(move |index| (layer, count, index)))
            .map(|(layer, count, index)| {
                let packet = Packet {
                    sequence: ExtSeq(100 + self.frames * count + index),
                    timestamp: (self.frames * 3_060) as u32,
                    marker: index + 1 == count,
                    source: Source { ssrc: Ssrc(1), layer: Some(layer) },
                    keyframe: self.frames == 0 && index == 0,
                    begins: index == 0,
                    height: Some(360 << layer),
                    payload: vec![0; 1_100].into(),
                    ..Packet::sample(1, 0, self.now)
                };
                ForwardedPacket { track: VIDEO, layer, packet }
            })
            .collect();
        self.frames += 1;
        let input: ShardInput<_, &[u8]> = ShardInput::Forward(STAGE, &burst[..]);
        self.shard.take(self.now, input);
        self.pass(FRAME);
    }

    /// Forwards the next frame.
    fn frame(&mut self, keyframe: bool) {
        let first = 100 + self.frames * 9;
        let burst: Vec<ForwardedPacket> = (0..9)
            .map(|index| {
                let packet = Packet {
                    sequence: ExtSeq(first + index),
                    timestamp: (self.frames * 3_060) as u32,
                    marker: index == 8,
                    keyframe: keyframe && index == 0,
                    payload: vec![0; 1_200].into(),
                    ..Packet::sample(1, 0, self.now)
                };
                ForwardedPacket { track: VIDEO, layer: 0, packet }
            })
            .collect();
        self.frames += 1;
        let input: ShardInput<_, &[u8]> = ShardInput::Forward(STAGE, &burst[..]);
        self.shard.take(self.now, input);
    }

    /// Lets so much time pass.
    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.shard.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.shard.handle_timeout(self.now);
        }
        self.now = end;
    }

    fn play(&mut self, frames: usize) {
        for _ in 0..frames {
            self.frame(false);
            self.pass(FRAME);
        }
    }

    /// Datagrams of media, and calls for them, since the last time.
    fn media(&mut self) -> (usize, usize) {
        let calls = std::mem::take(&mut *self.calls.0.lock().expect("one thread"));
        let media = || calls.iter().filter(|call| !call.rtcp);
        (media().map(|call| call.datagrams).sum(), media().count())
    }

    fn reports(&mut self) -> usize {
        let calls = std::mem::take(&mut *self.calls.0.lock().expect("one thread"));
        calls.iter().filter(|call| call.rtcp).count()
    }
}

#[test]
fn first_picture_leaves_in_one_portion() {
    let mut stage = Stage::new();
    stage.frame(true);
    stage.pass(FRAME);
    stage.play(30);
    stage.admit(0);
    assert_eq!(stage.media(), (0, 0), "the last flight of the handshake is read first");
    stage.pass(Duration::from_millis(5));
    let (sent, calls) = stage.media();
    assert!(sent >= 9 && calls == 1, "{sent} in {calls}");
    assert!(sent <= 12, "{sent}: no more than the line has room for, if it carries the stream");
}

#[test]
fn packets_of_a_frame_are_not_held_while_there_is_room() {
    let mut stage = Stage::new();
    stage.play(30);
    stage.admit(0);
    stage.pass(FRAME);
    stage.frame(true);
    assert_eq!(stage.media(), (9, 1));
    stage.pass(FRAME);
    stage.frame(false);
    assert_eq!(stage.media(), (9, 1));
}

#[test]
fn past_is_sent_in_portions_that_are_worth_a_call() {
    let mut stage = Stage::new();
    stage.frame(true);
    stage.pass(FRAME);
    stage.play(30);
    stage.admit(0);
    stage.play(90);
    let (sent, calls) = stage.media();
    assert!(sent >= 120 * 9, "{sent}: up to the present");
    assert!(calls * 3 <= sent, "{sent} in {calls} calls");
}

#[test]
fn reports_to_many_are_spread() {
    let mut stage = Stage::new();
    (0..100).for_each(|number| stage.admit(number));
    stage.pass(FRAME);
    stage.frame(true);
    stage.pass(Duration::from_secs(2));
    stage.reports();
    let rounds: Vec<usize> = (0..10)
        .map(|_| {
            stage.pass(ROUND_INTERVAL);
            stage.reports()
        })
        .collect();
    assert_eq!(rounds.iter().sum::<usize>(), 100, "{rounds:?}");
    assert!(rounds.iter().all(|count| *count <= 25), "{rounds:?}");
}

#[test]
fn layer_of_scalable_stream_that_is_not_held_is_regretted() {
    let mut stage = Stage::new();
    (0..40).for_each(|_| stage.scalable_frame());
    stage.admit(0);
    (0..3).for_each(|_| stage.scalable_frame());
    let subscriber = stage.shard.subscribers.get_mut(PeerKey(0)).expect("admitted");
    let rests = |it: &Subscriber, now| it.bandwidth.as_ref().is_some_and(|b| b.rests(now));
    assert!(!rests(subscriber, stage.now));
    // A probe has found room for the upper layer, which isn't there after all.
    subscriber.forwarders[0].mode = ForwardMode::Live;
    subscriber.forwarders[0].layer = 1;
    (0..10).for_each(|_| stage.scalable_frame());
    let subscriber = stage.shard.subscribers.get_mut(PeerKey(0)).expect("admitted");
    assert_eq!(subscriber.forwarders[0].layer, 0);
    assert!(rests(subscriber, stage.now), "no other probe for some seconds");
}
