//! What some lines of the table must give, as tests.

use super::line::LineSpec;
use super::{SECOND, SPEECH, join, on_air, receiver, tick};

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
