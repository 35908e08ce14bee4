//! What some lines of the table must give, as tests.

use super::line::LineSpec;
use super::receiver::Receiver;
use super::{MUSIC, SECOND, SPEECH, heard, join, on_air, receiver, tick};
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
