//! Layer selection over networks of different bandwidth.

use std::time::Duration;

use str0m::format::Codec;

use super::payload::NOTHING;
use super::seen::Seen;
use super::world::{GOOD, Network, World};

const SECOND: Duration = Duration::from_secs(1);

/// Kilobits per second that carry only the poorest layer, of about 50: the others have four and
/// sixteen times that.
const NARROW: Network = Network { capacity: 120, ..GOOD };

fn layer(world: &World, viewer: usize) -> Option<u8> {
    world.clients[viewer].seen.iter().rev().find(|s| s.video).map(|s| s.layer)
}

/// Panics unless what a subscriber saw is one stream, in which layers change at keyframes only.
fn check_one_stream(video: &[Seen]) {
    assert!(video.first().is_some_and(|s| s.keyframe));
    for pair in video.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        if after.sequence != before.sequence + 1 {
            continue;
        }
        let ahead = after.timestamp.wrapping_sub(before.timestamp);
        assert!(ahead < 90_000, "time goes on: {ahead}");
        let pictures = after.picture.wrapping_sub(before.picture) & 0x7fff;
        if before.layer == after.layer {
            assert_eq!(after.number, before.number + 1);
            assert_eq!(pictures, u16::from(before.marker));
        } else {
            assert!(after.keyframe, "a layer begins with a keyframe");
            assert_eq!(pictures, 1, "one count of pictures");
        }
    }
}

#[test]
fn subscriber_gets_best_layer_network_carries() {
    let mut world = World::new(41);
    let publisher = world.publish_layers("stage");
    let viewer = world.subscribe("stage");
    world.until(SECOND, "a picture", |w| layer(w, viewer).is_some());
    world.until(SECOND * 5, "the best", |w| layer(w, viewer) == Some(2));
    world.pass(SECOND * 5);
    assert_eq!(layer(&world, viewer), Some(2), "stays the best");
    world.network = NARROW;
    world.until(SECOND * 2, "less on a bad line", |w| layer(w, viewer) == Some(0));
    let since = world.now;
    world.pass(SECOND * 30);
    let came = |what: &dyn Fn(&Seen) -> bool| {
        world.clients[viewer].seen.iter().filter(|s| s.at > since && what(s)).count()
    };
    let (sound, poorest) = (came(&|s| !s.video), came(&|s| s.video && s.layer == 0));
    assert!(sound > 1_400, "sound comes first: {sound}");
    assert!(poorest > 800, "pictures still move: {poorest}");
    world.network = GOOD;
    world.until(SECOND * 40, "the best again", |w| layer(w, viewer) == Some(2));
    check_one_stream(&world.clients[viewer].video());
    let asked = world.clients[publisher].asked;
    assert!(asked < 20, "{asked} keyframes asked for");
}

#[test]
fn a_publisher_that_stops_a_layer_loses_nobody() {
    let mut world = World::new(42);
    let publisher = world.publish_layers("stage");
    let viewers: Vec<usize> = (0..3).map(|_| world.subscribe("stage")).collect();
    let all = |w: &World, wanted: u8| viewers.iter().all(|v| layer(w, *v) == Some(wanted));
    // The first picture may be of any layer, of which nothing is known yet.
    world.pass(SECOND * 2);
    world.until(SECOND * 6, "the best", |w| all(w, 2));
    // As browsers do when their own line is short.
    world.clients[publisher].layers[2].active = false;
    world.until(SECOND / 2, "the next best", |w| all(w, 1));
    world.clients[publisher].layers[2].active = true;
    world.until(SECOND * 40, "the best again", |w| all(w, 2));
    for viewer in &viewers {
        check_one_stream(&world.clients[*viewer].video());
    }
}

#[test]
fn layer_that_begins_or_goes_on_draws_nobody_whose_line_is_too_narrow() {
    let mut world = World::new(48);
    world.network = Network { capacity: 400, ..GOOD };
    let publisher = world.publish_layers("stage");
    world.clients[publisher].layers[2].active = false;
    let viewer = world.subscribe("stage");
    world.until(SECOND * 10, "the middle", |w| layer(w, viewer) == Some(1));
    for _ in 0..2 {
        world.clients[publisher].layers[2].active = false;
        world.pass(SECOND * 5);
        world.clients[publisher].layers[2].active = true;
        world.pass(SECOND * 2);
        let bandwidth = world.subscriber_stats(viewer).bandwidth;
        let large = world.clients[viewer].video().iter().filter(|s| s.layer == 2).count();
        assert_eq!(large, 0, "{bandwidth:?}");
    }
    // One that has room for it gets it.
    world.network = GOOD;
    world.until(SECOND * 40, "the best", |w| layer(w, viewer) == Some(2));
}

#[test]
fn still_screen_keeps_its_layer() {
    let mut world = World::new(49);
    let publisher = world.publish_layers("stage");
    let viewers: Vec<usize> = (0..3).map(|_| world.subscribe("stage")).collect();
    let all = |w: &World| viewers.iter().all(|v| layer(w, *v) == Some(2));
    world.until(SECOND * 10, "the best", all);
    world.pass(SECOND);
    let client = &mut world.clients[publisher];
    client.frame_time = SECOND;
    for (layer, lag) in client.layers.iter_mut().zip(0..) {
        layer.lag = Duration::from_millis(10) * lag;
    }
    world.pass(SECOND * 3);
    let changes =
        |w: &World| -> u32 { viewers.iter().map(|v| w.subscriber_stats(*v).layer_changes).sum() };
    let before = (world.clients[publisher].asked, changes(&world));
    world.pass(SECOND * 60);
    assert_eq!((world.clients[publisher].asked, changes(&world)), before);
    assert!(all(&world));
}

#[test]
fn time_that_sending_takes_is_no_queue() {
    let mut world = World::new(39);
    let publisher = world.publish_layers("stage");
    let viewers: Vec<usize> = (0..20).map(|_| world.subscribe("stage")).collect();
    let all = |w: &World| viewers.iter().all(|v| layer(w, *v) == Some(2));
    world.pass(SECOND * 2);
    world.until(SECOND * 10, "the best", all);
    // A picture for all takes 84 ms, sound takes 4: nothing overtakes by a whole report.
    world.clients[publisher].frame_time = SECOND / 4;
    world.air.0.lock().expect("one thread").cost = Duration::from_micros(200);
    world.pass(SECOND * 5);
    let bandwidth = |w: &World| -> Vec<_> {
        viewers.iter().map(|v| w.subscriber_stats(*v).bandwidth).collect()
    };
    let before = bandwidth(&world);
    world.pass(SECOND * 10);
    let after = bandwidth(&world);
    assert!(
        before.iter().zip(&after).all(|(before, after)| after >= before),
        "{before:?} {after:?}"
    );
    assert!(all(&world));
}

#[test]
fn a_small_window_gets_a_small_picture() {
    let mut world = World::new(43);
    world.publish_layers("stage");
    let (small, large) = (world.subscribe("stage"), world.subscribe("stage"));
    let session = world.session(small);
    assert!(world.core.set_max_height(world.now, session, Some(400)));
    world.until(SECOND * 6, "the best", |w| layer(w, large) == Some(2));
    world.pass(SECOND * 3);
    // 720 pixels are too many, 360 are not.
    assert_eq!(layer(&world, small), Some(1));
    assert!(world.core.set_max_height(world.now, session, None));
    world.until(SECOND * 10, "the best", |w| layer(w, small) == Some(2));
    // None is as low as that.
    assert!(world.core.set_max_height(world.now, session, Some(100)));
    world.until(SECOND * 5, "the least", |w| layer(w, small) == Some(0));
    check_one_stream(&world.clients[small].video());
    let publisher = world.session(0);
    assert!(!world.core.set_max_height(world.now, publisher, Some(180)));
}

/// Panics unless what a subscriber saw of a scalable stream is pictures with all layers up to one of
/// them, each with one end; returns that layer of each, none of those of which something is missing.
fn check_pictures(video: &[Seen]) -> Vec<Option<u8>> {
    let chunks: Vec<&[Seen]> = video.chunk_by(|a, b| a.timestamp == b.timestamp).collect();
    let mut pictures = Vec::new();
    for neighbours in chunks.windows(3) {
        let [before, picture, after] = neighbours else { unreachable!() };
        let next = before.last().expect("no empty chunks").sequence + 1;
        let wanted = next..next + picture.len() as u64 + 1;
        let whole = picture.iter().chain(after.first()).map(|s| s.sequence).eq(wanted);
        let parts: Vec<&Seen> = picture.iter().filter(|s| s.layer != NOTHING).collect();
        let top = parts.iter().map(|s| s.layer).max();
        pictures.push(top.filter(|_| whole));
        if let Some(top) = top.filter(|_| whole) {
            let wanted = (0..=top).flat_map(|layer| vec![layer; 4_usize.pow(layer.into())]);
            assert!(parts.iter().map(|s| s.layer).eq(wanted), "layer by layer, up to {top}");
            let ends = parts.iter().map(|s| s.marker);
            assert!(ends.eq((1..=parts.len()).map(|at| at == parts.len())), "one end");
        }
    }
    check_frames(video);
    for pair in video.windows(2) {
        let ahead = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!(ahead % 3_000 == 0 && ahead <= 9_000, "one time line: {ahead}");
    }
    pictures
}

/// What a scalable stream may be in.
const CODECS: [Codec; 2] = [Codec::Vp9, Codec::Av1];

#[test]
fn svc_subscriber_gets_best_layer_network_carries() {
    for codec in CODECS {
        each_gets_what_its_network_carries(codec);
    }
}

fn each_gets_what_its_network_carries(codec: Codec) {
    let mut world = World::new(44);
    let publisher = world.publish_scalable("stage", codec);
    let (viewer, small) = (world.subscribe("stage"), world.subscribe("stage"));
    assert!(world.core.set_max_height(world.now, world.session(small), Some(400)));
    world.until(SECOND * 6, "the best", |w| layer(w, viewer) == Some(2));
    world.pass(SECOND * 2);
    let tops = check_pictures(&world.clients[small].video());
    assert!(tops.ends_with(&[Some(1); 60]), "360 pixels and no more");
    let asked = world.clients[publisher].asked;
    // Less needs no keyframe.
    assert!(world.core.set_max_height(world.now, world.session(viewer), Some(200)));
    let low = |w: &World| w.clients[viewer].video().iter().rev().take(8).all(|s| s.layer == 0);
    world.until(SECOND / 2, "the least", low);
    assert_eq!(world.clients[publisher].asked, asked);
    assert!(world.core.set_max_height(world.now, world.session(viewer), None));
    let high = |w: &World| layer(w, viewer) == Some(2);
    world.until(SECOND * 10, "the best again", high);
    world.pass(SECOND);
    let tops = check_pictures(&world.clients[viewer].video());
    assert!(tops.contains(&Some(0)) && tops.ends_with(&[Some(2); 25]));
    let asked = world.clients[publisher].asked - asked;
    assert!((1..=2).contains(&asked), "one keyframe is for all layers: {asked}");
}

#[test]
fn vp9_keyframe_with_fewer_layers_freezes_nobody() {
    let mut world = World::new(47);
    let publisher = world.publish_scalable("stage", Codec::Vp9);
    let (viewer, small) = (world.subscribe("stage"), world.subscribe("stage"));
    assert!(world.core.set_max_height(world.now, world.session(small), Some(400)));
    world.until(SECOND * 6, "the best", |w| layer(w, viewer) == Some(2));
    world.pass(SECOND * 4);
    world.clients.iter_mut().for_each(|client| client.forget());
    let asked = world.clients[publisher].asked;
    world.pass(SECOND);
    for layers in [2, 1, 3] {
        let sending = &mut world.clients[publisher].layers[0];
        (sending.spatial, sending.keyframe_next) = (layers, true);
        world.pass(SECOND * 2);
        let height = world.subscriber_stats(viewer).height;
        assert_eq!(height, Some(90 << layers), "of {layers} layers");
    }
    assert_eq!(world.clients[publisher].asked, asked, "nobody needs another one");
    for (viewer, most) in [(viewer, 2), (small, 1)] {
        let pictures = check_pictures(&world.clients[viewer].video());
        assert!(pictures.iter().all(Option::is_some), "each is whole");
        let mut tops: Vec<u8> = pictures.into_iter().flatten().collect();
        tops.dedup();
        let mut wanted = [2, 1, 0, 2].map(|top: u8| top.min(most)).to_vec();
        wanted.dedup();
        assert_eq!(tops, wanted);
    }
}

#[test]
fn a_scalable_stream_is_whole_in_every_layer_on_a_bad_network() {
    for codec in CODECS {
        is_whole_in_every_layer(codec);
    }
}

fn is_whole_in_every_layer(codec: Codec) {
    let mut world = World::new(45);
    let publisher = world.publish_scalable("stage", codec);
    world.clients[publisher].layers[0].temporal = codec == Codec::Vp9;
    let viewers: Vec<usize> = (0..3).map(|_| world.subscribe("stage")).collect();
    for (viewer, most) in viewers.iter().zip([200, 400, 800]) {
        assert!(world.core.set_max_height(world.now, world.session(*viewer), Some(most)));
    }
    world.until(SECOND * 6, "the best", |w| layer(w, viewers[2]) == Some(2));
    world.network = Network { lost: 20, jitter: 4, ..GOOD };
    world.pass(SECOND * 10);
    world.network = GOOD;
    world.pass(SECOND * 2);
    for (viewer, most) in viewers.iter().zip(0..) {
        let pictures = check_pictures(&world.clients[*viewer].video());
        let whole = pictures.iter().filter(|top| **top == Some(most)).count();
        assert!(whole > 330, "layer {most}: {whole} of {}", pictures.len());
    }
}

/// Panics unless frames are counted on: those of one picture one by one, and the next picture's after them.
fn check_frames(video: &[Seen]) {
    let parts: Vec<&Seen> = video.iter().filter(|s| s.layer != NOTHING).collect();
    for pair in parts.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        if let (Some(frame), Some(next)) = (before.frame, after.frame) {
            let ahead = next.wrapping_sub(frame);
            let same = before.timestamp == after.timestamp;
            let wanted = if same { u16::from(after.layer.wrapping_sub(before.layer)) } else { 1 };
            assert!(ahead == wanted || !same && (1..=9).contains(&ahead), "{ahead} frames");
        }
    }
}

#[test]
fn av1_frame_numbers_continue_across_publishers() {
    let mut world = World::new(46);
    world.publish_scalable("stage", Codec::Av1);
    let viewer = world.subscribe("stage");
    world.until(SECOND * 6, "the best", |w| layer(w, viewer) == Some(2));
    world.pass(SECOND * 3);
    let second = world.publish_scalable("stage", Codec::Av1);
    let name = world.clients[second].address.port() as u8;
    let of_second = |s: &Seen| s.video && s.publisher == name && s.layer == 2;
    let seen = |w: &World| w.clients[viewer].seen.iter().filter(|s| of_second(s)).count();
    world.until(SECOND * 6, "the second", |w| seen(w) > 1_000);
    let video = world.clients[viewer].video();
    assert!(video.iter().all(|s| s.frame.is_some()), "all are described");
    check_frames(&video);
}
