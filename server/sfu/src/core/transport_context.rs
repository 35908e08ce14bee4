//! Context that all sessions of one core share.

use std::sync::Arc;

use str0m::Candidate;
use str0m::config::DtlsCert;
use str0m::crypto::CryptoProvider;

use crate::dtls::crypto_provider;
use crate::error::SfuStartError;
use crate::event::SessionRole;

/// Context shared by all transports of one core.
pub(crate) struct TransportContext {
    /// Candidates of every answer; never empty.
    pub(crate) candidates: Vec<Candidate>,
    /// One certificate for all sessions: making one costs more than the rest of a join.
    pub(crate) certificate: DtlsCert,
    /// Cryptography of publishers.
    pub(crate) crypto: Arc<CryptoProvider>,
    /// Cryptography of subscribers, which keeps the SRTP keys from str0m.
    pub(crate) subscriber_crypto: Arc<CryptoProvider>,
}

impl TransportContext {
    /// A context with a new certificate.
    ///
    /// # Errors
    /// [`SfuStartError`] without candidates, or if no certificate could be made.
    pub(crate) fn new(candidates: Vec<Candidate>) -> Result<Self, SfuStartError> {
        if candidates.is_empty() {
            return Err(SfuStartError::Address("none given".into()));
        }
        let crypto = Arc::new(crypto_provider(SessionRole::Publisher));
        let certificate = crypto.dtls_provider.generate_certificate();
        Ok(TransportContext {
            candidates,
            certificate: certificate.ok_or(SfuStartError::Certificate)?,
            crypto,
            subscriber_crypto: Arc::new(crypto_provider(SessionRole::Subscriber)),
        })
    }
}
