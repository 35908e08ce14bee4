//! Memory that a subscriber keeps: what is freed with the core, beside what is freed with one that has
//! nobody but its publisher.

use std::time::Duration;

use bandstand_synthetic::memory::{self, CountingAllocator};

use super::world::World;

const SECOND: Duration = Duration::from_secs(1);

/// Subscribers whose memory is measured.
const VIEWERS: usize = 32;

/// The most bytes of one: the allocator and the system add about a half.
const MAX_VIDEO_BYTES: isize = 26 * 1_024;
const MAX_AUDIO_BYTES: isize = 21 * 1_024;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Bytes that a core with so many subscribers keeps.
fn kept(viewers: usize, filming: bool) -> isize {
    let mut world = World::new(95);
    let publisher = world.publish("stage", 100);
    world.clients[publisher].filming = filming;
    world.until(SECOND, "connection", |w| w.clients[publisher].connected);
    for _ in 0..viewers {
        world.subscribe("stage");
    }
    world.until(SECOND * 3, "connections", |w| w.clients.iter().all(|client| client.connected));
    world.pass(SECOND * 4);
    let World { core, .. } = world;
    let before = memory::held();
    drop(core);
    before - memory::held()
}

#[test]
fn subscriber_keeps_little() {
    memory::count_this_thread();
    for (filming, most) in [(true, MAX_VIDEO_BYTES), (false, MAX_AUDIO_BYTES)] {
        let each = (kept(VIEWERS, filming) - kept(0, filming)) / VIEWERS.cast_signed();
        assert!(each <= most, "video {filming}: {each} bytes");
    }
}
