//! The keys of subscribers, overheard on their way to the shard.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::ids::PeerKey;
use crate::shard::{BorrowedInput, Shard, ShardEvent, ShardInput, Shards};
use crate::srtp::keys::SrtpKeys;
use crate::stats::SubscriberStats;

/// Keys by the address of the subscriber.
#[derive(Clone, Default)]
pub(in super::super) struct Keys(Arc<Mutex<HashMap<SocketAddr, SrtpKeys>>>);

impl Keys {
    /// The subscriber's own view of its keys.
    pub(super) fn of(&self, subscriber: SocketAddr) -> SrtpKeys {
        let keys = self.0.lock().expect("one thread");
        let here = keys.get(&subscriber).expect("connected");
        SrtpKeys { profile: here.profile, material: here.material.clone(), client: !here.client }
    }
}

/// A shard that is listened to.
pub(in super::super) struct Tap {
    shard: Shard,
    keys: Keys,
}

impl Tap {
    pub(in super::super) fn new(shard: Shard, keys: &Keys) -> Self {
        Tap { shard, keys: keys.clone() }
    }
}

impl Shards for Tap {
    fn handle(&mut self, now: Instant, input: BorrowedInput<'_>) {
        if let ShardInput::Admit(_, setup) = &input {
            let SrtpKeys { profile, material, client } = &setup.keys;
            let keys = SrtpKeys { profile: *profile, material: material.clone(), client: *client };
            self.keys.0.lock().expect("one thread").insert(setup.remote, keys);
        }
        self.shard.handle(now, input);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.shard.handle_timeout(now);
    }

    fn deadline(&self) -> Option<Instant> {
        self.shard.deadline()
    }

    fn take_events(&mut self, events: &mut Vec<ShardEvent>) {
        self.shard.take_events(events);
    }

    fn is_full(&self) -> bool {
        self.shard.is_full()
    }

    fn stats(&self, key: PeerKey) -> Option<SubscriberStats> {
        self.shard.stats(key)
    }
}
