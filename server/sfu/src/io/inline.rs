//! One shard on the media thread itself.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::clock;
use crate::config::SfuLimits;
use crate::ids::{PeerKey, SessionId};
use crate::io::udp_egress::UdpEgress;
use crate::shard::egress::EgressCounters;
use crate::shard::{BorrowedInput, Shard, ShardEvent, ShardInput, Shards};
use crate::stats::SubscriberStats;

/// A shard whose panics end its sessions, and not the thread: it begins anew, empty.
pub(super) struct InlineShard {
    shard: Shard,
    sessions: HashMap<PeerKey, SessionId>,
    /// Failed sessions, after a panic.
    failed: Vec<ShardEvent>,
    egress: UdpEgress,
    counters: Arc<EgressCounters>,
    limits: SfuLimits,
}

impl InlineShard {
    /// A shard without sessions, which sends through an egress like `egress`.
    ///
    /// # Errors
    /// When the process has no more file descriptors.
    pub(super) fn new(
        limits: &SfuLimits,
        egress: UdpEgress,
        counters: &Arc<EgressCounters>,
    ) -> std::io::Result<Self> {
        let own = Box::new(egress.try_clone()?);
        Ok(InlineShard {
            shard: Shard::new(clock(), limits, own, Arc::clone(counters)),
            sessions: HashMap::new(),
            failed: Vec::new(),
            egress,
            counters: Arc::clone(counters),
            limits: limits.clone(),
        })
    }

    /// Calls `work`; a panic ends all sessions of the shard.
    fn guarded(&mut self, work: impl FnOnce(&mut Shard)) {
        if catch_unwind(AssertUnwindSafe(|| work(&mut self.shard))).is_err() {
            let sessions = self.sessions.drain();
            self.failed.extend(sessions.map(|(key, session)| ShardEvent::Failed(key, session)));
            // Without a descriptor to spare it goes on as it is, without its sessions.
            if let Ok(egress) = self.egress.try_clone() {
                let counters = Arc::clone(&self.counters);
                self.shard = Shard::new(clock(), &self.limits, Box::new(egress), counters);
            }
        }
    }
}

impl Shards for InlineShard {
    fn handle(&mut self, now: Instant, input: BorrowedInput<'_>) {
        match &input {
            ShardInput::Admit(key, setup) => {
                self.sessions.insert(*key, setup.session);
            }
            ShardInput::Remove(key) => {
                self.sessions.remove(key);
            }
            _ => {}
        }
        self.guarded(|shard| shard.handle(now, input));
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.guarded(|shard| shard.handle_timeout(now));
    }

    fn deadline(&self) -> Option<Instant> {
        self.shard.deadline()
    }

    fn take_events(&mut self, events: &mut Vec<ShardEvent>) {
        events.append(&mut self.failed);
        self.shard.take_events(events);
    }

    fn is_full(&self) -> bool {
        self.shard.is_full()
    }

    fn stats(&self, key: PeerKey) -> Option<SubscriberStats> {
        self.shard.stats(key)
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use str0m::crypto::dtls::SrtpProfile;

    use super::*;
    use crate::ids::StageKey;
    use crate::shard::SubscriberSetup;
    use crate::srtp::keys::SrtpKeys;

    #[test]
    fn a_panic_ends_the_sessions_and_not_the_thread() {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a socket");
        let remote = socket.local_addr().expect("an address");
        let counters = Arc::new(EgressCounters::default());
        let egress = UdpEgress::new(socket, Arc::clone(&counters)).expect("a wire");
        let mut inline =
            InlineShard::new(&SfuLimits::default(), egress, &counters).expect("a shard");
        let session = SessionId::random().expect("randomness");
        let profile = SrtpProfile::AEAD_AES_128_GCM;
        let admit = |inline: &mut InlineShard, key| {
            let keys = SrtpKeys { profile, material: vec![7; 56], client: false };
            let tracks = Vec::new();
            let max_height = None;
            let setup =
                SubscriberSetup { session, stage: StageKey(1), remote, max_height, keys, tracks };
            inline.handle(clock(), ShardInput::Admit(key, Box::new(setup)));
        };
        admit(&mut inline, PeerKey(1));
        inline.guarded(|_| panic!("as asked"));
        let mut events = Vec::new();
        inline.take_events(&mut events);
        assert_eq!(events, [ShardEvent::Failed(PeerKey(1), session)]);
        inline.handle(clock(), ShardInput::Remove(PeerKey(1)));
        admit(&mut inline, PeerKey(2));
        assert!(inline.stats(PeerKey(1)).is_none() && inline.stats(PeerKey(2)).is_some());
    }
}
