//! SRTP keys of a session, from its DTLS handshake (RFC 5764 §4.2).

use std::fmt;

use str0m::crypto::dtls::SrtpProfile;

/// Keying material and profile.
pub(crate) struct SrtpKeys {
    pub(crate) profile: SrtpProfile,
    /// Client's key, server's key, client's salt, server's salt (RFC 5764 §4.2).
    pub(crate) material: Vec<u8>,
    /// This side was the DTLS client.
    pub(crate) client: bool,
}

impl fmt::Debug for SrtpKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("profile", &self.profile).finish_non_exhaustive()
    }
}
