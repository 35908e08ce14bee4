//! One shard on the media thread itself.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::clock;
use crate::config::SfuLimits;
use crate::ids::{PeerKey, SessionId, StageKey};
use crate::io::egress::{EgressCounters, UdpEgress};
use crate::rtp::packet::ForwardedPacket;
use crate::shard::{Shard, ShardEvent, Shards, SubscriberSetup};
use crate::stats::SubscriberStats;

/// A shard whose panics end its sessions, and not the thread: it begins anew, empty.
pub(super) struct InlineShards {
    shard: Shard,
    sessions: HashMap<PeerKey, SessionId>,
    /// Whose sessions a panic has ended.
    failed: Vec<ShardEvent>,
    egress: UdpEgress,
    counters: Arc<EgressCounters>,
    limits: SfuLimits,
}

impl InlineShards {
    /// Without sessions, sending through a wire like `egress`.
    ///
    /// # Errors
    /// When the process has no more file descriptors.
    pub(super) fn new(
        limits: &SfuLimits,
        egress: UdpEgress,
        counters: &Arc<EgressCounters>,
    ) -> std::io::Result<Self> {
        let own = Box::new(egress.try_clone()?);
        Ok(InlineShards {
            shard: Shard::new(clock(), limits, own, Arc::clone(counters)),
            sessions: HashMap::new(),
            failed: Vec::new(),
            egress,
            counters: Arc::clone(counters),
            limits: limits.clone(),
        })
    }

    fn guarded(&mut self, work: impl FnOnce(&mut Shard)) {
        if catch_unwind(AssertUnwindSafe(|| work(&mut self.shard))).is_err() {
            let failed =
                self.sessions.drain().map(|(key, session)| ShardEvent::Failed(key, session));
            self.failed.extend(failed);
            // Without a descriptor to spare it goes on as it is, without its sessions.
            if let Ok(egress) = self.egress.try_clone() {
                let counters = Arc::clone(&self.counters);
                self.shard = Shard::new(clock(), &self.limits, Box::new(egress), counters);
            }
        }
    }
}

impl Shards for InlineShards {
    fn admit(&mut self, now: Instant, key: PeerKey, admission: SubscriberSetup) {
        self.sessions.insert(key, admission.session);
        self.guarded(|shard| shard.admit(now, key, admission));
    }

    fn remove(&mut self, key: PeerKey) {
        self.sessions.remove(&key);
        self.guarded(|shard| shard.remove(key));
    }

    fn set_remote(&mut self, key: PeerKey, remote: SocketAddr) {
        self.guarded(|shard| shard.set_remote(key, remote));
    }

    fn set_max_height(&mut self, key: PeerKey, height: Option<u16>) {
        self.guarded(|shard| shard.set_max_height(key, height));
    }

    fn forward(&mut self, now: Instant, stage: StageKey, burst: &[ForwardedPacket]) {
        self.guarded(|shard| shard.forward(now, stage, burst));
    }

    fn reset(&mut self, stage: StageKey) {
        self.guarded(|shard| shard.reset(stage));
    }

    fn forget(&mut self, stage: StageKey) {
        self.guarded(|shard| shard.forget(stage));
    }

    fn handle_rtcp(&mut self, now: Instant, key: PeerKey, datagram: &[u8]) {
        self.guarded(|shard| shard.handle_rtcp(now, key, datagram));
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.guarded(|shard| shard.handle_timeout(now));
    }

    fn deadline(&self) -> Option<Instant> {
        self.shard.deadline()
    }

    fn take_events(&mut self, news: &mut Vec<ShardEvent>) {
        news.append(&mut self.failed);
        Shards::take_events(&mut self.shard, news);
    }

    fn is_full(&self) -> bool {
        // The media thread's time is its own.
        false
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
    use crate::srtp::keys::SrtpKeys;

    #[test]
    fn a_panic_ends_the_sessions_and_not_the_thread() {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a socket");
        let remote = socket.local_addr().expect("an address");
        let counters = Arc::new(EgressCounters::default());
        let egress = UdpEgress::new(socket, Arc::clone(&counters)).expect("a wire");
        let mut inline =
            InlineShards::new(&SfuLimits::default(), egress, &counters).expect("a shard");
        let session = SessionId::random().expect("randomness");
        let profile = SrtpProfile::AEAD_AES_128_GCM;
        let admit = |inline: &mut InlineShards, key| {
            let keys = SrtpKeys { profile, material: vec![7; 56], client: false };
            let tracks = Vec::new();
            let max_height = None;
            inline.admit(
                clock(),
                key,
                SubscriberSetup { session, stage: StageKey(1), remote, max_height, keys, tracks },
            );
        };
        admit(&mut inline, PeerKey(1));
        inline.guarded(|_| panic!("as asked"));
        let mut news = Vec::new();
        inline.take_events(&mut news);
        assert_eq!(news, [ShardEvent::Failed(PeerKey(1), session)]);
        inline.remove(PeerKey(1));
        admit(&mut inline, PeerKey(2));
        assert!(inline.stats(PeerKey(1)).is_none() && inline.stats(PeerKey(2)).is_some());
    }
}
