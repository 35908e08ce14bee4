//! Address migration: clients that move to another address.

use std::net::SocketAddr;
use std::time::Instant;

use super::Core;
use super::timers::Timer;
use crate::core::transport::Transmit;
use crate::ice::connectivity_check::ConnectivityCheck;
use crate::ids::PeerKey;
use crate::shard::ShardInput;

impl Core {
    /// Handles a nomination (USE-CANDIDATE). The first address is believed, since nobody completes
    /// a handshake whose other half goes elsewhere. Each further one has to answer a check, and
    /// until then the peer is sent to where it was.
    pub(super) fn path_nominated(
        &mut self,
        now: Instant,
        key: PeerKey,
        source: SocketAddr,
        check: &[u8],
    ) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        match peer.transport.remote {
            None => {
                peer.transport.remote = Some(source);
                self.demultiplexer.set_remote(key, source);
            }
            Some(remote) if remote == source => peer.check = None,
            Some(_) if peer.check.as_ref().is_some_and(|it| it.destination == source) => {}
            Some(_) => {
                let crypto = &self.shared.crypto;
                let reverse = self.demultiplexer.reverse_credentials(check);
                peer.check = reverse.and_then(|(user, password)| {
                    ConnectivityCheck::new(now, source, &user, password, crypto)
                });
                self.send_check(now, key);
            }
        }
    }

    /// Sends a peer's connectivity check if it is due; one that stays without an answer is given
    /// up.
    pub(super) fn send_check(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        let Some(check) = peer.check.as_mut().filter(|check| check.due <= now) else {
            return;
        };
        let destination = check.destination;
        match check.poll(now) {
            Some(request) => {
                self.transmits.push_back(Transmit { destination, contents: request.into() });
                self.timers.schedule(Timer::Peer(key), check.due);
            }
            None => peer.check = None,
        }
    }

    /// Moves a peer to the address that has answered its check.
    pub(super) fn check_answered(
        &mut self,
        now: Instant,
        key: PeerKey,
        source: SocketAddr,
        answer: &[u8],
    ) {
        let crypto = &self.shared.crypto;
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        let Some(_) = peer.check.take_if(|it| it.is_answered_by(source, answer, crypto)) else {
            self.totals.rejected_stun += 1;
            return;
        };
        peer.transport.remote = Some(source);
        self.demultiplexer.set_remote(key, source);
        if peer.connected {
            self.shards.handle(now, ShardInput::SetRemote(key, source));
        }
    }
}
