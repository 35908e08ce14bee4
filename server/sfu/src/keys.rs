//! The SRTP keys of a session, taken from its DTLS handshake (RFC 5764 §4.2).
//!
//! str0m keeps to itself the keys that its handshake agrees on. A subscriber's media leaves by an
//! egress of our own, which needs them: so the DTLS library is wrapped, and what it says of keys is
//! put aside.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion,
    SrtpProfile,
};
use str0m::crypto::{CryptoError, CryptoProvider, from_feature_flags};

/// What a handshake agreed on.
pub(crate) struct Keys {
    pub(crate) profile: SrtpProfile,
    /// Client's key, server's key, client's salt, server's salt (RFC 5764 §4.2).
    pub(crate) material: Vec<u8>,
    /// Whether this side was the DTLS client.
    pub(crate) client: bool,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// Where the keys of one handshake will be; empty until it is done, and once they were taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeySlot(Arc<Mutex<Option<Keys>>>);

impl KeySlot {
    /// The keys, once.
    pub(crate) fn take(&self) -> Option<Keys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, keys: Keys) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys);
    }
}

thread_local! {
    /// Of the handshake that was begun last on this thread: the library's factory is told nothing of
    /// whom a handshake is for.
    static BEGUN: RefCell<Option<KeySlot>> = const { RefCell::new(None) };
}

/// What the session that was just built on this thread will agree on; only with [`keeping_keys`].
pub(crate) fn of_session_just_built() -> Option<KeySlot> {
    BEGUN.take()
}

/// The cryptography for publishers (aws-lc-rs): str0m keeps their keys.
pub(crate) fn cryptography() -> CryptoProvider {
    from_feature_flags()
}

/// The same for subscribers: str0m never sees their keys, and so has nothing to say over SRTP.
pub(crate) fn keeping_keys() -> CryptoProvider {
    CryptoProvider { dtls_provider: &Wrapper, ..from_feature_flags() }
}

#[derive(Debug)]
struct Wrapper;

impl DtlsProvider for Wrapper {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let provider = from_feature_flags().dtls_provider;
        let inner = provider.new_dtls(certificate, now, version, mtu)?;
        let slot = KeySlot::default();
        BEGUN.set(Some(slot.clone()));
        Ok(Box::new(Handshake { inner, slot, begun: now }))
    }
}

#[derive(Debug)]
struct Handshake {
    inner: Box<dyn DtlsInstance>,
    slot: KeySlot,
    begun: Instant,
}

impl DtlsInstance for Handshake {
    fn set_active(&mut self, active: bool) {
        self.inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let client = self.inner.is_active();
        match self.inner.poll_output(buffer) {
            DtlsOutput::KeyingMaterial(material, profile) => {
                self.slot.put(Keys { profile, material: material.to_vec(), client });
                // In the past: there may be more to poll at once.
                DtlsOutput::Timeout(self.begun)
            }
            other => other,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.inner.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
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

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.inner.close()
    }
}
