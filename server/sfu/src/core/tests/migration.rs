//! Address migration and ICE restarts.

use std::net::SocketAddr;
use std::time::Duration;

use super::world::{Network, World};
use crate::config::SfuTimeouts;
use crate::event::{EndReason, SfuEvent};
use crate::ice::connectivity_check::MAX_TRANSMISSIONS;
use crate::ice::stun::{DatagramClass, classify};

const SECOND: Duration = Duration::from_secs(1);

/// What a move may cost: the time to the client's next check, which this one makes every 3 s (browsers
/// every 2.5 s), that one's way, and the round trip of the check in the other direction.
const GAP: Duration = Duration::from_millis(3_320);

/// A jitter as of a telephone in a train. Nothing is lost, or a lost check would count for the gap.
const TRAIN: Network = Network { lost: 0, doubled: 5, delay: 40, jitter: 20, capacity: 1_000_000 };

/// A publisher, and a viewer who has been watching it for a while.
fn watching(seed: u64) -> (World, usize, usize) {
    let mut world = World::new(seed);
    world.network = TRAIN;
    let publisher = world.publish("stage", 65_400);
    let viewer = world.subscribe("stage");
    world.until(SECOND * 5, "video", |w| w.clients[viewer].video().len() > 200);
    (world, publisher, viewer)
}

/// Lets 6 s pass, and returns the longest that the viewer has seen no packet of video.
fn longest_gap(world: &mut World, viewer: usize) -> Duration {
    world.clients[viewer].forget();
    let begun = world.now;
    world.pass(SECOND * 6);
    let mut seen: Vec<_> = world.clients[viewer].seen.iter().filter(|s| s.video).collect();
    seen.sort_by_key(|s| s.at);
    let times: Vec<_> = [begun].into_iter().chain(seen.iter().map(|s| s.at)).collect();
    let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
    gaps.chain([world.now - times[times.len() - 1]]).max().expect("a gap")
}

#[test]
fn client_at_new_address_continues() {
    for seed in 40..45 {
        let (mut world, publisher, viewer) = watching(seed);
        for moving in [viewer, publisher] {
            world.renumber(moving);
            let gap = longest_gap(&mut world, viewer);
            assert!(gap <= GAP, "{gap:?}");
        }
        assert!(!world.events.iter().any(|e| matches!(e, SfuEvent::SessionEnded { .. })));
    }
}

/// Somewhere that is no client's.
fn elsewhere() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 66], 666))
}

#[test]
fn client_at_unverified_address_is_not_followed() {
    let (mut world, publisher, viewer) = watching(52);
    // Each datagram is counted.
    world.network.doubled = 0;
    for forger in [viewer, publisher] {
        world.astray.clear();
        let check = world.clients[forger].check();
        world.inject(elsewhere(), &check);
        let gap = longest_gap(&mut world, viewer);
        assert!(gap < SECOND / 2, "media goes on to where it went: {gap:?}");
        // One answer to the check, and the checks in the other direction: none longer than what came.
        assert!(world.astray.iter().all(|(to, it)| *to == elsewhere() && it.len() <= check.len()));
        let told = world.astray.iter();
        let told = told.filter(|(_, it)| matches!(classify(it), Some(DatagramClass::Stun))).count();
        assert_eq!((told, world.astray.len()), (1 + usize::from(MAX_TRANSMISSIONS), told));
    }
    // The real way is not harmed: a client that moves is followed still.
    world.renumber(viewer);
    assert!(longest_gap(&mut world, viewer) <= GAP);
}

#[test]
fn client_at_unverified_address_is_not_followed_before_handshake() {
    let mut world = World::new(53);
    let publisher = world.publish("stage", 1);
    world.until(SECOND, "connection", |w| w.clients[publisher].connected);
    let viewer = world.subscribe("stage");
    world.pass(Duration::from_millis(17));
    assert!(!world.clients[viewer].connected);
    // Once the handshake is under way, and until it is done, it claims to be elsewhere.
    for _ in 0..20 {
        world.pass(Duration::from_millis(5));
        let check = world.clients[viewer].check();
        world.inject(elsewhere(), &check);
    }
    world.until(SECOND, "video", |w| w.clients[viewer].video().len() > 20);
    let stun = |it: &Vec<u8>| matches!(classify(it), Some(DatagramClass::Stun));
    assert!(world.astray.iter().all(|(_, it)| stun(it)), "nothing else was sent there");
}

#[test]
fn ice_restart_is_seamless_and_finds_new_address() {
    for seed in 45..50 {
        let (mut world, publisher, viewer) = watching(seed);
        for restarting in [viewer, publisher] {
            world.restart(restarting);
            let gap = longest_gap(&mut world, viewer);
            assert!(gap < SECOND / 2, "nothing changed but names: {gap:?}");
            world.renumber(restarting);
            world.restart(restarting);
            let gap = longest_gap(&mut world, viewer);
            assert!(gap <= SECOND, "a restart need not wait to be checked: {gap:?}");
        }
        assert!(!world.events.iter().any(|e| matches!(e, SfuEvent::SessionEnded { .. })));
    }
}

#[test]
fn a_restart_before_the_handshake_is_done_harms_nothing() {
    let mut world = World::new(50);
    let publisher = world.publish("stage", 1);
    let viewer = world.subscribe("stage");
    for client in [publisher, viewer] {
        world.restart(client);
    }
    world.until(SECOND * 5, "video", |w| w.clients[viewer].video().len() > 20);
}

#[test]
fn expired_consent_ends_sending() {
    let (mut world, _, viewer) = watching(51);
    world.clients[viewer].alive = false;
    let session = world.session(viewer);
    let ended = |world: &World| {
        let mut events = world.events.iter();
        events.any(|event| match event {
            SfuEvent::SessionEnded { session: s, reason, .. } => {
                *s == session && *reason == EndReason::ConnectionLost
            }
            _ => false,
        })
    };
    let borne = SfuTimeouts::default().consent;
    assert_eq!(borne, SECOND * 30);
    let silent = world.now;
    world.until(borne + SECOND, "the end", ended);
    assert!(world.now - silent > borne - SECOND * 5);
    let sent = world.core.stats(world.now).totals.media_packets_out;
    world.pass(SECOND);
    assert_eq!(world.core.stats(world.now).totals.media_packets_out, sent);
}
