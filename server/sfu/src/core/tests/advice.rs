//! Advice to artists, and the mending of their programs' mistakes where that is possible.

use std::time::Duration;

use super::world::World;
use crate::codec::encoder::Advice;

const SECOND: Duration = Duration::from_secs(1);

fn advice(world: &World, publisher: usize) -> Vec<Advice> {
    world.publisher_stats(publisher).advice
}

/// A program whose keyframes, a second apart, come without parameter sets.
fn bare(world: &mut World, offer: &dyn Fn(String) -> String) -> usize {
    let publisher = world.publish_program("stage", 1, offer);
    let client = &mut world.clients[publisher];
    client.group = Some(30);
    client.program.as_mut().expect("a program").bare = true;
    publisher
}

#[test]
fn parameter_sets_of_the_offer_are_put_into_the_stream() {
    let mut world = World::new(70);
    let sets = "a=fmtp:96 sprop-parameter-sets=Z0LAHg==,aM48gA==;";
    let publisher = bare(&mut world, &|offer| offer.replace("a=fmtp:96 ", sets));
    let early = world.subscribe("stage");
    world.pass(SECOND * 3);
    let late = world.subscribe("stage");
    world.until(SECOND, "video", |w| !w.clients[late].video().is_empty());
    world.pass(SECOND * 3);
    for viewer in [early, late] {
        let video = world.clients[viewer].video();
        assert!(video.windows(2).all(|two| two[1].sequence == two[0].sequence + 1), "no gap");
        let keyframes = video.iter().enumerate().filter(|(_, seen)| seen.keyframe);
        let keyframes: Vec<usize> = keyframes.map(|(at, _)| at).collect();
        assert!(keyframes.first() == Some(&0) && keyframes.len() > 2, "{keyframes:?}");
        for at in keyframes.iter().filter(|at| **at + 2 < video.len()) {
            // Both sets, and then the picture that they belong to.
            let timestamps = video[*at..at + 3].iter().map(|seen| seen.timestamp);
            assert!(timestamps.clone().all(|it| it == video[*at].timestamp));
            assert!(video[at + 2].number.is_multiple_of(4));
        }
    }
    assert_eq!(advice(&world, publisher), []);
}

#[test]
fn the_artist_is_told_of_missing_sets_and_long_intervals() {
    let mut world = World::new(71);
    let publisher = bare(&mut world, &|offer| offer);
    world.pass(SECOND * 3);
    assert_eq!(advice(&world, publisher), [Advice::NoParameterSets]);
    world.clients[publisher].program.as_mut().expect("a program").bare = false;
    world.pass(SECOND * 3);
    assert_eq!(advice(&world, publisher), []);
    world.clients[publisher].group = Some(150);
    world.pass(SECOND * 16);
    let told = advice(&world, publisher);
    assert!(
        matches!(told[..], [Advice::KeyframeInterval(it)] if it.as_millis().abs_diff(5_000) < 50),
        "{told:?}"
    );
}
