//! Secrets that the venue has to read again are kept in the database sealed: who reads the database
//! alone reads nothing of them.

use std::{fmt, io};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    error::Unspecified,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::key::VenueKey;

/// The sealing key is derived from the venue's for this purpose alone.
const CONTEXT: &[u8] = b"bandstand seal 1\0";

/// Something that was not sealed by this venue for this owner, or is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// Seals and opens (AES-256-GCM).
pub struct Seal(RandomizedNonceKey);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(…)")
    }
}

impl From<Unspecified> for Broken {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

impl Seal {
    /// A seal with the venue's key.
    ///
    /// # Errors
    /// [`io::Error`] when the machine has no random numbers.
    pub fn new(key: &VenueKey) -> io::Result<Self> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, &key.derive(CONTEXT));
        key.map(Self).map_err(io::Error::other)
    }

    /// `secret`, sealed for `owner`.
    ///
    /// # Errors
    /// [`Broken`] when the machine has no random numbers.
    pub fn seal(&self, secret: &[u8], owner: &str) -> Result<String, Broken> {
        let mut sealed = secret.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(owner), &mut sealed)?;
        let mut all = nonce.as_ref().to_vec();
        all.append(&mut sealed);
        Ok(BASE64_URL_SAFE_NO_PAD.encode(all))
    }

    /// Opens `sealed` and returns the secret that was sealed for `owner`.
    ///
    /// # Errors
    /// [`Broken`] when it was not sealed by this venue for `owner`, or is damaged.
    pub fn unseal(&self, sealed: &str, owner: &str) -> Result<Vec<u8>, Broken> {
        let mut all = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Broken)?;
        let mut rest = all.split_off(NONCE_LEN.min(all.len()));
        let nonce = Nonce::try_assume_unique_for_key(&all)?;
        let secret = self.0.open_in_place(nonce, Aad::from(owner), &mut rest)?;
        Ok(secret.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_venue_opens_it_for_this_owner() {
        let of = |key| Seal::new(&VenueKey::of(key)).unwrap();
        let (seal, other) = (of([1; 32]), of([2; 32]));
        let sealed = seal.seal(b"secret", "ada").unwrap();
        assert_ne!(sealed, seal.seal(b"secret", "ada").unwrap());
        assert_eq!(seal.unseal(&sealed, "ada"), Ok(b"secret".to_vec()));
        for (seal, text, owner) in
            [(&other, sealed.as_str(), "ada"), (&seal, &sealed, "ben"), (&seal, "AAAA", "ada")]
        {
            assert_eq!(seal.unseal(text, owner), Err(Broken));
        }
    }
}
