//! From datagram to peer: by STUN user name, then by address (RFC 7983, RFC 8445 §7.3).
//!
//! Invariant: an address stands in the map only after a STUN binding request from it carried a
//! right message integrity for the peer it maps to.

use std::collections::HashMap;
use std::net::SocketAddr;

use str0m::crypto::CryptoProvider;
use str0m::ice::StunMessage;

/// Index of a peer in the core's table.
pub(crate) type PeerKey = usize;

/// What a datagram is, by its first byte (RFC 7983 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A binding request; `nominated` if the far side chose this way (USE-CANDIDATE, RFC 8445
    /// §8.1.1).
    Stun {
        nominated: bool,
    },
    Dtls,
    /// RTP or RTCP.
    Media,
}

/// Why a datagram is for nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stray {
    /// Neither STUN, DTLS, RTP nor RTCP.
    Unclassified,
    /// From an address that was never validated, or STUN for nobody here.
    Unknown,
    /// STUN for somebody here, without the right password.
    Rejected,
}

/// What `datagram` is, or [`None`] if nothing this side speaks.
pub(crate) fn classify(datagram: &[u8]) -> Option<Kind> {
    match datagram.first()? {
        0..=3 if datagram.len() >= 20 => Some(Kind::Stun { nominated: false }),
        20..=63 if datagram.len() >= 13 => Some(Kind::Dtls),
        128..=191 if datagram.len() >= 12 => Some(Kind::Media),
        _ => None,
    }
}

/// Who can be found under which name.
#[derive(Default)]
struct Named {
    peer: PeerKey,
    password: String,
    /// Oldest first.
    addresses: Vec<SocketAddr>,
}

/// The maps of one socket.
pub(crate) struct Demultiplexer {
    by_name: HashMap<String, Named>,
    by_address: HashMap<SocketAddr, (PeerKey, String)>,
    max_addresses: usize,
}

impl Demultiplexer {
    /// Keeps at most `max_addresses` per peer.
    pub(crate) fn new(max_addresses: usize) -> Self {
        Demultiplexer {
            by_name: HashMap::new(),
            by_address: HashMap::new(),
            max_addresses: max_addresses.max(1),
        }
    }

    /// Makes `peer` known by the user name fragment it gave out. To be called before the answer
    /// leaves: the first STUN packet may overtake it.
    pub(crate) fn register(&mut self, peer: PeerKey, name: &str, password: &str) {
        let named = Named { peer, password: password.into(), addresses: Vec::new() };
        self.by_name.insert(name.into(), named);
    }

    /// Forgets the peer of that name and its addresses.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Some(named) = self.by_name.remove(name) {
            for address in named.addresses {
                self.by_address.remove(&address);
            }
        }
    }

    /// The peer a datagram is for.
    ///
    /// # Errors
    /// [`Stray`] when it is for nobody; nothing has been stored then.
    pub(crate) fn route(
        &mut self,
        source: SocketAddr,
        datagram: &[u8],
        crypto: &CryptoProvider,
    ) -> Result<(PeerKey, Kind), Stray> {
        let kind = classify(datagram).ok_or(Stray::Unclassified)?;
        if !matches!(kind, Kind::Stun { .. }) {
            let (peer, _) = self.by_address.get(&source).ok_or(Stray::Unknown)?;
            return Ok((*peer, kind));
        }
        let message = StunMessage::parse(datagram).map_err(|_| Stray::Unclassified)?;
        // An ICE-lite side sends no requests, so nothing but requests can be meant for it.
        if !message.is_binding_request() {
            return Err(Stray::Unknown);
        }
        let (name, _) = message.split_username().ok_or(Stray::Unknown)?;
        let named = self.by_name.get_mut(name).ok_or(Stray::Unknown)?;
        let hmac = |key: &[u8], parts: &[&[u8]]| crypto.sha1_hmac_provider.sha1_hmac(key, parts);
        if !message.verify(named.password.as_bytes(), hmac) {
            return Err(Stray::Rejected);
        }
        let peer = named.peer;
        if !named.addresses.contains(&source) {
            let name = name.to_owned();
            self.learn(name, peer, source);
        }
        Ok((peer, Kind::Stun { nominated: message.use_candidate() }))
    }

    /// Maps `source` to the peer, taking it from whoever had it.
    fn learn(&mut self, name: String, peer: PeerKey, source: SocketAddr) {
        let previous = self.by_address.insert(source, (peer, name.clone()));
        if let Some(previous) = previous.and_then(|(_, name)| self.by_name.get_mut(&name)) {
            previous.addresses.retain(|a| *a != source);
        }
        if let Some(named) = self.by_name.get_mut(&name) {
            named.addresses.push(source);
            if named.addresses.len() > self.max_addresses {
                let oldest = named.addresses.remove(0);
                self.by_address.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use str0m::crypto::from_feature_flags;
    use str0m::ice::TransId;

    use super::*;

    const CHOSEN: Kind = Kind::Stun { nominated: true };

    fn request(name: &str, password: &str) -> Vec<u8> {
        let crypto = from_feature_flags();
        let user = format!("{name}:far");
        let message = StunMessage::binding_request(&user, TransId::new(), true, 7, 1, true);
        let mut bytes = vec![0; 500];
        let hmac = |key: &[u8], parts: &[&[u8]]| crypto.sha1_hmac_provider.sha1_hmac(key, parts);
        let length = message.to_bytes(Some(password.as_bytes()), &mut bytes, hmac).expect("room");
        bytes.truncate(length);
        bytes
    }

    #[test]
    fn an_address_is_known_only_after_a_right_password() {
        let crypto = from_feature_flags();
        let mut demultiplexer = Demultiplexer::new(2);
        demultiplexer.register(1, "one", "right");
        demultiplexer.register(2, "two", "other");
        let from = |port| SocketAddr::from(([192, 0, 2, 1], port));
        let media = [0x80; 20];
        let mut route = |source, datagram: &[u8]| demultiplexer.route(source, datagram, &crypto);

        assert_eq!(route(from(1), &request("one", "wrong")), Err(Stray::Rejected));
        assert_eq!(route(from(1), &request("nobody", "right")), Err(Stray::Unknown));
        assert_eq!(route(from(1), &media), Err(Stray::Unknown));
        assert_eq!(route(from(1), &[0x50; 20]), Err(Stray::Unclassified));
        assert_eq!(route(from(1), &request("one", "right")), Ok((1, CHOSEN)));
        assert_eq!(route(from(1), &media), Ok((1, Kind::Media)));

        // The address can change hands, and the oldest of too many goes.
        assert_eq!(route(from(1), &request("two", "other")), Ok((2, CHOSEN)));
        assert_eq!(route(from(1), &media), Ok((2, Kind::Media)));
        for port in 2..=3 {
            assert_eq!(route(from(port), &request("two", "other")), Ok((2, CHOSEN)));
        }
        assert_eq!(route(from(1), &media), Err(Stray::Unknown));
        assert_eq!(route(from(3), &media), Ok((2, Kind::Media)));
        assert_eq!(demultiplexer.by_address.len(), 2);
        demultiplexer.remove("two");
        assert!(demultiplexer.by_address.is_empty());
    }
}
