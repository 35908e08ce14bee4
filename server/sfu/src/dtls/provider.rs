//! DTLS provider for str0m.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use dimpl::{CertificateError, Config, CryptoError, CryptoOperation, Dtls, Error, SecurityError};
use str0m::crypto::dtls::{
    DtlsCert, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion,
};
use str0m::crypto::{self, CryptoProvider, from_feature_flags};

use super::{DtlsHandshake, verifier};
use crate::event::{HandshakeFailure, SessionRole};
use crate::srtp::keys::SrtpKeys;

/// Timeout of a handshake that has no path yet, or has failed.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

thread_local! {
    /// Handshake that was made last on this thread: str0m's factory isn't told for which session.
    static LAST_MADE: RefCell<Option<DtlsHandshake>> = const { RefCell::new(None) };
}

/// Handshake of the session that was just built on this thread; only with [`crypto_provider`].
pub(crate) fn take_last_made() -> Option<DtlsHandshake> {
    LAST_MADE.take()
}

/// Cryptography for sessions of that role (aws-lc-rs). Of a subscriber, str0m never sees the keys,
/// and so has nothing to say over SRTP: its media is sent by the shards, which need them.
pub(crate) fn crypto_provider(role: SessionRole) -> CryptoProvider {
    let dtls_provider: &dyn DtlsProvider = match role {
        SessionRole::Publisher => &Provider { shares_keys: true },
        SessionRole::Subscriber => &Provider { shares_keys: false },
    };
    CryptoProvider { dtls_provider, ..from_feature_flags() }
}

/// Configuration of all handshakes. The library tests its whole cryptography when it is made, which
/// costs as much as a handshake: so it is made once.
static CONFIG: LazyLock<Result<Arc<Config>, Error>> = LazyLock::new(|| {
    let config = Config::builder()
        .with_crypto_provider(verifier::crypto_provider())
        // ICE has shown already that the peer is where it says.
        .use_server_cookie(false)
        .build()?;
    Ok(Arc::new(config))
});

#[derive(Debug)]
struct Provider {
    /// str0m gets the keys, too.
    shares_keys: bool,
}

impl DtlsProvider for Provider {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        _: DtlsVersion,
        _: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, crypto::CryptoError> {
        let config = CONFIG.as_ref().map_err(|e| crypto::CryptoError::Other(e.to_string()))?;
        let inner = Dtls::new_12(Arc::clone(config), certificate.clone(), now);
        let handshake = DtlsHandshake::default();
        LAST_MADE.set(Some(handshake.clone()));
        let shares_keys = self.shares_keys;
        let (done, keyed) = (false, false);
        Ok(Box::new(DtlsSession { inner, handshake, shares_keys, made: now, done, keyed }))
    }
}

/// One side of a handshake.
struct DtlsSession {
    inner: Dtls,
    handshake: DtlsHandshake,
    shares_keys: bool,
    made: Instant,
    /// The library has nothing left to agree on.
    done: bool,
    /// SRTP keys were agreed on.
    keyed: bool,
}

impl DtlsSession {
    /// True for a client before there is a path: it speaks first.
    fn waits(&self) -> bool {
        self.inner.is_active() && !self.handshake.state().begun
    }

    fn has_failed(&self) -> bool {
        self.handshake.failure().is_some()
    }

    fn note(&self, done: Result<(), Error>) -> Result<(), Error> {
        done.inspect_err(|error| {
            self.handshake.state().failure.get_or_insert_with(|| reason(error));
        })
    }
}

impl DtlsInstance for DtlsSession {
    fn set_active(&mut self, active: bool) {
        self.inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), Error> {
        if self.waits() || self.has_failed() {
            return Ok(());
        }
        let done = self.inner.handle_packet(packet);
        self.note(done)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let never = DtlsOutput::Timeout(self.made + NEVER);
        if self.waits() {
            return never;
        }
        let client = self.inner.is_active();
        let output = self.inner.poll_output(buffer);
        let mut state = self.handshake.state();
        match output {
            // Of what failed, at most an alert.
            DtlsOutput::Packet(_) => output,
            _ if state.failure.is_some() => never,
            DtlsOutput::PeerCert(certificate) => {
                if state.expected.iter().any(|fingerprint| fingerprint.is_of(certificate)) {
                    return output;
                }
                state.failure = Some(HandshakeFailure::OtherCertificate);
                never
            }
            DtlsOutput::Connected => {
                self.done = true;
                output
            }
            DtlsOutput::KeyingMaterial(material, profile) => {
                self.keyed = true;
                state.keys = Some(SrtpKeys { profile, material: material.to_vec(), client });
                if self.shares_keys {
                    return DtlsOutput::KeyingMaterial(material, profile);
                }
                // In the past: there may be more to poll at once.
                DtlsOutput::Timeout(self.made)
            }
            DtlsOutput::Timeout(_) if self.done && !self.keyed => {
                state.failure = Some(HandshakeFailure::NothingInCommon);
                never
            }
            _ => output,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        if self.waits() || self.has_failed() {
            return Ok(());
        }
        let done = self.inner.handle_timeout(now);
        self.note(done)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, Error> {
        self.inner.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.inner.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.inner.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.inner.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn close(&mut self) -> Result<(), Error> {
        self.inner.close()
    }
}

impl fmt::Debug for DtlsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").field("handshake", &self.handshake).finish_non_exhaustive()
    }
}

/// Maps an error of the library to a [`HandshakeFailure`].
fn reason(error: &Error) -> HandshakeFailure {
    match error {
        Error::CertificateError(
            CertificateError::NoClientCertificateReceived
            | CertificateError::NoServerCertificateReceived,
        ) => HandshakeFailure::NoCertificate,
        Error::CryptoError(
            CryptoError::UnsupportedEcCurve
            | CryptoError::UnsupportedPublicKeyAlgorithm
            | CryptoError::UnsupportedSignatureAlgorithm(_)
            | CryptoError::UnsupportedSignaturePair { .. }
            | CryptoError::SignatureAlgorithmMismatch { .. }
            | CryptoError::SignatureAlgorithmNotOfferedByClient,
        ) => HandshakeFailure::UnknownCertificate,
        Error::CryptoError(CryptoError::OperationFailed(CryptoOperation::VerifySignature))
        | Error::SecurityError(
            SecurityError::ClientFinishedVerificationFailed
            | SecurityError::ServerFinishedVerificationFailed,
        ) => HandshakeFailure::WrongSignature,
        Error::SecurityError(SecurityError::FatalAlert { description }) => {
            HandshakeFailure::Refused(*description)
        }
        Error::SecurityError(
            SecurityError::UnsupportedClientVersion(_)
            | SecurityError::UnsupportedServerVersion(_)
            | SecurityError::ExtendedMasterSecretNotNegotiated
            | SecurityError::NoMutuallyAcceptableCipherSuite
            | SecurityError::NoCommonKeyExchangeGroup
            | SecurityError::ServerSelectedUnknownCipherSuite
            | SecurityError::ServerSelectedIncompatibleCipherSuite(_)
            | SecurityError::ServerSelectedDisallowedCipherSuite(_),
        )
        | Error::CryptoError(CryptoError::UnsupportedEcdheNamedGroup(_)) => {
            HandshakeFailure::NothingInCommon
        }
        Error::Timeout(_) => HandshakeFailure::Silent,
        _ => HandshakeFailure::Broken,
    }
}
