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

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub(crate) use self::fingerprint::Fingerprint;
use self::provider::DtlsSession;
pub(crate) use self::provider::{crypto_provider, take_last_made};
use crate::event::HandshakeFailure;
use crate::srtp::keys::SrtpKeys;

/// Handshake of one session, as its transport sees it, and what remains of DTLS afterwards.
#[derive(Clone)]
pub(crate) struct DtlsHandshake(Arc<Mutex<DtlsSession>>);

impl DtlsHandshake {
    /// Expects a certificate with any of these fingerprints; without any, no certificate is right.
    pub(crate) fn expect(&self, fingerprints: Vec<Fingerprint>) {
        self.session().expected = fingerprints;
    }

    /// Lets the handshake begin: there is a path to the peer.
    pub(crate) fn begin(&self) {
        self.session().begun = true;
    }

    /// SRTP keys, once.
    pub(crate) fn take_keys(&self) -> Option<SrtpKeys> {
        self.session().keys.take()
    }

    /// Failure of the handshake, if there is one.
    pub(crate) fn failure(&self) -> Option<HandshakeFailure> {
        self.session().failure
    }

    /// Handles a datagram after the handshake, without str0m: the last flight is sent again where
    /// the peer has missed it (RFC 6347 §4.2.4). True if the peer has closed the connection.
    ///
    /// # Errors
    /// The text of what the library refused.
    pub(crate) fn receive(
        &self,
        now: Instant,
        datagram: &[u8],
        send: impl FnMut(&[u8]),
    ) -> Result<bool, String> {
        self.session().receive(now, datagram, send).map_err(|error| error.to_string())
    }

    /// Says goodbye after the handshake, without str0m (close_notify, RFC 5246 §7.2.1).
    ///
    /// # Errors
    /// The text of what the library refused.
    pub(crate) fn close(&self, send: impl FnMut(&[u8])) -> Result<(), String> {
        self.session().say_goodbye(send).map_err(|error| error.to_string())
    }

    fn session(&self) -> MutexGuard<'_, DtlsSession> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for DtlsHandshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DtlsHandshake").finish_non_exhaustive()
    }
}
