//! Bounds on what viewers get over some lines of the table.

use super::line::LineSpec;
use super::receiver::Receiver;
use super::{Case, MUSIC, SECOND, SPEECH, heard, join, on_air, receiver, tick, watch};
use crate::core::tests::world::World;

#[test]
fn nothing_from_before_a_switch_is_repaired() {
    for seed in 80..82 {
        let (mut world, _) = on_air(seed, SPEECH);
        let wide = LineSpec { lost: 50, ..LineSpec::new(20_000, 20, 200) };
        let viewer = join(&mut world, wide);
        let address = world.clients[viewer].address;
        world.until(SECOND * 2, "connection", |w| w.clients[viewer].connected);
        let mut receiver = receiver(&world, viewer);
        let mut ticks = 0;
        while receiver.shown.last().is_none_or(|it| it.layer < 2) {
            tick(&mut world, viewer, &mut receiver);
            ticks += 1;
            assert!(ticks < 5_000, "the best within 25 s");
        }
        (0..200).for_each(|_| tick(&mut world, viewer, &mut receiver));
        let narrow = LineSpec { rate: 400, ..wide };
        world.lines.get_mut(&address).expect("a line").spec = narrow;
        (0..1_000).for_each(|_| tick(&mut world, viewer, &mut receiver));
        assert!(receiver.shown.last().is_some_and(|it| it.layer < 2), "less on a narrow line");
        assert_eq!(receiver.stale_repairs, 0);
    }
}

#[test]
fn picture_gives_way_to_sound_and_comes_back() {
    for (seed, first) in [(82, 310), (83, 20_000)] {
        let (mut world, _) = on_air(seed, MUSIC);
        let wide = LineSpec::new(20_000, 20, 200);
        // A tenth more than the sound.
        let narrow = LineSpec { rate: 310, ..wide };
        let viewer = join(&mut world, LineSpec { rate: first, ..wide });
        let address = world.clients[viewer].address;
        world.until(SECOND * 2, "connection", |w| w.clients[viewer].connected);
        let mut receiver = receiver(&world, viewer);
        let pass = |world: &mut World, receiver: &mut Receiver, seconds: u32, spec| {
            world.lines.get_mut(&address).expect("a line").spec = spec;
            let end = world.now + SECOND * seconds;
            while world.now < end {
                tick(world, viewer, receiver);
            }
        };
        if first > 310 {
            pass(&mut world, &mut receiver, 5, wide);
        }
        // The little that is left empties the queue in some seconds.
        pass(&mut world, &mut receiver, 6, narrow);
        receiver.sound.clear();
        pass(&mut world, &mut receiver, 20, narrow);
        assert!(world.subscriber_stats(viewer).picture_paused);
        let (gaps, _, made_up) = heard(&receiver, world.now);
        assert!(gaps == 0 && made_up < 0.01, "{gaps} gaps, {made_up} made up");
        pass(&mut world, &mut receiver, 12, wide);
        let last = receiver.shown.last().expect("a picture");
        assert!(world.now - last.at < SECOND / 5 && last.layer == 2, "the best again");
    }
}

/// Bounds on 20 s over a line.
struct Bound {
    /// Milliseconds from the offer to the first picture.
    first: u128,
    freezes: usize,
    changes: u32,
    /// Least mean height.
    height: f64,
    /// Most of the sound that is made up, and of the bytes that are dropped, in percent.
    made_up: f64,
    dropped: f64,
}

#[test]
fn lines_give_what_they_carry() {
    let line = LineSpec::new;
    let fast = line(50_000, 20, 50);
    let best =
        Bound { first: 200, freezes: 0, changes: 1, height: 620.0, made_up: 1.0, dropped: 0.5 };
    let cases = [
        ("fast", MUSIC, vec![(0, fast)], Bound { ..best }),
        ("far", MUSIC, vec![(0, line(10_000, 50, 50))], Bound { first: 400, ..best }),
        (
            "60 ms longer",
            SPEECH,
            vec![(0, fast), (8, LineSpec { delay: 80, ..fast })],
            Bound { made_up: 4.0, ..best },
        ),
        (
            "narrow",
            SPEECH,
            vec![(0, line(300, 20, 200))],
            Bound { first: 300, changes: 0, height: 175.0, made_up: 1.6, dropped: 0.0, ..best },
        ),
        (
            "between two layers",
            MUSIC,
            vec![(0, line(1_000, 50, 1_000))],
            Bound { first: 450, height: 320.0, ..best },
        ),
        (
            "policed",
            SPEECH,
            vec![(0, LineSpec { policed: Some(2_000), ..fast })],
            Bound { changes: 3, freezes: 1, height: 300.0, dropped: 12.0, ..best },
        ),
        (
            "sound alone",
            MUSIC,
            vec![(0, line(384, 100, 1_000))],
            Bound { first: 900, freezes: 1, height: 0.0, made_up: 3.0, ..best },
        ),
    ];
    for (name, sound, line, bound) in cases {
        let case = Case { name, sound, line };
        let got = watch(7, &case, 20);
        let first = got.first.expect("a picture").as_millis();
        assert!(first <= bound.first, "{name}: first picture after {first} ms");
        let is_within = got.freezes <= bound.freezes
            && got.changes <= bound.changes
            && got.height >= bound.height
            && got.gaps == 0
            && got.made_up * 100.0 <= bound.made_up
            && got.dropped * 100.0 <= bound.dropped;
        assert!(is_within, "{name}: {got:?}");
    }
}
