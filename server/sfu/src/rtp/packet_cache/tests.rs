//! Packet cache: what is kept, and for how long.

use super::*;

const START: ExtSeq = ExtSeq(65_530);

/// Stores VP8 packets at the given numbers, ten to a frame; those of `keyframes` begin one.
fn stored(cache: &mut PacketCache, now: Instant, numbers: &[u64], keyframes: &[u64]) {
    for number in numbers {
        let begins = keyframes.contains(number);
        let stored = cache.store(&Packet {
            timestamp: u32::try_from(number / 10 * 3_000).expect("small"),
            keyframe: begins,
            ..Packet::sample(1, START.0 + number, now)
        });
        assert_eq!(stored == Stored::Keyframe, begins, "{number}");
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "any starting point will do")]
fn packet_cache_is_bounded_by_count_and_bytes() {
    let limits =
        SfuLimits { max_cached_bytes: 400, max_cached_packets: 300, ..SfuLimits::default() };
    let now = Instant::now();
    let mut cache = PacketCache::new(&limits);
    let numbers: Vec<u64> = (0..5_000).collect();
    stored(&mut cache, now, &numbers, &[0, 4_900]);
    assert_eq!(cache.start(now), Some(START + 4_900));
    assert!(cache.slots.len() <= 200 && cache.bytes <= 400);
    let mut cache = PacketCache::new(&SfuLimits::default());
    stored(&mut cache, now, &numbers, &[]);
    assert_eq!(cache.slots.len() as u64, RETRANSMIT_PACKETS);
    // Another count, far away: the old one is forgotten.
    stored(&mut cache, now, &[50_000], &[50_000]);
    assert_eq!((cache.slots.len(), cache.bytes), (1, 2));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "any starting point will do")]
fn packet_caches_share_memory_budget() {
    let most = 1024 * 1024;
    let limits = SfuLimits { max_cached_bytes_in_all: most, ..SfuLimits::default() };
    let budget = CacheBudget::new(&limits);
    let now = Instant::now();
    let packet = |number: u64| Packet {
        payload: vec![0; 1_000].into(),
        keyframe: number == 0,
        ..Packet::sample(1, number, now)
    };
    let held = || budget.0.bytes.load(Relaxed);
    let mut caches: Vec<PacketCache> = Vec::new();
    for _ in 0..10 {
        let mut cache = PacketCache::with_budget(&limits, &budget);
        (0..2_000).for_each(|number| {
            cache.store(&packet(number));
        });
        caches.push(cache);
        assert!(held() <= most + 10 * 2_000, "the newest packet of each is kept");
    }
    assert_eq!(held(), caches.iter().map(PacketCache::held).sum::<usize>());
    for number in 2_000..4_000 {
        caches.iter_mut().for_each(|cache| {
            cache.store(&packet(number));
        });
    }
    let even = most / 11;
    let shares: Vec<usize> = caches.iter().map(PacketCache::held).collect();
    assert!(shares.iter().all(|held| held.abs_diff(even) < 3_000), "{shares:?}");
    drop(caches);
    assert_eq!(held(), 0);
    // Alone, one keeps a whole group of pictures.
    let mut cache = PacketCache::with_budget(&limits, &budget);
    (0..300).for_each(|number| {
        cache.store(&packet(number));
    });
    let kept = cache.last_keyframe(now).expect("a keyframe");
    assert_eq!((kept.sequence, kept.bytes), (ExtSeq(0), 300_000));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "any starting point will do")]
fn cached_run_begins_with_keyframe_and_expires_when_too_long() {
    let limits = SfuLimits { max_cached_packets: 200, ..SfuLimits::default() };
    let now = Instant::now();
    let mut cache = PacketCache::new(&limits);
    stored(&mut cache, now, &[3, 5, 4], &[]);
    assert_eq!(cache.start(now), None);
    // The first packet of the keyframe comes after its followers.
    stored(&mut cache, now, &[12, 11, 10], &[10]);
    assert_eq!(cache.start(now), Some(START + 10));
    // What came before it is there for repairs.
    assert!(cache.get(START + 12).is_some() && cache.get(START + 5).is_some());
    assert_eq!(cache.end(), START + 13);
    // A gap is filled when it comes.
    stored(&mut cache, now, &[6, 15, 14], &[]);
    assert!(cache.get(START + 13).is_none());
    stored(&mut cache, now, &[13], &[]);
    assert!(cache.get(START + 13).is_some());
    stored(&mut cache, now, &[20], &[20]);
    assert_eq!(cache.start(now), Some(START + 20));
    assert_eq!(cache.start(now + limits.max_cached_age * 2), None);
    let long: Vec<u64> = (21..230).collect();
    stored(&mut cache, now, &long, &[]);
    assert_eq!(cache.start(now), None);
    stored(&mut cache, now, &[230], &[230]);
    assert_eq!(cache.start(now), Some(START + 230));
}
