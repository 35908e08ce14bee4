//! Return routability: a connectivity check by this side, which an address has to answer before
//! media goes there (RFC 8445 §7.2.2).
//!
//! An ICE-lite side sends none by itself. The client's checks prove that their sender knows the
//! password, not that it is where it says: without this, one forged datagram would send the stage
//! to anybody.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::crypto::CryptoProvider;
use str0m::ice::{StunMessage, TransId};

use crate::ice::stun::sign_stun;
use crate::ids::random_number;

/// Transmissions of one check: as much as one datagram with a forged source can cause.
pub(crate) const MAX_TRANSMISSIONS: u8 = 3;

/// Time until the second transmission; twice that until the third.
const RETRANSMIT_INTERVAL: Duration = Duration::from_millis(200);

/// Priority of a peer-reflexive candidate (RFC 8445 §5.1.2.1): a client learns nothing new from it.
const PRIORITY: u32 = (110 << 24) | (0xffff << 8) | 255;

/// A check without an answer yet.
pub(crate) struct ConnectivityCheck {
    /// The address in question.
    pub(crate) destination: SocketAddr,
    transaction: TransId,
    /// The client's, by which the answer is signed.
    password: String,
    request: Vec<u8>,
    sent: u8,
    /// When [`ConnectivityCheck::poll`] is next needed.
    pub(crate) due: Instant,
}

impl ConnectivityCheck {
    /// A check of `destination` by the client's own user name and password. [`None`] where the name
    /// is longer than the library writes, and without randomness: a transaction that can be guessed
    /// proves nothing.
    pub(crate) fn new(
        now: Instant,
        destination: SocketAddr,
        user: &str,
        password: String,
        crypto: &CryptoProvider,
    ) -> Option<Self> {
        let transaction = random_transaction()?;
        let tie_breaker = random_number();
        let check =
            StunMessage::binding_request(user, transaction, false, tie_breaker, PRIORITY, false);
        let request = sign_stun(check, password.as_bytes(), crypto);
        (!request.is_empty()).then_some(ConnectivityCheck {
            destination,
            transaction,
            password,
            request,
            sent: 0,
            due: now,
        })
    }

    /// The request to send now; [`None`] after the last transmission.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.sent >= MAX_TRANSMISSIONS {
            return None;
        }
        self.due = now + RETRANSMIT_INTERVAL * (1 << self.sent);
        self.sent += 1;
        Some(self.request.clone())
    }

    /// True if `datagram` from `source` proves that the check was received there.
    pub(crate) fn is_answered_by(
        &self,
        source: SocketAddr,
        datagram: &[u8],
        crypto: &CryptoProvider,
    ) -> bool {
        let hmac = |key: &[u8], parts: &[&[u8]]| crypto.sha1_hmac_provider.sha1_hmac(key, parts);
        let answers = |message: StunMessage| {
            message.is_successful_binding_response()
                && message.trans_id() == self.transaction
                && message.verify(self.password.as_bytes(), hmac)
        };
        source == self.destination && StunMessage::parse(datagram).is_ok_and(answers)
    }
}

/// A transaction id of 96 random bits (RFC 8489 §5). The library's own are no secret; it reads this
/// one out of a message without attributes.
fn random_transaction() -> Option<TransId> {
    let mut indication = [0; 20];
    let (head, transaction) = indication.split_at_mut(8);
    head.copy_from_slice(&[0, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
    getrandom::fill(transaction).ok()?;
    StunMessage::parse(&indication).ok().map(|message| message.trans_id())
}

#[cfg(test)]
mod tests {
    use str0m::crypto::from_feature_flags;

    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn check_is_answered_only_by_signed_response_from_its_address() {
        let crypto = from_feature_flags();
        let [here, there] = [1, 2].map(|host| SocketAddr::from(([192, 0, 2, host], 9)));
        let now = Instant::now();
        let longest = "f".repeat(111);
        let new = |user: &str| ConnectivityCheck::new(now, here, user, "secret".into(), &crypto);
        assert!(new(&format!("{longest}:of sixteen letters")).is_none());
        let mut probe = new(&format!("{longest}:mine")).expect("randomness");
        let request = probe.poll(now).expect("a request");
        let check = StunMessage::parse(&request).expect("STUN");
        assert!(check.is_binding_request() && !check.use_candidate());
        assert!(check.ice_controlled().is_some());
        assert_eq!(check.split_username(), Some((longest.as_str(), "mine")));
        let answer = |transaction, password: &str| {
            let answer = StunMessage::binding_reply(transaction, there);
            sign_stun(answer, password.as_bytes(), &crypto)
        };
        let other = random_transaction().expect("randomness");
        assert_ne!(other, check.trans_id());
        let right = answer(check.trans_id(), "secret");
        for (source, datagram) in [
            (there, right.clone()),
            (here, answer(other, "secret")),
            (here, answer(check.trans_id(), "guess")),
            (here, request.clone()),
        ] {
            assert!(!probe.is_answered_by(source, &datagram, &crypto));
        }
        assert!(probe.is_answered_by(here, &right, &crypto));
    }
}
