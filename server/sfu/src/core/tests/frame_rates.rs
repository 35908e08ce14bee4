//! Half the frames of a scalable stream, where a line doesn't carry all.

use std::time::Duration;

use str0m::format::Codec;

use super::client::FRAME_TICKS;
use super::payload::NOTHING;
use super::seen::Seen;
use super::world::{GOOD, Network, World};

const SECOND: Duration = Duration::from_secs(1);

/// Pictures of a viewer: the time since the one before in frames, and the highest layer. Panics
/// unless each is whole and nothing is missing in between.
fn pictures(video: &[Seen]) -> Vec<(u32, u8)> {
    assert!(video.windows(2).all(|two| two[1].sequence == two[0].sequence + 1));
    // Numbers of packets that turned out to be of other layers are filled with nothing.
    let video: Vec<Seen> = video.iter().filter(|it| it.layer != NOTHING).cloned().collect();
    let chunks: Vec<&[Seen]> = video.chunk_by(|a, b| a.timestamp == b.timestamp).collect();
    let inner = chunks.windows(3).map(|three| {
        let (before, picture) = (three[0], three[1]);
        let top = picture.iter().map(|it| it.layer).max().expect("no empty chunks");
        let wanted = (0..=top).flat_map(|layer| vec![layer; 4_usize.pow(layer.into())]);
        assert!(picture.iter().map(|it| it.layer).eq(wanted), "layer by layer, up to {top}");
        let ends = picture.iter().map(|it| it.marker);
        assert!(ends.eq((1..=picture.len()).map(|at| at == picture.len())), "one end");
        let passed = picture[0].timestamp.wrapping_sub(before[0].timestamp);
        (passed / FRAME_TICKS, top)
    });
    inner.collect()
}

/// True if the last half second was like that.
fn lately(world: &World, viewer: usize, frames: u32, layer: u8) -> bool {
    let video = world.clients[viewer].video();
    let count = 15 / frames as usize;
    let pictures = pictures(&video);
    pictures.len() >= count && pictures.iter().rev().take(count).all(|it| *it == (frames, layer))
}

#[test]
fn line_between_two_layers_gets_half_the_frames_without_a_keyframe() {
    let mut world = World::new(48);
    let publisher = world.publish_scalable("stage", Codec::Vp9);
    world.clients[publisher].layers[0].temporal = true;
    let viewer = world.subscribe("stage");
    world.until(SECOND * 6, "all of the best", |w| lately(w, viewer, 1, 2));
    world.pass(SECOND * 4);
    world.clients[viewer].forget();
    let asked = world.clients[publisher].asked;
    // The best needs 1,100 kbit/s; the one below a quarter of that.
    world.network = Network { capacity: 850, ..GOOD };
    world.pass(SECOND * 2);
    assert_eq!(world.clients[publisher].asked, asked, "less needs no keyframe");
    world.pass(SECOND * 10);
    world.clients[viewer].forget();
    world.pass(SECOND * 4);
    let seen = pictures(&world.clients[viewer].video());
    let half = seen.iter().filter(|it| **it == (2, 2)).count();
    assert!(half > 50, "{half} of {}", seen.len());
    world.network = GOOD;
    let asked = world.clients[publisher].asked;
    world.until(SECOND * 8, "all of the best again", |w| lately(w, viewer, 1, 2));
    assert_eq!(world.clients[publisher].asked, asked, "nor does more of the same");
    pictures(&world.clients[viewer].video());
}

#[test]
fn half_the_frames_are_whole_where_the_publisher_loses_packets() {
    for seed in 49..51 {
        let mut world = World::new(seed);
        let publisher = world.publish_scalable("stage", Codec::Vp9);
        world.clients[publisher].layers[0].temporal = true;
        let viewer = world.subscribe("stage");
        world.until(SECOND * 6, "all of the best", |w| lately(w, viewer, 1, 2));
        world.network = Network { capacity: 850, ..GOOD };
        world.pass(SECOND * 8);
        world.lossy = Some((world.clients[publisher].address, 30));
        world.clients[viewer].forget();
        world.pass(SECOND * 8);
        world.lossy = None;
        world.pass(SECOND);
        let seen = pictures(&world.clients[viewer].video());
        let half = seen.iter().filter(|it| **it == (2, 2)).count();
        assert!(half > 110, "{half} of {}", seen.len());
    }
}
