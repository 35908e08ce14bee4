//! Negotiated SRTP ciphers, overheard from str0m's DTLS provider.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

use str0m::config::DtlsCert;
use str0m::crypto::dtls::{
    DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion,
    SrtpProfile,
};
use str0m::crypto::{CryptoError, CryptoProvider, from_feature_flags};

/// A cipher of media (RFC 5764 §4.1.2, RFC 7714 §14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher {
    /// `SRTP_AES128_CM_HMAC_SHA1_80`.
    Aes128Sha1,
    /// `SRTP_AEAD_AES_128_GCM`.
    Aes128Gcm,
    /// `SRTP_AEAD_AES_256_GCM`.
    Aes256Gcm,
}

impl std::fmt::Display for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Cipher::Aes128Sha1 => "AES128_CM_HMAC_SHA1_80",
            Cipher::Aes128Gcm => "AEAD_AES_128_GCM",
            Cipher::Aes256Gcm => "AEAD_AES_256_GCM",
        })
    }
}

/// The cipher of the last handshake that was completed with one [`CryptoProvider`].
static NEGOTIATED: AtomicU8 = AtomicU8::new(0);

/// The cipher that was negotiated last, by any client of this program: an audience meets one server
/// at a time.
pub(super) fn negotiated() -> Option<Cipher> {
    match NEGOTIATED.load(Ordering::Relaxed) {
        1 => Some(Cipher::Aes128Sha1),
        2 => Some(Cipher::Aes128Gcm),
        3 => Some(Cipher::Aes256Gcm),
        _ => None,
    }
}

/// The default cryptography of str0m, with its handshakes overheard.
pub(super) fn overheard() -> Arc<CryptoProvider> {
    let mut provider = from_feature_flags();
    // One for each audience; there are a few in the life of a program.
    provider.dtls_provider = Box::leak(Box::new(Overhearing(provider.dtls_provider)));
    Arc::new(provider)
}

#[derive(Debug)]
struct Overhearing(&'static dyn DtlsProvider);

impl DtlsProvider for Overhearing {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        self.0.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        Ok(Box::new(Overheard(self.0.new_dtls(certificate, now, version, mtu)?)))
    }
}

#[derive(Debug)]
struct Overheard(Box<dyn DtlsInstance>);

impl DtlsInstance for Overheard {
    fn set_active(&mut self, active: bool) {
        self.0.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.0.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let output = self.0.poll_output(buffer);
        if let DtlsOutput::KeyingMaterial(_, profile) = &output {
            let number = match *profile {
                SrtpProfile::AES128_CM_SHA1_80 => 1,
                SrtpProfile::AEAD_AES_128_GCM => 2,
                SrtpProfile::AEAD_AES_256_GCM => 3,
                _ => 0,
            };
            NEGOTIATED.store(number, Ordering::Relaxed);
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.0.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.0.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.0.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.0.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.0.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.0.close()
    }
}
