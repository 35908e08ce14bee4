//! Stray datagrams, foreign packets, and limits of sessions.

use std::net::SocketAddr;
use std::time::Duration;

use super::world::World;
use crate::config::{SfuLimits, SfuTimeouts};
use crate::core::standby::TakeoverCondition;
use crate::error::OfferError;

const SECOND: Duration = Duration::from_secs(1);

/// A browser's, of a viewer.
const OFFER: &str = include_str!("../../../../../fuzz/corpus/offer/chromium-whep");

#[test]
fn stray_datagrams_are_counted_and_dropped() {
    let mut world = World::new(30);
    let publisher = world.publish("stage", 100);
    let viewer = world.subscribe("stage");
    world.until(SECOND, "video", |w| w.clients[viewer].video().len() > 20);
    let stranger = SocketAddr::from(([192, 0, 2, 66], 666));
    let known = [world.clients[publisher].address, world.clients[viewer].address];
    let mut random = fastrand::Rng::with_seed(99);
    for _ in 0..3_000 {
        let length = random.usize(..200);
        let mut datagram: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
        // Half of it looks like something at the first glance.
        if let Some(first) = datagram.first_mut()
            && random.bool()
        {
            *first = [0, 22, 23, 128, 129][random.usize(..5)];
        }
        let from = [stranger, known[0], known[1]][random.usize(..3)];
        world.inject(from, &datagram);
    }
    let totals = world.core.stats(world.now).totals;
    assert!(totals.unknown_datagrams > 100 && totals.unclassified_datagrams > 100);
    world.clients[viewer].forget();
    world.until(SECOND, "video still", |w| w.clients[viewer].video().len() > 50);
    assert_eq!(world.core.stats(world.now).sessions.len(), 2);
}

#[test]
fn sequence_numbers_before_first_are_dropped() {
    let mut world = World::new(34);
    let publisher = world.publish("stage", 0);
    let viewer = world.subscribe("stage");
    let sounds = |w: &World| w.clients[viewer].seen.iter().filter(|s| !s.video).count();
    world.until(SECOND, "sound", |w| sounds(w) > 3);
    // 65,535 without a roll-over before it: the count would begin at its very end.
    world.clients[publisher].sequence = u64::MAX;
    world.pass(SECOND / 10);
    world.clients[viewer].forget();
    world.until(SECOND, "video still", |w| w.clients[viewer].video().len() > 50);
}

#[test]
fn stages_are_isolated() {
    let mut world = World::new(31);
    let publishers = [world.publish("one", 100), world.publish("two", 100)];
    let viewers = [world.subscribe("one"), world.subscribe("two"), world.subscribe("none")];
    world.until(SECOND * 2, "video", |w| {
        viewers[..2].iter().all(|v| w.clients[*v].video().len() > 100)
    });
    for (publisher, viewer) in publishers.iter().zip(&viewers) {
        let name = u8::try_from(world.clients[*publisher].address.port() % 256).expect("a byte");
        assert!(world.clients[*viewer].seen.iter().all(|s| s.publisher == name));
    }
    assert!(world.clients[viewers[2]].seen.is_empty());
}

#[test]
fn session_limits_are_enforced() {
    let limits = SfuLimits {
        max_sessions: 3,
        reserved_for_publishers: 0,
        max_subscribers_per_stage: 1,
        max_offer_bytes: 10_000,
        ..SfuLimits::default()
    };
    let mut world = World::with(32, limits, SfuTimeouts::default());
    world.publish("one", 1);
    world.subscribe("one");
    let now = world.now;
    let refused = |result: Result<_, OfferError>| result.map(drop).expect_err("refused");
    let full = refused(world.core.subscribe_by(now, "one".into(), OFFER));
    assert!(matches!(full, OfferError::TooMany));
    let unreadable = refused(world.core.subscribe_by(now, "two".into(), "v=0\r\nhello"));
    assert!(matches!(unreadable, OfferError::Malformed(_)));
    let long = refused(world.core.subscribe_by(now, "two".into(), &"v=0".repeat(5_000)));
    assert!(matches!(long, OfferError::TooLong));
    world.subscribe("two");
    let offer = OFFER.replace("recvonly", "sendonly");
    let full =
        refused(world.core.publish_by(now, "two".into(), &offer, TakeoverCondition::Keyframe));
    assert!(matches!(full, OfferError::TooMany));
    // A refused offer leaves nothing behind, and a replaced publisher makes room.
    world.publish("one", 1);
    let sessions = |w: &World| w.core.stats(w.now).sessions.len();
    assert_eq!(sessions(&world), 4);
    world.until(Duration::from_secs(2), "the change", |w| sessions(w) == 3);
}

#[test]
fn full_house_admits_publishers() {
    let limits = SfuLimits { max_sessions: 3, reserved_for_publishers: 1, ..SfuLimits::default() };
    let mut world = World::with(33, limits, SfuTimeouts::default());
    world.subscribe("one");
    world.subscribe("one");
    let (now, stage) = (world.now, "one".into());
    let full = world.core.subscribe_by(now, stage, OFFER);
    assert!(matches!(full, Err(OfferError::TooMany)));
    world.publish("one", 1);
    assert_eq!(world.core.stats(now).sessions.len(), 3);
}
