//! Takeovers: nobody notices the newcomer until it can be shown.

use std::time::{Duration, Instant};

use super::client::Client;
use super::lifecycle::{check_handed_over, ended, watched};
use super::world::World;
use crate::config::SfuTimeouts;
use crate::core::standby::TakeoverCondition;
use crate::event::{EndReason, HandshakeFailure, SfuEvent};

const SECOND: Duration = Duration::from_secs(1);

/// Panics unless the viewer was given everything that the publisher on stage sent, in order, and nothing
/// of anybody else, until now.
fn check_undisturbed(world: &World, viewer: usize, name: u8) {
    let seen = &world.clients[viewer].seen;
    assert!(seen.iter().all(|s| s.publisher == name));
    for video in [true, false] {
        let numbers: Vec<u64> =
            seen.iter().filter(|s| s.video == video).map(|s| s.number).collect();
        let steps = numbers.windows(2).all(|w| w[1] == w[0] + 1);
        assert!(steps, "picture: {video}, {} packets", numbers.len());
        let last = seen.iter().filter(|s| s.video == video).map(|s| s.at).max();
        assert!(world.now - last.expect("some") < SECOND / 10, "it goes on");
    }
}

fn name_of(world: &World, client: usize) -> u8 {
    u8::try_from(world.clients[client].address.port() % 256).expect("a byte")
}

/// When the session was reported to wait.
fn waits(world: &World, client: usize) -> bool {
    let session = world.session(client);
    let waiting =
        |e: &SfuEvent| matches!(e, SfuEvent::PublisherWaiting { session: s, .. } if *s == session);
    world.events.iter().any(waiting)
}

/// Somebody tries to take over a watched stage as `prepare` makes them; the session ends for this
/// reason, and the audience has noticed nothing. Answers when the trial was over.
fn fails(
    seed: u64,
    forged: bool,
    prepare: impl FnOnce(&mut Client),
    reason: EndReason,
) -> (Instant, Instant) {
    let (mut world, first, viewer) = watched(seed);
    let begun = world.now;
    world.forged = forged;
    let second = world.publish("stage", 7);
    prepare(&mut world.clients[second]);
    let session = world.session(second);
    world.until(SECOND * 40, "the end of the trial", |w| ended(w, session).is_some());
    assert_eq!(ended(&world, session), Some(reason));
    let over = world.now;
    world.pass(SECOND);
    check_undisturbed(&world, viewer, name_of(&world, first));
    assert_eq!(ended(&world, world.session(first)), None);
    assert!(!waits(&world, second));
    (begun, over)
}

#[test]
fn a_takeover_that_never_connects_costs_the_audience_nothing() {
    fails(40, false, |it| it.alive = false, EndReason::NeverConnected);
}

#[test]
fn a_takeover_whose_handshake_fails_costs_the_audience_nothing() {
    let failed = HandshakeFailure::OtherCertificate;
    fails(41, true, |_| {}, EndReason::HandshakeFailed(failed));
}

#[test]
fn a_takeover_that_sends_nothing_is_given_up_after_its_time() {
    let prepare = |it: &mut Client| (it.filming, it.speaking) = (false, false);
    let (begun, over) = fails(42, false, prepare, EndReason::NoMedia);
    let patience = SfuTimeouts::default().takeover;
    assert!(over - begun >= patience && over - begun < patience + SECOND, "{:?}", over - begun);
}

#[test]
fn a_takeover_without_the_promised_picture_costs_the_audience_nothing() {
    fails(43, false, |it| it.filming = false, EndReason::NoMedia);
}

#[test]
fn a_takeover_whose_keyframes_never_are_whole_costs_the_audience_nothing() {
    fails(44, false, |it| it.torn = true, EndReason::NoMedia);
}

#[test]
fn a_takeover_changes_sound_and_picture_in_one_step_at_a_whole_keyframe() {
    let (mut world, first, viewer) = watched(45);
    let second = world.publish("stage", 65_400);
    // The first keyframe stays incomplete, so that one has to be asked for.
    world.clients[second].torn = true;
    world.until(SECOND * 2, "a request", |w| w.clients[second].asked > 0);
    check_undisturbed(&world, viewer, name_of(&world, first));
    world.clients[second].torn = false;
    let (old, new) = (name_of(&world, first), name_of(&world, second));
    let of_new = |w: &World| w.clients[viewer].seen.iter().filter(|s| s.publisher == new).count();
    world.until(SECOND * 3, "the change", |w| of_new(w) > 200);
    assert_eq!(ended(&world, world.session(first)), Some(EndReason::Replaced));
    check_handed_over(&world.clients[viewer].video(), old, new);
    let seen = &world.clients[viewer].seen;
    let begins = |video| {
        let mut of_kind = seen.iter().filter(|s| s.video == video);
        let at = of_kind.clone().position(|s| s.publisher == new).expect("the second");
        assert!(of_kind.clone().take(at).all(|s| s.publisher == old));
        assert!(of_kind.clone().skip(at).all(|s| s.publisher == new), "there and not back");
        of_kind.nth(at).expect("there").at
    };
    let (picture, sound) = (begins(true), begins(false));
    let apart = picture.max(sound) - picture.min(sound);
    assert!(apart < Duration::from_millis(40), "{apart:?}");
    for video in [true, false] {
        let of_kind: Vec<_> = seen.iter().filter(|s| s.video == video).collect();
        assert!(of_kind.windows(2).all(|w| w[1].sequence == w[0].sequence + 1));
    }
}

#[test]
fn a_takeover_in_layers_begins_with_the_lowest() {
    let (mut world, first, viewer) = watched(46);
    let second = world.publish_layers("stage");
    let new = name_of(&world, second);
    let of_new = |w: &World| w.clients[viewer].video().iter().any(|s| s.publisher == new);
    world.until(SECOND, "the change", of_new);
    let video = world.clients[viewer].video();
    let begins = video.iter().find(|s| s.publisher == new).expect("there");
    assert!(begins.keyframe && begins.number == 0, "{begins:?}");
    assert_eq!(ended(&world, world.session(first)), Some(EndReason::Replaced));
}

#[test]
fn a_takeover_by_sound_alone_waits_for_no_picture() {
    let (mut world, _, viewer) = watched(47);
    world.awaited = TakeoverCondition::Audio;
    let second = world.publish("stage", 7);
    world.clients[second].filming = false;
    let new = name_of(&world, second);
    world.until(SECOND, "sound", |w| w.clients[viewer].seen.iter().any(|s| s.publisher == new));
}

#[test]
fn takeover_needs_hand_over() {
    let (mut world, first, viewer) = watched(48);
    world.hands_over = false;
    let second = world.publish("stage", 7);
    world.until(SECOND, "the question", |w| waits(w, second));
    // Closed before the change, as when the right was taken back.
    let session = world.session(second);
    assert!(world.core.close(world.now, session));
    assert!(!world.core.hand_over(world.now, session));
    let third = world.publish("stage", 7);
    world.until(SECOND, "the question", |w| waits(w, third));
    // Nobody answers; then a newer one comes, and it has its own time.
    world.pass(SECOND);
    let fourth = world.publish("stage", 7);
    let session = world.session(third);
    assert_eq!(ended(&world, session), Some(EndReason::Replaced));
    let session = world.session(fourth);
    world.until(SECOND * 8, "the end of the trial", |w| ended(w, session).is_some());
    assert_eq!(ended(&world, session), Some(EndReason::NoMedia));
    check_undisturbed(&world, viewer, name_of(&world, first));
}

#[test]
fn takeover_of_silent_stage_needs_no_picture() {
    // The one on stage leaves.
    let (mut world, first, viewer) = watched(49);
    let second = world.publish("stage", 7);
    world.clients[second].filming = false;
    world.until(SECOND, "connection", |w| w.clients[second].connected);
    world.clients[first].leave();
    let heard = |w: &World| {
        let new = name_of(w, second);
        w.clients[viewer].seen.iter().any(|s| s.publisher == new)
    };
    world.until(SECOND, "sound", heard);
    assert_eq!(ended(&world, world.session(second)), None);

    // Nothing has come of the one on stage for a while.
    let (mut world, first, _) = watched(50);
    world.clients[first].alive = false;
    world.pass(SfuTimeouts::default().publisher_silence + SECOND);
    let second = world.publish("stage", 7);
    (world.clients[second].filming, world.clients[second].speaking) = (false, false);
    let session = world.session(first);
    world.until(SECOND, "the change", |w| ended(w, session).is_some());
    world.pass(SECOND * 4);
    assert_eq!(ended(&world, world.session(second)), None);
}
