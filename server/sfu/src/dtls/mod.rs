//! The DTLS handshake of a session (RFC 6347), around what the DTLS library does of it.
//!
//! str0m runs the handshake, knows one fingerprint of the peer at most, begins as client before there is
//! a way, keeps the keys to itself and forgets why a handshake failed. So the library's instances are
//! wrapped by a provider of our own, and each instance shares a [`DtlsHandshake`] with the session's transport.

mod fingerprint;
mod provider;
#[cfg(test)]
mod tests;
mod verifier;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use self::fingerprint::Fingerprint;
pub(crate) use self::provider::{crypto_provider, take_last_made};
use crate::event::HandshakeFailure;
use crate::srtp::keys::SrtpKeys;

/// One session's handshake, as its transport sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct DtlsHandshake(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Of the peer's certificate; without one, none is the right one.
    expected: Vec<Fingerprint>,
    /// There is a way to the peer.
    begun: bool,
    /// Once the handshake is done, and until they were taken.
    keys: Option<SrtpKeys>,
    failure: Option<HandshakeFailure>,
}

impl DtlsHandshake {
    /// Takes a certificate with any of these fingerprints for the peer's.
    pub(crate) fn expect(&self, fingerprints: Vec<Fingerprint>) {
        self.state().expected = fingerprints;
    }

    /// Lets the handshake begin: there is a way to the peer.
    pub(crate) fn begin(&self) {
        self.state().begun = true;
    }

    /// The keys, once.
    pub(crate) fn take_keys(&self) -> Option<SrtpKeys> {
        self.state().keys.take()
    }

    /// Why it failed, if it did.
    pub(crate) fn failure(&self) -> Option<HandshakeFailure> {
        self.state().failure
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
