//! `Upload-Checksum` of the tus protocol: an algorithm, and what it makes of a piece, in base64.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Algorithms, as the protocol names them.
pub const ALGORITHMS: &str = "sha1,sha256";

/// Checksum of a piece while that comes in.
pub struct PieceChecksum {
    digest: PieceDigest,
    expected: Vec<u8>,
}

enum PieceDigest {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl PieceChecksum {
    /// The checksum that a header announces; none for an algorithm that isn't known here, or no base64.
    pub fn parse(header: &str) -> Option<Self> {
        let (algorithm, expected) = header.trim().split_once(' ')?;
        let digest = match algorithm {
            "sha1" => PieceDigest::Sha1(Sha1::new()),
            "sha256" => PieceDigest::Sha256(Sha256::new()),
            _ => return None,
        };
        Some(Self { digest, expected: STANDARD.decode(expected.trim()).ok()? })
    }

    /// Takes in bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.digest {
            PieceDigest::Sha1(digest) => digest.update(bytes),
            PieceDigest::Sha256(digest) => digest.update(bytes),
        }
    }

    /// Tells whether all bytes together are those that were announced.
    pub fn holds(self) -> bool {
        match self.digest {
            PieceDigest::Sha1(digest) => digest.finalize().as_slice() == self.expected,
            PieceDigest::Sha256(digest) => digest.finalize().as_slice() == self.expected,
        }
    }
}
