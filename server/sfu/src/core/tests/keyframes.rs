//! Keyframes are requested seldom, however many want another picture, and at once for who has none.

use std::time::Duration;

use super::world::World;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn many_who_change_their_windows_ask_for_few_keyframes() {
    let mut world = World::new(70);
    let publisher = world.publish_layers("stage");
    world.clients[publisher].all_together = true;
    let viewers: Vec<usize> = (0..12).map(|_| world.subscribe("stage")).collect();
    world.pass(SECOND * 12);
    world.clients[publisher].asked = 0;
    let mut random = fastrand::Rng::with_seed(70);
    for _ in 0..120 {
        // Each every four seconds, in the middle.
        for viewer in &viewers {
            if random.u8(..16) != 0 {
                continue;
            }
            let height = [None, Some(400), Some(200)][random.usize(..3)];
            assert!(world.core.set_max_height(world.now, world.session(*viewer), height));
        }
        world.pass(SECOND / 4);
    }
    let asked = world.clients[publisher].asked;
    assert!((4..=11).contains(&asked), "{asked} in half a minute");
    // All have got what they wanted in the end.
    for viewer in &viewers {
        assert!(world.core.set_max_height(world.now, world.session(*viewer), Some(400)));
    }
    world.pass(SECOND * 12);
    let height = |viewer: &usize| world.subscriber_stats(*viewer).height;
    assert!(viewers.iter().all(|viewer| height(viewer) == Some(360)));
    let newcomer = world.subscribe("stage");
    world.until(SECOND, "connection", |w| w.clients[newcomer].connected);
    world.until(SECOND * 3 / 10, "a picture", |w| !w.clients[newcomer].video().is_empty());
}

#[test]
fn who_lost_the_picture_is_served_while_others_wait_for_a_better_one() {
    let mut world = World::new(74);
    let publisher = world.publish_layers("stage");
    world.clients[publisher].all_together = true;
    let [viewer, eager, other] = [0; 3].map(|_| world.subscribe("stage"));
    world.pass(SECOND * 20);
    for height in [Some(200), None, Some(200)] {
        assert!(world.core.set_max_height(world.now, world.session(eager), height));
        world.pass(SECOND * 21 / 20);
    }
    world.clients[publisher].asked = 0;
    assert!(world.core.set_max_height(world.now, world.session(other), Some(200)));
    world.pass(SECOND / 2);
    assert_eq!(world.clients[publisher].asked, 0, "it waits");
    // Of two requests of one viewer, the first is answered from the cache.
    for _ in 0..2 {
        world.clients[viewer].forget();
        world.clients[viewer].lose_picture();
        world.pass(SECOND * 3 / 10);
    }
    assert_eq!(world.clients[publisher].asked, 1);
    assert!(world.clients[viewer].video().iter().any(|seen| seen.keyframe));
    world.pass(SECOND / 2);
    assert_eq!(world.clients[publisher].asked, 1, "one for both");
    assert_eq!(world.subscriber_stats(other).height, Some(180));
}
