//! Shards on threads of their own.

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use str0m::crypto::dtls::SrtpProfile;

use super::*;
use crate::ids::{SessionId, StageKey};
use crate::rtp::packet::{Packet, TrackId};
use crate::shard::{KeyframeUrgency, SubscriberSetup};
use crate::srtp::keys::SrtpKeys;

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a socket");
    socket.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    socket
}

fn admission(
    remote: &UdpSocket,
    profile: SrtpProfile,
    bytes: usize,
) -> (SessionId, Box<SubscriberSetup>) {
    let session = SessionId::random().expect("randomness");
    let keys = SrtpKeys { profile, material: vec![7; bytes], client: false };
    let remote = remote.local_addr().expect("an address");
    let (stage, tracks) = (StageKey(1), Vec::new());
    let setup = SubscriberSetup { session, stage, remote, max_height: None, keys, tracks };
    (session, Box::new(setup))
}

fn started(count: usize) -> ThreadedShards {
    let sender = socket();
    sender.set_nonblocking(true).expect("not blocking");
    let counters = Arc::new(EgressCounters::default());
    let egress = UdpEgress::new(sender, Arc::clone(&counters)).expect("a wire");
    let started = ThreadedShards::start(count, &SfuLimits::default(), &egress, &counters);
    started.expect("threads").0
}

/// The next events of the threads.
fn heard(threads: &mut ThreadedShards) -> Vec<ShardEvent> {
    let mut events = Vec::new();
    let end = clock() + Duration::from_secs(5);
    while events.is_empty() && clock() < end {
        thread::yield_now();
        threads.take_events(&mut events);
    }
    events
}

#[test]
fn a_panic_ends_the_sessions_of_its_shard_and_no_others() {
    let mut threads = started(2);
    let (here, there) = (socket(), socket());
    let profile = SrtpProfile::AEAD_AES_128_GCM;
    let (broken, admitted) = admission(&here, profile, 56);
    threads.handle(clock(), ShardInput::Admit(PeerKey(1), admitted));
    threads.handle(clock(), ShardInput::Admit(PeerKey(2), admission(&there, profile, 56).1));
    threads.tell(PeerKey(1), WorkerInput::Panic);
    assert_eq!(heard(&mut threads), [ShardEvent::Failed(PeerKey(1), broken)]);
    // The thread goes on: it takes the next, and says what is wrong with it.
    threads.handle(clock(), ShardInput::Remove(PeerKey(1)));
    let (useless, admitted) = admission(&here, profile, 3);
    threads.handle(clock(), ShardInput::Admit(PeerKey(3), admitted));
    assert_eq!(heard(&mut threads), [ShardEvent::Failed(PeerKey(3), useless)]);
}

/// A thread that has admitted the subscriber of a session, and waits until it is told to go on.
fn waiting(
    remote: &UdpSocket,
    profile: SrtpProfile,
) -> (ThreadedShards, SessionId, SyncSender<()>) {
    let mut threads = started(1);
    let (session, admitted) = admission(remote, profile, 56);
    threads.handle(clock(), ShardInput::Admit(PeerKey(1), admitted));
    let (end, until) = sync_channel(0);
    threads.tell(PeerKey(1), WorkerInput::Wait(until));
    end.send(()).expect("it waits");
    (threads, session, end)
}

#[test]
fn subscriber_changes_are_coalesced_in_queue() {
    let here = socket();
    let profile = SrtpProfile::AEAD_AES_128_GCM;
    let (mut threads, _, end) = waiting(&here, profile);
    let remote = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    // More than all inputs that may wait.
    for port in 1..=20_000 {
        threads.handle(clock(), ShardInput::SetRemote(PeerKey(1), remote(port)));
        threads.handle(clock(), ShardInput::SetMaxHeight(PeerKey(1), Some(port)));
    }
    let changes = lock(&threads.workers[0].state.changes).clone();
    assert_eq!(changes.len(), 1);
    let last = changes.values().next().map(|change| (change.remote, change.height));
    assert_eq!(last, Some((Some(remote(20_000)), Some(Some(20_000)))));
    end.send(()).expect("it waits");
    // It goes on as if nothing had been.
    let (useless, admitted) = admission(&here, profile, 3);
    threads.handle(clock(), ShardInput::Admit(PeerKey(3), admitted));
    assert_eq!(heard(&mut threads), [ShardEvent::Failed(PeerKey(3), useless)]);
    assert!(lock(&threads.workers[0].state.changes).is_empty());
}

#[test]
fn feedback_displaces_no_media() {
    let here = socket();
    let profile = SrtpProfile::AEAD_AES_128_GCM;
    let (mut threads, _, end) = waiting(&here, profile);
    // A thousand viewers' reports of 150 ms, while the thread sends a large burst.
    for _ in 0..3_000 {
        threads.handle(clock(), ShardInput::Rtcp(PeerKey(1), &[0; 60]));
    }
    let burst = [ForwardedPacket {
        track: TrackId { video: true, ordinal: 0 },
        layer: 0,
        packet: Packet::sample(1, 1, clock()),
    }];
    threads.handle(clock(), ShardInput::Forward(StageKey(1), &burst));
    assert_eq!(threads.counters.dropped.load(Ordering::Relaxed), 0);
    let state = Arc::clone(&threads.workers[0].state);
    assert_eq!(state.waiting_bursts.load(Ordering::Relaxed), 1);
    assert_eq!(state.waiting_reports.load(Ordering::Relaxed), MAX_WAITING_REPORTS);
    end.send(()).expect("it waits");
    let (useless, admitted) = admission(&here, profile, 3);
    threads.handle(clock(), ShardInput::Admit(PeerKey(3), admitted));
    // The shard has the burst, which is no keyframe.
    let (stage, track) = (StageKey(1), TrackId { video: true, ordinal: 0 });
    let urgency = KeyframeUrgency::NoPicture;
    let events = heard(&mut threads);
    assert_eq!(events[0], ShardEvent::KeyframeNeeded { stage, track, layer: 0, urgency });
    assert_eq!(events[1], ShardEvent::Failed(PeerKey(3), useless));
    assert_eq!(state.waiting_bursts.load(Ordering::Relaxed), 0);
    assert_eq!(state.waiting_reports.load(Ordering::Relaxed), 0);
}

#[test]
fn a_thread_that_is_too_far_behind_ends_its_sessions_and_begins_anew() {
    let here = socket();
    let profile = SrtpProfile::AEAD_AES_128_GCM;
    let (mut threads, lost, end) = waiting(&here, profile);
    for stage in 0..20_000 {
        threads.handle(clock(), ShardInput::Reset(StageKey(stage)));
    }
    // Who comes now is told at once.
    let (late, admitted) = admission(&here, profile, 56);
    threads.handle(clock(), ShardInput::Admit(PeerKey(2), admitted));
    assert_eq!(heard(&mut threads), [ShardEvent::Failed(PeerKey(2), late)]);
    end.send(()).expect("it waits");
    assert_eq!(heard(&mut threads), [ShardEvent::Failed(PeerKey(1), lost)]);
    let (useless, admitted) = admission(&here, profile, 3);
    threads.handle(clock(), ShardInput::Admit(PeerKey(3), admitted));
    assert_eq!(heard(&mut threads), [ShardEvent::Failed(PeerKey(3), useless)]);
}
