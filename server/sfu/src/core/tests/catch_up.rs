//! Catch-up from the cache, and its limits.

use std::time::Duration;

use super::seen::Seen;
use super::world::{GOOD, Network, World};
use crate::config::{SfuLimits, SfuTimeouts};

const SECOND: Duration = Duration::from_secs(1);

/// Frames from one keyframe to the next in programs that are left to themselves.
const GROUP: u64 = 250;

/// A program that sends so many kilobits and frames a second, in long groups of pictures.
fn long_groups(world: &mut World, kilobits: u64, frames: u64) -> usize {
    let publisher = world.publish_program("stage", 1, &|offer| offer);
    let client = &mut world.clients[publisher];
    client.size = 1_150;
    client.frame_time = SECOND / frames as u32;
    client.group = Some(GROUP);
    client.layers[0].packets_per_frame = kilobits * 125 / frames / 1_150;
    publisher
}

#[test]
fn a_newcomer_in_a_long_group_of_pictures_sees_it_at_once_and_whole() {
    for (kilobits, frames) in [(2_500, 24), (6_000, 30), (10_000, 24)] {
        let mut world = World::new(60);
        let publisher = long_groups(&mut world, kilobits, frames);
        world.until(SECOND, "connection", |w| w.clients[publisher].connected);
        // Just before the group's end, when most of it is to be sent.
        let whole = SECOND * GROUP as u32 / frames as u32;
        world.pass(whole - SECOND * 3 / 2);
        world.network = Network { capacity: kilobits as u32 * 4, ..GOOD };
        let viewer = world.subscribe("stage");
        world.until(SECOND, "connection", |w| w.clients[viewer].connected);
        let joined = world.now;
        world.until(SECOND, "a picture", |w| w.clients[viewer].video().iter().any(|s| s.marker));
        let first = world.clients[viewer].video().remove(0);
        assert!(first.keyframe && first.number == 0, "{kilobits} kbit/s: the group's beginning");
        world.pass(SECOND * 6);
        let video = world.clients[viewer].video();
        let gaps = video.windows(2).filter(|two| two[1].sequence != two[0].sequence + 1).count();
        assert_eq!(gaps, 0, "{kilobits} kbit/s, {frames} frames: nothing is missing");
        // Nothing was lost in a queue on the way.
        let repairs = world.subscriber_stats(viewer).retransmissions;
        assert!(repairs < 20, "{kilobits} kbit/s, {frames} frames: {repairs} repairs");
        let live = |seen: &&Seen| seen.at > joined + SECOND * 5;
        assert!(video.iter().filter(live).count() as u64 > kilobits * 125 / 1_150 * 8 / 10);
    }
}

/// Twenty who join at once three seconds after the keyframe, where a megabit a second may be sent of
/// the past: each needs half of that.
fn crowd(obedient: bool) -> (World, Vec<usize>) {
    let limits = SfuLimits { max_catch_up_bits: 1_000_000, ..SfuLimits::default() };
    let mut world = World::with(61, limits, SfuTimeouts::default());
    let publisher = world.publish("stage", 100);
    world.clients[publisher].obedient = obedient;
    world.until(SECOND, "connection", |w| w.clients[publisher].connected);
    world.pass(SECOND * 3);
    let viewers: Vec<usize> = (0..20).map(|_| world.subscribe("stage")).collect();
    world.until(SECOND, "connections", |w| viewers.iter().all(|v| w.clients[*v].connected));
    (world, viewers)
}

fn with_a_picture(world: &World, viewers: &[usize]) -> usize {
    viewers.iter().filter(|viewer| !world.clients[**viewer].video().is_empty()).count()
}

#[test]
fn catch_up_beyond_limit_waits_for_keyframe() {
    let (mut world, viewers) = crowd(true);
    world.until(SECOND, "pictures", |w| with_a_picture(w, &viewers) == viewers.len());
    assert_eq!(world.clients[0].asked, 1);
    let old =
        viewers.iter().filter(|viewer| world.clients[**viewer].video()[0].number == 0).count();
    assert!((1..=5).contains(&old), "{old} were served from the past");
}

#[test]
fn catch_up_beyond_limit_is_queued_without_keyframes() {
    let (mut world, viewers) = crowd(false);
    world.pass(SECOND / 2);
    let first = with_a_picture(&world, &viewers);
    assert!((1..=5).contains(&first), "{first} at once");
    world.pass(SECOND * 4);
    let then = with_a_picture(&world, &viewers);
    assert!(then > first && then < viewers.len(), "{then} in four seconds more");
}

#[test]
fn keyframe_requests_of_one_viewer_are_limited() {
    let mut world = World::new(62);
    let publisher = world.publish("stage", 100);
    let (viewer, other) = (world.subscribe("stage"), world.subscribe("stage"));
    let all = |w: &World| [viewer, other].iter().all(|v| !w.clients[*v].video().is_empty());
    world.until(SECOND, "pictures", all);
    world.pass(SECOND);
    world.clients[publisher].asked = 0;
    for _ in 0..300 {
        world.clients[viewer].lose_picture();
        world.pass(SECOND / 5);
    }
    let asked = world.clients[publisher].asked;
    assert!((1..=9).contains(&asked), "{asked} in a minute");
    // Who lost the picture while a keyframe is fresh gets that once more.
    world.pass(SECOND * 20);
    world.clients[other].lose_picture();
    world.pass(SECOND);
    let asked = world.clients[publisher].asked;
    world.pass(SECOND * 2);
    world.clients[other].forget();
    world.clients[other].lose_picture();
    world.pass(SECOND);
    assert_eq!(world.clients[publisher].asked, asked);
    assert!(world.clients[other].video().iter().any(|seen| seen.keyframe));
}

#[test]
fn publisher_beyond_rate_limit_is_cut() {
    let limits = SfuLimits { max_publisher_bits: 1_000_000, ..SfuLimits::default() };
    let mut world = World::with(63, limits, SfuTimeouts::default());
    let publisher = world.publish("stage", 100);
    let quiet = world.publish("elsewhere", 100);
    world.clients[publisher].size = 1_150;
    world.clients[publisher].layers[0].packets_per_frame = 20;
    world.pass(SECOND * 10);
    let totals = world.core.stats(world.now).totals;
    let (loud, quiet) = (world.publisher_stats(publisher), world.publisher_stats(quiet));
    assert!(loud.bytes * 8 < 13_000_000, "{} bytes", loud.bytes);
    assert!(loud.excess > 2_000 && quiet.excess == 0, "{}", loud.excess);
    assert_eq!(totals.excess_datagrams, loud.excess);
}
