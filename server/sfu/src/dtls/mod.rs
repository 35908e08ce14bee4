//! DTLS handshake of a session (RFC 6347), around the DTLS library.
//!
//! str0m runs the handshake, but knows one fingerprint of the peer at most, begins as client before
//! there is a path, keeps the keys to itself and forgets why a handshake failed. So a provider of
//! our own wraps the library's instances, and each instance shares a [`DtlsHandshake`] with the
//! session's transport.

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

/// Handshake of one session, as its transport sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct DtlsHandshake(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Fingerprints of the peer's certificate; without any, no certificate is right.
    expected: Vec<Fingerprint>,
    /// There is a path to the peer.
    begun: bool,
    /// SRTP keys, from the end of the handshake until they are taken.
    keys: Option<SrtpKeys>,
    failure: Option<HandshakeFailure>,
}

impl DtlsHandshake {
    /// Expects a certificate with any of these fingerprints.
    pub(crate) fn expect(&self, fingerprints: Vec<Fingerprint>) {
        self.state().expected = fingerprints;
    }

    /// Lets the handshake begin: there is a path to the peer.
    pub(crate) fn begin(&self) {
        self.state().begun = true;
    }

    /// SRTP keys, once.
    pub(crate) fn take_keys(&self) -> Option<SrtpKeys> {
        self.state().keys.take()
    }

    /// Failure of the handshake, if there is one.
    pub(crate) fn failure(&self) -> Option<HandshakeFailure> {
        self.state().failure
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
