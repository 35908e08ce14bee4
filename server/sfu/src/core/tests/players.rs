//! Players that aren't browsers: without repair streams, or without transport-wide feedback.

use std::time::Duration;

use super::world::{GOOD, Network, World};

const SECOND: Duration = Duration::from_secs(1);

/// An offer without the lines that have that word.
fn without(offer: &str, word: &str) -> String {
    let lines = offer.lines().filter(|line| !line.contains(word));
    lines.map(|line| format!("{line}\r\n")).collect()
}

/// An offer without repair streams (RTX, RFC 4588).
fn without_rtx(offer: String) -> String {
    let formats = offer.lines().filter_map(|line| line.strip_prefix("a=rtpmap:"));
    let repairs = formats.filter_map(|format| format.split_once(" rtx/"));
    let repairs: Vec<&str> = repairs.map(|(format, _)| format).collect();
    let of_repairs = |line: &str| {
        let format = line.split_once(':').and_then(|(_, rest)| rest.split(' ').next());
        line.starts_with("a=") && format.is_some_and(|format| repairs.contains(&format))
    };
    let lines = offer.lines().filter(|line| !of_repairs(line) && !line.contains("ssrc-group"));
    let kept = |line: &str| {
        let words = line.split(' ').filter(|word| !repairs.contains(word));
        words.collect::<Vec<_>>().join(" ") + "\r\n"
    };
    lines
        .map(|line| if line.starts_with("m=") { kept(line) } else { format!("{line}\r\n") })
        .collect()
}

fn layer(world: &World, viewer: usize) -> Option<u8> {
    world.clients[viewer].seen.iter().rev().find(|s| s.video).map(|s| s.layer)
}

#[test]
fn a_player_without_rtx_gets_the_best_layer() {
    let mut world = World::new(90);
    world.publish_layers("stage");
    let viewer = world.subscribe_as("stage", &without_rtx);
    assert!(!world.clients[viewer].answer.contains("rtx"));
    world.pass(SECOND * 6);
    assert_eq!(layer(&world, viewer), Some(2));
}

#[test]
fn a_player_without_transport_wide_feedback_gets_less_on_a_narrow_line() {
    let mut world = World::new(91);
    world.publish_layers("stage");
    let untold = |offer: String| without(&offer, "transport-wide-cc");
    let viewer = world.subscribe_as("stage", &untold);
    world.until(SECOND * 6, "the best", |w| layer(w, viewer) == Some(2));
    world.network = Network { capacity: 120, ..GOOD };
    world.until(SECOND * 5, "the least", |w| layer(w, viewer) == Some(0));
    world.network = GOOD;
    world.until(SECOND * 100, "the best again", |w| layer(w, viewer) == Some(2));
}
