//! Forwarding over bad networks.

use std::time::Duration;

use super::client::{FRAME_TICKS, PACKETS_PER_FRAME};
use super::seen::Seen;
use super::world::{GOOD, Network, World};
use crate::event::SfuEvent;

const SECOND: Duration = Duration::from_secs(1);

/// Panics unless `video` begins with a keyframe and has no gaps in number, sequence or time.
fn check_continuous(video: &[Seen]) {
    let first = video.first().expect("some video");
    assert!(first.keyframe, "begins with a keyframe");
    for pair in video.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1, "sequence");
        assert_eq!(pair[1].number, pair[0].number + 1, "content");
        let ticks = if pair[0].marker { FRAME_TICKS } else { 0 };
        assert_eq!(pair[1].timestamp, pair[0].timestamp.wrapping_add(ticks), "timestamp");
    }
}

#[test]
fn media_is_forwarded_to_those_before_and_after() {
    let mut world = World::new(1);
    let early = world.subscribe("stage");
    world.pass(SECOND);
    // Just before the sequence number wraps.
    let publisher = world.publish("stage", 65_500);
    world.until(SECOND * 2, "early video", |w| w.clients[early].video().len() > 100);
    let late = world.subscribe("stage");
    world.until(SECOND * 2, "late video", |w| w.clients[late].video().len() > 100);
    check_continuous(&world.clients[early].video());
    check_continuous(&world.clients[late].video());
    let sounds = |w: &World| w.clients[late].seen.iter().filter(|s| !s.video).count();
    world.until(SECOND, "audio", |w| sounds(w) > 20);
    let (stage, session) = ("stage".into(), world.session(publisher));
    assert_eq!(
        world.events,
        [
            SfuEvent::PublisherConnected { stage, session },
            SfuEvent::PublisherMedia { stage: "stage".into(), session },
        ]
    );
    assert!(world.clients[publisher].asked <= 1);
}

#[test]
fn lost_audio_is_retransmitted_where_offered() {
    let heard = |repaired: bool| {
        let mut world = World::new(7);
        world.repairs_sound = repaired;
        let publisher = world.publish("stage", 65_400);
        let viewer = world.subscribe("stage");
        world.until(SECOND * 5, "sound", |w| w.clients[viewer].seen.iter().any(|s| !s.video));
        world.clients[publisher].filming = false;
        world.clients[viewer].forget();
        world.network = Network { lost: 50, delay: 20, jitter: 30, ..GOOD };
        world.pass(SECOND * 20);
        world.network = GOOD;
        world.pass(SECOND);
        let sound = world.clients[viewer].seen.iter().filter(|s| !s.video);
        let mut numbers: Vec<u64> = sound.map(|s| s.number).collect();
        let came = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), came, "each once");
        let asked = world.publisher_stats(publisher).nacks;
        (came, asked, world.subscriber_stats(viewer).retransmissions)
    };
    // Of 50 packets a second one in ten is lost on one of the two ways; str0m sends none again.
    let (came, asked, repaired) = heard(false);
    assert!((850..960).contains(&came), "{came}");
    assert_eq!((asked, repaired), (0, 0));
    let (came, asked, repaired) = heard(true);
    assert!(
        (980..=1_000 * 21 / 20).contains(&came) && asked > 20 && repaired > 30,
        "{came} {asked} {repaired}"
    );
}

#[test]
fn loss_is_repaired() {
    let mut world = World::new(2);
    let publisher = world.publish("stage", 1_000);
    let viewers: Vec<usize> = (0..3).map(|_| world.subscribe("stage")).collect();
    world.until(SECOND * 5, "all", |w| viewers.iter().all(|v| w.clients[*v].video().len() > 50));
    world.network = Network { lost: 50, ..GOOD };
    world.pass(SECOND * 10);
    world.clients[publisher].filming = false;
    world.network = GOOD;
    world.pass(SECOND * 2);
    for viewer in viewers {
        let video = world.clients[viewer].video();
        assert!(video.len() > 1_000);
        check_continuous(&video);
    }
}

#[test]
fn reordering_and_doubling_harm_nothing() {
    let mut world = World::new(3);
    let publisher = world.publish("stage", 65_000);
    let viewer = world.subscribe("stage");
    world.until(SECOND, "a start", |w| !w.clients[viewer].video().is_empty());
    world.network = Network { doubled: 100, jitter: 40, ..GOOD };
    world.until(SECOND * 20, "video", |w| w.clients[viewer].video().len() > 1_500);
    world.clients[publisher].filming = false;
    world.pass(SECOND * 2);
    check_continuous(&world.clients[viewer].video());
}

#[test]
fn receiver_learns_round_trip() {
    let mut world = World::new(8);
    world.network = Network { delay: 35, ..GOOD };
    world.publish("stage", 100);
    let viewer = world.subscribe("stage");
    world.until(SECOND * 8, "a round trip", |w| w.clients[viewer].round_trip.is_some());
    let told = world.clients[viewer].round_trip.expect("told").as_millis();
    assert!((69..=75).contains(&told), "{told} ms");
}

#[test]
fn sound_and_picture_stay_in_sync() {
    let mut world = World::new(4);
    world.network.jitter = 3;
    let publisher = world.publish("stage", 100);
    let encoding = Duration::from_millis(120);
    world.clients[publisher].encoding = encoding;
    let viewer = world.subscribe("stage");
    world.until(SECOND, "connection", |w| w.clients[publisher].connected);
    world.pass(SECOND * 12);
    world.clients[viewer].forget();
    world.pass(SECOND * 2);
    // Frame n was captured n / 30 s after the start, and so was sound n / 50 s after it: the wall
    // clock the viewer reads must say the same of both.
    let offset = |seen: &Seen| {
        let seconds = match seen.video {
            true => (seen.number / PACKETS_PER_FRAME) as f64 * 0.033_333,
            false => seen.number as f64 * 0.020,
        };
        let captured = seen.captured.expect("a sender report");
        captured.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64() - seconds
    };
    let seen = &world.clients[viewer].seen;
    let mean = |video: bool| {
        let offsets: Vec<f64> = seen.iter().filter(|s| s.video == video).map(offset).collect();
        assert!(offsets.len() > 50);
        offsets.iter().sum::<f64>() / offsets.len() as f64
    };
    let skew = (mean(true) - mean(false)).abs();
    assert!(skew < 0.005, "{skew} s apart");
}

#[test]
fn publishers_turn_their_pictures_themselves() {
    let mut world = World::new(19);
    let publisher = world.publish("stage", 100);
    let answer = &world.clients[publisher].answer;
    assert!(answer.contains("urn:ietf:params:rtp-hdrext:sdes:mid"));
    assert!(
        !answer.contains("urn:3gpp:video-orientation"),
        "Firefox doesn't know how to turn them"
    );
}
