//! Random secrets, and the hashes by which the database finds them again.
//!
//! Random bits need no slow hash, as passwords do: what can't be guessed can't be tried out either.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::secret_hash::SecretHash;

/// 128 random bits as text.
pub fn secret() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}

/// By what a random secret is found again: its SHA-256 in hexadecimal, which opens nothing.
pub fn hash(secret: impl AsRef<[u8]>) -> SecretHash {
    SecretHash::new(format!("{:x}", Sha256::digest(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FIPS 180-4: another text would void every session and link that there is.
    #[test]
    fn what_was_kept_is_found_again() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash("abc").as_str(), known);
    }
}
