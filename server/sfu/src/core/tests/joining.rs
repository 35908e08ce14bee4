//! Joins: newcomers get a picture at once, and the publisher is hardly asked for it.

use std::time::{Duration, UNIX_EPOCH};

use super::client::{FRAME_TICKS, PACKETS_PER_FRAME};
use super::seen::Seen;
use super::world::{GOOD, Network, World};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_late_joiner_is_served_from_the_cache() {
    let mut world = World::new(10);
    let publisher = world.publish("stage", 65_400);
    world.until(SECOND, "connection", |w| w.clients[publisher].connected);
    world.pass(SECOND * 3);
    let viewer = world.subscribe("stage");
    world.until(SECOND, "connection", |w| w.clients[viewer].connected);
    let connected = world.now;
    world.until(SECOND, "video", |w| !w.clients[viewer].video().is_empty());
    let first = world.clients[viewer].video().remove(0);
    assert!(first.keyframe && first.number == 0);
    assert!(first.sequence < 1 << 15, "a receiver assumes no roll-over before");
    assert!(first.at - connected < Duration::from_millis(50));
    // Three seconds of video arrive much faster than that, but not at once.
    world.until(SECOND, "the present", |w| w.clients[viewer].video().len() > 350);
    let took = world.now - first.at;
    assert!(took > Duration::from_millis(20) && took < Duration::from_millis(800), "{took:?}");
    assert_eq!(world.clients[publisher].asked, 0);
}

#[test]
fn handshake_starts_before_nomination() {
    let mut world = World::new(16);
    world.undecided = true;
    world.publish("stage", 65_400);
    let viewer = world.subscribe("stage");
    world.until(SECOND, "video", |w| w.clients[viewer].video().len() > 20);
    // The choice, when it comes at last, is followed.
    world.undecided = false;
    world.renumber(viewer);
    world.clients[viewer].forget();
    world.until(SECOND * 4, "video", |w| w.clients[viewer].video().len() > 20);
}

#[test]
fn twenty_joins_in_a_second_ask_for_one_keyframe() {
    let mut world = World::new(11);
    let publisher = world.publish("stage", 100);
    world.until(SECOND, "connection", |w| w.clients[publisher].connected);
    // The keyframe is too old by now to serve newcomers from.
    world.pass(SECOND * 14);
    let viewers: Vec<usize> = (0..20)
        .map(|_| {
            world.pass(SECOND / 25);
            world.subscribe("stage")
        })
        .collect();
    world.until(SECOND, "pictures", |w| viewers.iter().all(|v| !w.clients[*v].video().is_empty()));
    assert!(viewers.iter().all(|v| world.clients[*v].video()[0].keyframe));
    assert_eq!(world.clients[publisher].asked, 1);
}

#[test]
fn requests_are_merged_and_repeated_until_a_keyframe_comes() {
    let mut world = World::new(12);
    let publisher = world.publish("stage", 100);
    let viewers: Vec<usize> = (0..10).map(|_| world.subscribe("stage")).collect();
    world.until(SECOND, "pictures", |w| viewers.iter().all(|v| !w.clients[*v].video().is_empty()));
    // One that is kept and younger would serve them.
    world.pass(SECOND * 6);
    world.clients[publisher].asked = 0;
    world.clients[publisher].obedient = false;
    for viewer in &viewers {
        world.clients[*viewer].lose_picture();
    }
    world.until(SECOND, "a request", |w| w.clients[publisher].asked == 1);
    world.pass(SECOND * 3 + SECOND / 2);
    assert_eq!(world.clients[publisher].asked, 4);
    world.clients[publisher].obedient = true;
    world.pass(SECOND * 4);
    assert_eq!(world.clients[publisher].asked, 5);
    let requests: u64 = world.core.stats(world.now).totals.keyframe_requests;
    assert!(requests >= 5);
}

#[test]
fn lost_beginning_is_repeated_from_cache() {
    let mut world = World::new(14);
    let publisher = world.publish("stage", 100);
    world.until(SECOND, "connection", |w| w.clients[publisher].connected);
    world.pass(SECOND);
    let viewer = world.subscribe("stage");
    world.until(SECOND, "video", |w| w.clients[viewer].video().len() > 100);
    world.pass(SECOND / 2);
    world.clients[viewer].forget();
    world.clients[viewer].lose_picture();
    let again = |w: &World| w.clients[viewer].video().iter().any(|s| s.keyframe);
    world.until(SECOND / 2, "the keyframe again", again);
    assert_eq!(world.clients[publisher].asked, 0);
    // It goes on from there, without a gap and without going back in time.
    world.pass(SECOND);
    let video = world.clients[viewer].video();
    assert!(video.windows(2).all(|w| w[0].sequence + 1 == w[1].sequence));
    assert!(video.windows(2).all(|w| w[1].timestamp.wrapping_sub(w[0].timestamp) < 1 << 31));
}

#[test]
fn clock_stays_when_the_beginning_is_repeated() {
    let mut world = World::new(17);
    world.publish("stage", 100);
    let viewer = world.subscribe("stage");
    world.until(SECOND * 2, "video", |w| w.clients[viewer].video().len() > 100);
    world.pass(SECOND * 3 / 2);
    let seen = |world: &mut World| {
        world.clients[viewer].forget();
        world.pass(SECOND * 2);
        world.clients[viewer].video()
    };
    // How far timestamps are ahead of the arrival, and capture times by sender reports.
    let begun = world.now;
    let lines = |video: &[Seen]| {
        let seen = video.last().expect("some video");
        let arrival = (seen.at - begun).as_millis() as i64;
        let captured = seen.captured.expect("a report").duration_since(UNIX_EPOCH);
        let captured = captured.expect("after 1970").as_millis() as i64 - arrival;
        (i64::from(seen.timestamp / 90) - arrival, captured)
    };
    let before = lines(&seen(&mut world));
    world.clients[viewer].forget();
    world.clients[viewer].lose_picture();
    world.pass(SECOND / 2);
    let again = world.clients[viewer].video();
    assert!(again.iter().any(|s| s.number == 0), "from the beginning");
    for pair in again.windows(2) {
        let ahead = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        // A keyframe may begin in the middle of another frame.
        let begins = pair[0].marker || pair[1].number != pair[0].number + 1;
        assert_eq!(ahead > 0, begins, "each frame its own time");
        // Or in the present, when the past would take too long.
        assert!(ahead <= 30 * FRAME_TICKS, "{ahead}");
    }
    let after = lines(&seen(&mut world));
    assert!((after.0 - before.0).abs() <= 5, "timestamps: {after:?}, {before:?}");
    assert!((after.1 - before.1).abs() <= 5, "capture times: {after:?}, {before:?}");
}

#[test]
fn unanswered_keyframe_requests_are_served_from_cache() {
    let mut world = World::new(15);
    let publisher = world.publish("stage", 100);
    world.clients[publisher].obedient = false;
    let viewer = world.subscribe("stage");
    world.until(SECOND, "video", |w| !w.clients[viewer].video().is_empty());
    world.pass(SECOND * 3);
    world.clients[viewer].forget();
    for _ in 0..4 {
        world.clients[viewer].lose_picture();
        world.pass(SECOND);
    }
    assert!(world.clients[publisher].asked >= 2);
    assert!(world.clients[viewer].video().iter().any(|s| s.keyframe));
}

#[test]
fn a_pause_in_video_is_harmless() {
    let mut world = World::new(13);
    let publisher = world.publish("stage", 100);
    let viewer = world.subscribe("stage");
    world.until(SECOND, "video", |w| w.clients[viewer].video().len() > 20);
    world.clients[publisher].filming = false;
    world.pass(SECOND * 20);
    world.clients[viewer].forget();
    world.clients[publisher].filming = true;
    world.until(SECOND, "video again", |w| w.clients[viewer].video().len() > 20);
    assert!(world.clients[viewer].seen.iter().any(|s| !s.video));
}

#[test]
fn newcomer_gets_no_past_of_a_camera_that_is_gone() {
    let mut world = World::new(15);
    let publisher = world.publish("stage", 100);
    world.until(SECOND, "connection", |w| w.clients[publisher].connected);
    world.pass(SECOND);
    world.clients[publisher].filming = false;
    world.pass(SECOND * 3);
    let viewer = world.subscribe("stage");
    world.pass(SECOND * 2);
    let seen = &world.clients[viewer].seen;
    assert!(seen.iter().any(|s| !s.video) && seen.iter().all(|s| !s.video), "sound alone");
}

#[test]
fn past_of_silent_publisher_is_not_repeated() {
    let mut world = World::new(14);
    let publisher = world.publish("stage", 100);
    let viewer = world.subscribe("stage");
    world.until(SECOND, "video", |w| w.clients[viewer].video().len() > 20);
    world.clients[publisher].filming = false;
    world.pass(SECOND);
    world.clients[viewer].forget();
    let asked = world.clients[publisher].asked;
    // Browsers ask when no picture has come for 3 s.
    for _ in 0..4 {
        world.pass(SECOND * 3);
        world.clients[viewer].lose_picture();
    }
    world.pass(SECOND);
    assert!(world.clients[viewer].video().is_empty(), "the camera is gone, not the picture lost");
    assert!(world.clients[publisher].asked > asked);
}

#[test]
fn a_newcomer_on_a_narrow_line_is_sent_no_more_than_it_carries() {
    for seed in 70..73 {
        let mut world = World::new(seed);
        let publisher = world.publish("stage", 65_400);
        world.until(SECOND, "connection", |w| w.clients[publisher].connected);
        world.pass(SECOND * 4);
        world.network = Network { capacity: 400, ..GOOD };
        let viewer = world.subscribe("stage");
        let seen = |w: &World| !w.clients[viewer].video().is_empty();
        world.until(SECOND, "a picture", seen);
        world.pass(SECOND * 3 / 2);
        let video = world.clients[viewer].video();
        let gaps = video.windows(2).filter(|two| two[1].sequence != two[0].sequence + 1).count();
        assert_eq!(gaps, 0, "every frame is whole");
        let behind = world.now - video.last().expect("video").at;
        assert!(behind < SECOND / 5, "up to the present: {behind:?}");
        assert!(world.subscriber_stats(viewer).retransmissions < 20);
        let sound = world.clients[viewer].seen.iter().filter(|s| !s.video);
        let numbers: Vec<u64> = sound.map(|s| s.number).collect();
        assert!(numbers.len() > 60 && numbers.windows(2).all(|two| two[1] == two[0] + 1));
        assert!(world.clients[publisher].asked <= 1);
    }
}

/// Number of packets of the last keyframe that came.
fn keyframe_packets(world: &World, viewer: usize) -> usize {
    let video = world.clients[viewer].video();
    let keyframe = video.iter().rev().find(|seen| seen.keyframe);
    keyframe.map_or(0, |key| video.iter().filter(|s| s.timestamp == key.timestamp).count())
}

#[test]
fn a_torn_keyframe_is_no_start() {
    let mut world = World::new(74);
    let publisher = world.publish("stage", 100);
    world.clients[publisher].torn = true;
    world.until(SECOND, "connection", |w| w.clients[publisher].connected);
    world.pass(SECOND / 2);
    world.clients[publisher].torn = false;
    world.pass(SECOND * 2);
    let asked = world.clients[publisher].asked;
    let viewer = world.subscribe("stage");
    world.until(SECOND, "connection", |w| w.clients[viewer].connected);
    let came = |w: &World| keyframe_packets(w, viewer) == PACKETS_PER_FRAME as usize;
    world.until(SECOND / 4, "a whole keyframe", came);
    assert_eq!(world.clients[publisher].asked, asked + 1);
    assert!(world.clients[viewer].video().len() < 40, "nothing that can't be decoded");
}

#[test]
fn a_viewer_who_asks_on_and_on_gets_the_same_past_once_more_and_then_a_new_keyframe() {
    let mut world = World::new(75);
    let publisher = world.publish("stage", 100);
    world.until(SECOND, "connection", |w| w.clients[publisher].connected);
    world.pass(SECOND * 3);
    let viewer = world.subscribe("stage");
    world.until(SECOND, "a picture", |w| !w.clients[viewer].video().is_empty());
    world.pass(SECOND * 3 / 2);
    let (asked, sent) = (world.clients[publisher].asked, world.subscriber_stats(viewer).packets);
    for _ in 0..3 {
        world.clients[viewer].lose_picture();
        world.pass(SECOND / 5);
    }
    assert!(world.clients[publisher].asked > asked, "asked for one within 600 ms");
    world.pass(SECOND / 5);
    assert!(keyframe_packets(&world, viewer) == PACKETS_PER_FRAME as usize);
    let sent = world.subscriber_stats(viewer).packets - sent;
    assert!(sent < 1_300, "{sent}: not more than twice the past of 5 s");
}
