//! Demultiplexing of datagrams to peers: by STUN user name, then by address (RFC 7983, RFC 8445
//! §7.3).
//!
//! Invariant: an address stands in the map only after a STUN binding request from it carried a
//! right message integrity for the peer it maps to.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::crypto::CryptoProvider;
use str0m::ice::StunMessage;

use super::stun::{DatagramClass, classify, sign_stun};
use crate::ice::credentials::IceCredentials;
use crate::ids::PeerKey;

/// Time for which a connected session keeps its address after it was last heard there, whoever else
/// claims it: twice the longest time between two of its checks (RFC 7675 §5.1).
const ADDRESS_HOLD_TIMEOUT: Duration = Duration::from_secs(12);

/// Credentials of a client that are kept: those of its offer's m-lines, and of restarts.
const MAX_REMOTE_CREDENTIALS: usize = 20;

/// Datagram of a known peer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DatagramKind {
    /// A binding request.
    Check {
        /// The client nominated this path (USE-CANDIDATE, RFC 8445 §8.1.1).
        nominated: bool,
        /// The response, no longer than the request.
        answer: Vec<u8>,
    },
    /// A binding response, not verified.
    Answer,
    Dtls,
    Media,
}

/// Datagram that belongs to no peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StrayDatagram {
    /// Neither STUN, DTLS, RTP nor RTCP.
    Unclassified,
    /// From an address that was never validated, or STUN for nobody here.
    Unknown,
    /// STUN for a peer, without the right password, or from another peer's address.
    Rejected,
}

/// User name fragment of this side.
struct LocalUfrag {
    peer: PeerKey,
    password: String,
}

/// Credentials and addresses of a peer.
struct PeerEntry {
    ufrag: String,
    /// The ufrag of an ICE restart; it replaces `ufrag` once the client has nominated a path by it.
    /// Until then both are good.
    next_ufrag: Option<String>,
    /// Credentials of the client, by which it answers checks, the newest last. After a restart a
    /// browser may go on checking under its new ufrag and this side's old one.
    remote_credentials: Vec<IceCredentials>,
    /// Validated addresses, the one checked longest ago first.
    addresses: Vec<SocketAddr>,
    /// Address that is sent to: kept, however many others are checked.
    remote: Option<SocketAddr>,
    /// Its DTLS handshake is done.
    connected: bool,
}

/// Owner of an address.
struct AddressOwner {
    peer: PeerKey,
    /// Time of the last datagram from there.
    heard: Instant,
}

/// Demultiplexer of one socket.
pub(crate) struct Demultiplexer {
    by_ufrag: HashMap<String, LocalUfrag>,
    by_address: HashMap<SocketAddr, AddressOwner>,
    peers: HashMap<PeerKey, PeerEntry>,
    max_addresses: usize,
}

impl Demultiplexer {
    /// Keeps at most `max_addresses` per peer: the one that is sent to and the newest in any case.
    pub(crate) fn new(max_addresses: usize) -> Self {
        Demultiplexer {
            by_ufrag: HashMap::new(),
            by_address: HashMap::new(),
            peers: HashMap::new(),
            max_addresses: max_addresses.max(2),
        }
    }

    /// Registers a peer under the ufrag it was given: the first one, or that of an ICE restart,
    /// each with the client's credentials. To be called before the answer leaves: the first STUN
    /// packet may overtake it.
    pub(crate) fn register(
        &mut self,
        peer: PeerKey,
        ufrag: &str,
        password: &str,
        remote_credentials: Vec<IceCredentials>,
    ) {
        match self.peers.get_mut(&peer) {
            Some(entry) => {
                if let Some(unused) = entry.next_ufrag.replace(ufrag.into()) {
                    self.by_ufrag.remove(&unused);
                }
                entry.remote_credentials.extend(remote_credentials);
                let past = entry.remote_credentials.len().saturating_sub(MAX_REMOTE_CREDENTIALS);
                entry.remote_credentials.drain(..past);
            }
            None => {
                let entry = PeerEntry {
                    ufrag: ufrag.into(),
                    next_ufrag: None,
                    remote_credentials,
                    addresses: Vec::new(),
                    remote: None,
                    connected: false,
                };
                self.peers.insert(peer, entry);
            }
        }
        self.by_ufrag.insert(ufrag.into(), LocalUfrag { peer, password: password.into() });
    }

    /// Notes the address that a peer is sent to from now on.
    pub(crate) fn set_remote(&mut self, peer: PeerKey, remote: SocketAddr) {
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.remote = Some(remote);
        }
    }

    /// Notes that a peer's handshake is done.
    pub(crate) fn set_connected(&mut self, peer: PeerKey) {
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.connected = true;
        }
    }

    /// User name and password for a check in the other direction, by the names in the client's own
    /// `check`. [`None`] if its password is not known.
    pub(crate) fn reverse_credentials(&self, check: &[u8]) -> Option<(String, String)> {
        let check = StunMessage::parse(check).ok()?;
        let (local, remote) = check.split_username()?;
        let entry = self.peers.get(&self.by_ufrag.get(local)?.peer)?;
        let client = entry.remote_credentials.iter().rev().find(|it| it.ufrag == remote)?;
        Some((format!("{remote}:{local}"), client.password.clone()))
    }

    /// Forgets a peer with its names and addresses.
    pub(crate) fn remove(&mut self, peer: PeerKey) {
        let Some(entry) = self.peers.remove(&peer) else {
            return;
        };
        for ufrag in entry.next_ufrag.iter().chain([&entry.ufrag]) {
            self.by_ufrag.remove(ufrag);
        }
        for address in entry.addresses {
            self.by_address.remove(&address);
        }
    }

    /// Finds the peer of a datagram.
    ///
    /// # Errors
    /// [`StrayDatagram`] when it is for nobody; nothing has been stored then.
    pub(crate) fn route(
        &mut self,
        now: Instant,
        source: SocketAddr,
        datagram: &[u8],
        crypto: &CryptoProvider,
    ) -> Result<(PeerKey, DatagramKind), StrayDatagram> {
        match classify(datagram).ok_or(StrayDatagram::Unclassified)? {
            DatagramClass::Stun => {}
            DatagramClass::Dtls => return Ok((self.owner(now, source)?, DatagramKind::Dtls)),
            DatagramClass::Media => return Ok((self.owner(now, source)?, DatagramKind::Media)),
        }
        let message = StunMessage::parse(datagram).map_err(|_| StrayDatagram::Unclassified)?;
        if message.is_successful_binding_response() {
            let owner = self.by_address.get(&source).ok_or(StrayDatagram::Unknown)?;
            return Ok((owner.peer, DatagramKind::Answer));
        }
        if !message.is_binding_request() {
            return Err(StrayDatagram::Unknown);
        }
        let (text, _) = message.split_username().ok_or(StrayDatagram::Unknown)?;
        let ufrag = self.by_ufrag.get(text).ok_or(StrayDatagram::Unknown)?;
        let (peer, password) = (ufrag.peer, ufrag.password.as_bytes());
        let hmac = |key: &[u8], parts: &[&[u8]]| crypto.sha1_hmac_provider.sha1_hmac(key, parts);
        if !message.verify(password, hmac) || self.is_taken(now, source, peer) {
            return Err(StrayDatagram::Rejected);
        }
        // A lite side is always the controlled one (RFC 8445 §6.1.1).
        let conflict = message.ice_controlled().is_some();
        let answer = match conflict {
            true => StunMessage::binding_role_conflict_reply(message.trans_id()),
            false => StunMessage::binding_reply(message.trans_id(), source),
        };
        let answer = sign_stun(answer, password, crypto);
        let nominated = message.use_candidate() && !conflict;
        self.learn(now, text, peer, source, nominated);
        Ok((peer, DatagramKind::Check { nominated, answer }))
    }

    /// The peer at `source`, which is heard from there.
    fn owner(&mut self, now: Instant, source: SocketAddr) -> Result<PeerKey, StrayDatagram> {
        let owner = self.by_address.get_mut(&source).ok_or(StrayDatagram::Unknown)?;
        owner.heard = now;
        Ok(owner.peer)
    }

    /// True if another peer than `claimant` is connected at `source`, and was heard there lately: a
    /// session with a forged source address could take its packets away otherwise.
    fn is_taken(&self, now: Instant, source: SocketAddr, claimant: PeerKey) -> bool {
        let owner = self.by_address.get(&source).filter(|owner| owner.peer != claimant);
        owner.is_some_and(|owner| {
            let entry = self.peers.get(&owner.peer);
            entry.is_some_and(|it| it.connected && it.remote == Some(source))
                && now.saturating_duration_since(owner.heard) < ADDRESS_HOLD_TIMEOUT
        })
    }

    /// Maps `source` to the peer, taking it from any other one. A nomination ends a restart.
    fn learn(
        &mut self,
        now: Instant,
        ufrag: &str,
        peer: PeerKey,
        source: SocketAddr,
        nominated: bool,
    ) {
        if let Some(previous) = self.by_address.insert(source, AddressOwner { peer, heard: now })
            && let Some(previous) = self.peers.get_mut(&previous.peer)
        {
            previous.addresses.retain(|a| *a != source);
        }
        let Some(entry) = self.peers.get_mut(&peer) else {
            return;
        };
        entry.addresses.push(source);
        if entry.addresses.len() > self.max_addresses
            && let Some(oldest) = entry.addresses.iter().position(|it| entry.remote != Some(*it))
        {
            let oldest = entry.addresses.remove(oldest);
            self.by_address.remove(&oldest);
        }
        if nominated && let Some(next) = entry.next_ufrag.take_if(|next| next == ufrag) {
            let past = std::mem::replace(&mut entry.ufrag, next);
            self.by_ufrag.remove(&past);
        }
    }
}

#[cfg(test)]
mod tests;
