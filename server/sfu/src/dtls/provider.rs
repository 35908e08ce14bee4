//! DTLS provider for str0m.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use dimpl::{CertificateError, Config, CryptoError, CryptoOperation, Dtls, Error, SecurityError};
use str0m::crypto::dtls::{
    DtlsCert, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion,
};
use str0m::crypto::{self, CryptoProvider, from_feature_flags};

use super::{DtlsHandshake, Fingerprint, verifier};
use crate::event::{HandshakeFailure, SessionRole};
use crate::srtp::keys::SrtpKeys;

/// Timeout of a handshake that has no path yet, or has failed.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Longest datagram of DTLS that is made here: a flight is cut to the library's MTU.
const MAX_RECORD_BYTES: usize = 2_048;

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
        let session = DtlsSession {
            inner: Dtls::new_12(Arc::clone(config), certificate.clone(), now),
            shares_keys: self.shares_keys,
            made: now,
            done: false,
            keyed: false,
            expected: Vec::new(),
            begun: false,
            keys: None,
            failure: None,
        };
        let handshake = DtlsHandshake(Arc::new(Mutex::new(session)));
        LAST_MADE.set(Some(handshake.clone()));
        Ok(Box::new(SharedSession(handshake)))
    }
}

/// One side of a handshake.
pub(super) struct DtlsSession {
    inner: Dtls,
    shares_keys: bool,
    made: Instant,
    /// The library has nothing left to agree on.
    done: bool,
    /// SRTP keys were agreed on.
    keyed: bool,
    /// Fingerprints of the peer's certificate; without any, no certificate is right.
    pub(super) expected: Vec<Fingerprint>,
    /// There is a path to the peer.
    pub(super) begun: bool,
    /// SRTP keys, from the end of the handshake until they are taken.
    pub(super) keys: Option<SrtpKeys>,
    pub(super) failure: Option<HandshakeFailure>,
}

impl DtlsSession {
    /// True for a client before there is a path: it speaks first.
    fn waits(&self) -> bool {
        self.inner.is_active() && !self.begun
    }

    fn note(&mut self, done: Result<(), Error>) -> Result<(), Error> {
        done.inspect_err(|error| {
            self.failure.get_or_insert_with(|| reason(error));
        })
    }

    /// Handles a datagram after the handshake: see [`DtlsHandshake::receive`].
    pub(super) fn receive(
        &mut self,
        now: Instant,
        datagram: &[u8],
        send: impl FnMut(&[u8]),
    ) -> Result<bool, Error> {
        // Only after a while is a flight sent once more.
        let told = self.inner.handle_timeout(now);
        let taken = self.inner.handle_packet(datagram);
        // Whatever was refused, something may have been said.
        let closed = self.poll(send);
        told.and(taken).map(|()| closed)
    }

    /// Says goodbye: see [`DtlsHandshake::close`].
    pub(super) fn say_goodbye(&mut self, send: impl FnMut(&[u8])) -> Result<(), Error> {
        self.inner.close()?;
        self.poll(send);
        Ok(())
    }

    /// Gives all records to `send`; true if the peer has closed the connection.
    fn poll(&mut self, mut send: impl FnMut(&[u8])) -> bool {
        let mut buffer = [0; MAX_RECORD_BYTES];
        let mut closed = false;
        loop {
            match self.inner.poll_output(&mut buffer) {
                DtlsOutput::Packet(record) => send(record),
                DtlsOutput::CloseNotify => closed = true,
                DtlsOutput::Timeout(_) | DtlsOutput::BufferTooSmall { .. } => return closed,
                _ => {}
            }
        }
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), Error> {
        if self.waits() || self.failure.is_some() {
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
        match output {
            // Of what failed, at most an alert.
            DtlsOutput::Packet(_) => output,
            _ if self.failure.is_some() => never,
            DtlsOutput::PeerCert(certificate) => {
                if self.expected.iter().any(|fingerprint| fingerprint.is_of(certificate)) {
                    return output;
                }
                self.failure = Some(HandshakeFailure::OtherCertificate);
                never
            }
            DtlsOutput::Connected => {
                self.done = true;
                output
            }
            DtlsOutput::KeyingMaterial(material, profile) => {
                self.keyed = true;
                self.keys = Some(SrtpKeys { profile, material: material.to_vec(), client });
                if self.shares_keys {
                    return DtlsOutput::KeyingMaterial(material, profile);
                }
                // In the past: there may be more to poll at once.
                DtlsOutput::Timeout(self.made)
            }
            DtlsOutput::Timeout(_) if self.done && !self.keyed => {
                self.failure = Some(HandshakeFailure::NothingInCommon);
                never
            }
            _ => output,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        if self.waits() || self.failure.is_some() {
            return Ok(());
        }
        let done = self.inner.handle_timeout(now);
        self.note(done)
    }
}

/// One side of a handshake, as str0m sees it.
#[derive(Debug)]
struct SharedSession(DtlsHandshake);

impl DtlsInstance for SharedSession {
    fn set_active(&mut self, active: bool) {
        self.0.session().inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), Error> {
        self.0.session().handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        self.0.session().poll_output(buffer)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.0.session().handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, Error> {
        self.0.session().inner.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.0.session().inner.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.0.session().inner.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.0.session().inner.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.0.session().inner.is_closed()
    }

    fn close(&mut self) -> Result<(), Error> {
        self.0.session().inner.close()
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
