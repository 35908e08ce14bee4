//! Lifecycle of publishers and subscribers.

use std::net::SocketAddr;
use std::time::Duration;

use super::client::Client;
use super::seen::Seen;
use super::world::World;
use crate::config::SfuTimeouts;
use crate::core::standby::TakeoverCondition;
use crate::error::OfferError;
use crate::event::{EndReason, SessionRole, SfuEvent};
use crate::ids::SessionId;

const SECOND: Duration = Duration::from_secs(1);

/// A publisher, and a viewer who sees it.
pub(super) fn watched(seed: u64) -> (World, usize, usize) {
    let mut world = World::new(seed);
    let publisher = world.publish("stage", 100);
    let viewer = world.subscribe("stage");
    world.until(SECOND * 2, "video", |w| w.clients[viewer].video().len() > 50);
    (world, publisher, viewer)
}

pub(super) fn ended(world: &World, session: SessionId) -> Option<EndReason> {
    world.events.iter().find_map(|event| match event {
        SfuEvent::SessionEnded { session: s, reason, .. } if *s == session => Some(*reason),
        _ => None,
    })
}

/// Panics unless the second publisher's packets follow the first's in sequence, and in time by what
/// passed between them.
pub(super) fn check_handed_over(video: &[Seen], first: u8, second: u8) {
    let at = video.iter().position(|s| s.publisher == second).expect("the second publisher");
    let (before, after) = (&video[at - 1], &video[at]);
    assert_eq!(before.publisher, first);
    assert!(after.keyframe);
    assert_eq!(after.sequence, before.sequence + 1);
    let passed = (after.at - before.at).as_secs_f64();
    let ticks = f64::from(after.timestamp.wrapping_sub(before.timestamp)) / 90_000.0;
    assert!((ticks - passed).abs() < 0.1, "{ticks} s in timestamps, {passed} s in truth");
}

#[test]
fn publisher_without_common_codec_replaces_nobody() {
    let (mut world, publisher, viewer) = watched(19);
    let elsewhere = SocketAddr::from(([10, 0, 0, 4], 9));
    let (_, offer, _) = Client::offer(world.now, elsewhere, SessionRole::Publisher, 0, 1);
    let foreign = ["VP8", "VP9", "H264", "AV1"]
        .iter()
        .fold(offer, |offer, codec| offer.replace(&format!("{codec}/90000"), "H265/90000"));
    let refused =
        world.core.publish_by(world.now, "stage".into(), &foreign, TakeoverCondition::Keyframe);
    assert!(matches!(refused, Err(OfferError::Unacceptable(_))), "{refused:?}");
    world.clients[viewer].forget();
    world.until(SECOND, "more", |w| w.clients[viewer].video().len() > 50);
    assert_eq!(ended(&world, world.session(publisher)), None);
}

#[test]
fn others_go_on_when_one_in_between_leaves() {
    let mut world = World::new(29);
    world.publish("stage", 100);
    let viewers = [0; 4].map(|_| world.subscribe("stage"));
    let all =
        |w: &World, viewers: &[usize]| viewers.iter().all(|v| w.clients[*v].video().len() > 20);
    world.until(SECOND, "video", |w| all(w, &viewers));
    let [first, second, third, last] = viewers;
    for (gone, rest) in [(second, &[first, third, last][..]), (last, &[first, third])] {
        let session = world.session(gone);
        assert!(world.core.close(world.now, session));
        world.pass(SECOND / 10);
        world.clients.iter_mut().for_each(|client| client.forget());
        world.until(SECOND, "video still", |w| all(w, rest));
        assert!(world.clients[gone].video().is_empty());
    }
}

#[test]
fn a_newer_publisher_replaces_the_older() {
    let mut world = World::new(20);
    let first = world.publish("stage", 65_400);
    let viewer = world.subscribe("stage");
    world.until(SECOND * 4, "video", |w| w.clients[viewer].video().len() > 200);
    let second = world.publish("stage", 7);
    world.until(SECOND, "goodbye", |w| w.clients[first].closed);
    assert_eq!(ended(&world, world.session(first)), Some(EndReason::Replaced));
    let name = u8::try_from(second).expect("few") + u8::try_from(5_000 % 256).expect("a byte");
    world.until(SECOND * 2, "the new one", |w| {
        w.clients[viewer].video().iter().filter(|s| s.publisher == name).count() > 100
    });
    check_handed_over(&world.clients[viewer].video(), name - 2, name);
    assert_eq!(ended(&world, world.session(viewer)), None);
    // What belongs together stays together in time: sound follows the same clock.
    let sound: Vec<&Seen> = world.clients[viewer].seen.iter().filter(|s| !s.video).collect();
    assert!(sound.windows(2).all(|p| p[1].sequence == p[0].sequence + 1));
}

#[test]
fn a_vanished_publisher_is_noticed_and_may_return() {
    let (mut world, first, viewer) = watched(21);
    world.clients[first].alive = false;
    let silent = world.now;
    let session = world.session(first);
    let borne = SfuTimeouts::default();
    let told = |w: &World| w.events.iter().any(|e| matches!(e, SfuEvent::PublisherSilent { .. }));
    world.until(borne.publisher_silence + SECOND, "word of silence", told);
    assert!(world.now - silent > borne.publisher_silence - SECOND);
    assert_eq!(ended(&world, session), None);
    world.until(borne.consent, "the end", |w| ended(w, session).is_some());
    assert_eq!(ended(&world, session), Some(EndReason::ConnectionLost));
    assert!(world.now - silent > borne.consent - SECOND);
    world.pass(SECOND * 3);
    let second = world.publish("stage", 40_000);
    world.until(SECOND * 2, "video again", |w| {
        let last = w.clients[viewer].video().pop();
        last.is_some_and(|s| s.publisher != w.clients[viewer].video()[0].publisher)
    });
    let video = world.clients[viewer].video();
    let name = video[0].publisher;
    check_handed_over(&video, name, name + 2);
    assert_ne!(world.session(second), session);
}

#[test]
fn a_publisher_that_was_silent_goes_on_in_its_session() {
    let (mut world, publisher, viewer) = watched(26);
    world.clients[publisher].alive = false;
    world.pass(SECOND * 20);
    let session = world.session(publisher);
    let told = |w: &World| {
        let of = |e: &&SfuEvent| {
            matches!(e, SfuEvent::PublisherSilent { session: s, .. }
                | SfuEvent::PublisherBack { session: s, .. } if *s == session)
        };
        w.events.iter().filter(of).cloned().collect::<Vec<_>>()
    };
    assert!(matches!(told(&world)[..], [SfuEvent::PublisherSilent { .. }]));
    let before = world.clients[viewer].video().len();
    world.clients[publisher].alive = true;
    world.until(SECOND * 3, "video again", |w| w.clients[viewer].video().len() > before + 100);
    let told = told(&world);
    assert!(matches!(told[..], [SfuEvent::PublisherSilent { .. }, SfuEvent::PublisherBack { .. }]));
    assert_eq!(ended(&world, session), None);
}

#[test]
fn a_publisher_that_says_goodbye_ends_at_once() {
    let mut world = World::new(22);
    let publisher = world.publish("stage", 100);
    world.until(SECOND, "connection", |w| w.clients[publisher].connected);
    world.clients[publisher].leave();
    let session = world.session(publisher);
    world.until(SECOND, "the end", |w| ended(w, session).is_some());
    assert_eq!(ended(&world, session), Some(EndReason::ConnectionLost));
}

#[test]
fn a_subscriber_that_stalls_harms_nobody() {
    let mut world = World::new(23);
    world.publish("stage", 100);
    let (stalled, other) = (world.subscribe("stage"), world.subscribe("stage"));
    world.until(SECOND * 2, "video", |w| {
        [stalled, other].iter().all(|v| w.clients[*v].video().len() > 20)
    });
    world.clients[stalled].alive = false;
    let session = world.session(stalled);
    world.until(SECOND * 32, "the end", |w| ended(w, session).is_some());
    assert_eq!(ended(&world, session), Some(EndReason::ConnectionLost));
    let video = world.clients[other].video();
    assert!(video.len() > 3_000);
    assert!(video.windows(2).all(|p| p[1].number == p[0].number + 1));
}

#[test]
fn closing_tells_the_peers() {
    let mut world = World::new(24);
    let publisher = world.publish("stage", 100);
    let viewers = [world.subscribe("stage"), world.subscribe("stage")];
    let never = world.subscribe("stage");
    world.clients[never].alive = false;
    world.until(SECOND, "connections", |w| {
        w.clients[publisher].connected && viewers.iter().all(|v| w.clients[*v].connected)
    });
    let session = world.session(viewers[0]);
    assert!(world.core.close(world.now, session));
    assert!(!world.core.close(world.now, session));
    world.until(SECOND, "goodbye", |w| w.clients[viewers[0]].closed);
    assert_eq!(ended(&world, session), Some(EndReason::Closed));

    let session = world.session(never);
    world.until(SECOND * 31, "the end", |w| ended(w, session).is_some());
    assert_eq!(ended(&world, session), Some(EndReason::NeverConnected));

    world.core.close_stage(world.now, &"stage".into());
    world.until(SECOND, "goodbye", |w| w.clients[publisher].closed && w.clients[viewers[1]].closed);
    let stats = world.core.stats(world.now);
    assert!(stats.sessions.is_empty());
    assert_eq!(stats.totals.sessions_started, stats.totals.sessions_ended);
    let closed = world
        .events
        .iter()
        .filter(|e| matches!(e, SfuEvent::SessionEnded { reason: EndReason::StageClosed, .. }));
    assert_eq!(closed.count(), 2);
    assert!(
        world
            .events
            .iter()
            .any(|e| { matches!(e, SfuEvent::SessionEnded { role: SessionRole::Publisher, .. }) })
    );
}
