//! Recovery of packets lost on a publisher's line.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::program::Name;
use super::world::{GOOD, Network, Passage, World};

const SECOND: Duration = Duration::from_secs(1);

/// How soon a lost packet is asked for.
const SOON: Duration = Duration::from_millis(50);

/// One way.
const DELAY: Duration = Duration::from_millis(20);

/// An offer of one stream for each m-line, as OBS makes it.
fn one_stream(offer: String) -> String {
    let groups = offer.lines().filter_map(|line| line.strip_prefix("a=ssrc-group:FID "));
    let repairs: Vec<String> =
        groups.filter_map(|group| Some(format!("a=ssrc:{} ", group.split(' ').nth(1)?))).collect();
    let lines = offer.lines().filter(|line| {
        !line.starts_with("a=ssrc-group") && !repairs.iter().any(|it| line.starts_with(it))
    });
    lines.map(|line| format!("{line}\r\n")).collect()
}

/// An offer without the lines that say which streams there will be: they are told by their MID.
fn without_streams(offer: String) -> String {
    let lines = offer.lines().filter(|line| !line.starts_with("a=ssrc"));
    lines.map(|line| format!("{line}\r\n")).collect()
}

/// A program whose line loses one packet in fifty for that long, then nothing for two seconds; and a
/// viewer.
fn lossy(
    seed: u64,
    layers: u8,
    offer: &dyn Fn(String) -> String,
    span: Duration,
) -> (World, usize, usize) {
    let mut world = World::new(seed);
    world.network = Network { delay: DELAY.as_millis() as u32, ..GOOD };
    let publisher = world.publish_program("stage", layers, offer);
    let viewer = lose(&mut world, publisher, span);
    (world, publisher, viewer)
}

fn lose(world: &mut World, publisher: usize, span: Duration) -> usize {
    let answer = &world.clients[publisher].answer;
    assert!(answer.contains("a=rtcp-fb:96 nack\r\n") && !answer.contains("rtx"));
    let viewer = world.subscribe("stage");
    world.until(SECOND, "video", |w| !w.clients[viewer].video().is_empty());
    world.pass(SECOND);
    let address = world.clients[publisher].address;
    world.lossy = Some((address, 20));
    world.pass(span);
    world.lossy = Some((address, 0));
    world.pass(SECOND * 2);
    viewer
}

/// When each packet of video was first asked for again, as the core sent it.
fn asked(world: &World, publisher: usize) -> HashMap<Name, Instant> {
    let program = world.clients[publisher].program.as_ref().expect("a program");
    let mut asked = HashMap::new();
    for (name, at) in &program.asked {
        asked.entry(*name).or_insert(*at - DELAY);
    }
    asked
}

#[test]
fn each_packet_lost_of_video_without_repair_streams_is_asked_for_at_once() {
    let mapped: [(u8, &dyn Fn(String) -> String); 3] =
        [(1, &one_stream), (1, &without_streams), (3, &without_streams)];
    for (seed, (layers, offer)) in (50..).zip(mapped) {
        let (world, publisher, _) = lossy(seed, layers, offer, SECOND * 10);
        let asked = asked(&world, publisher);
        let video: Vec<u32> = asked.keys().map(|(ssrc, _)| *ssrc).collect();
        let mut known = HashMap::new();
        let mut lost = 0;
        for (at, passage) in world.journal.iter().enumerate() {
            let first = known.insert(passage.name, ()).is_none();
            if !passage.lost || !first || !video.contains(&passage.name.0) {
                continue;
            }
            let later = world.journal[at..].iter();
            // Repairs of what was before it tell nothing of it.
            let after = |it: &&Passage| {
                let ahead = it.name.1.wrapping_sub(passage.name.1).cast_signed();
                !it.lost && it.name.0 == passage.name.0 && ahead > 0
            };
            let mut later = later.filter(after);
            let noticed = later.next().expect("more came").at;
            let asked = asked.get(&passage.name).expect("asked for");
            let took = asked.saturating_duration_since(noticed);
            assert!(took <= SOON, "seed {seed}: {took:?}");
            lost += 1;
        }
        assert!(lost > 10 * usize::from(layers), "{lost}");
    }
}

#[test]
fn lost_packet_is_recovered_within_two_round_trips() {
    let (world, _, viewer) = lossy(53, 1, &one_stream, SECOND * 20);
    let video = world.clients[viewer].video();
    assert!(video.windows(2).all(|two| two[1].number == two[0].number + 1), "no gap");
    let mut due = HashMap::new();
    for passage in &world.journal {
        due.entry(passage.name.1).or_insert(passage.at);
    }
    let lost = world.journal.iter().filter(|it| it.lost).count();
    assert!(lost > 40, "{lost}");
    for seen in &video {
        // Its number in the stream of the publisher.
        if let Some(due) = due.get(&((65_400 + seen.number) as u16)) {
            let late = seen.at.saturating_duration_since(*due + DELAY);
            assert!(late <= DELAY * 4 + SECOND / 10, "{late:?} late");
        }
    }
}

#[test]
fn packet_hundreds_late_is_accepted() {
    let mut world = World::new(54);
    world.network = Network { delay: 100, ..GOOD };
    let publisher = world.publish_program("stage", 1, &one_stream);
    // 1,200 a second: 240 while a request and its answer are under way.
    world.clients[publisher].layers[0].packets_per_frame = 40;
    let viewer = lose(&mut world, publisher, SECOND * 5);
    let lost = world.journal.iter().filter(|it| it.lost).count();
    assert!(lost > 80, "{lost}");
    // The viewer of this test takes nothing that is so late; what counts is that the core does.
    assert!(world.clients[viewer].video().len() > 5_000);
    // Of sound, nothing was promised.
    let asked = asked(&world, publisher);
    let video = asked.keys().next().expect("something").0;
    let sound = world.journal.iter().filter(|it| it.lost && it.name.0 != video).count();
    assert_eq!(world.publisher_stats(publisher).lost, sound as u64);
}

#[test]
fn repair_hundreds_late_is_accepted_from_repair_stream() {
    let mut world = World::new(55);
    world.network = Network { delay: 200, ..GOOD };
    let publisher = world.publish("stage", 65_400);
    world.clients[publisher].speaking = false;
    // 480 a second: 192 while a request and its answer are under way.
    world.clients[publisher].layers[0].packets_per_frame = 16;
    let viewer = world.subscribe("stage");
    world.until(SECOND * 3, "video", |w| !w.clients[viewer].video().is_empty());
    world.pass(SECOND);
    let address = world.clients[publisher].address;
    world.lossy = Some((address, 20));
    world.pass(SECOND * 20);
    world.lossy = Some((address, 0));
    world.pass(SECOND * 3);
    let lost = world.journal.iter().filter(|it| it.lost).count();
    assert!(lost > 100, "{lost}");
    let stats = world.publisher_stats(publisher);
    assert_eq!(stats.lost, 0, "of {lost}");
    assert!(stats.nacks > 0);
}
