//! Certificate fingerprints in SDP (RFC 8122).

use aws_lc_rs::digest::{self, Algorithm};

/// Hash of the certificate that a peer will present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    algorithm: &'static Algorithm,
    digest: Vec<u8>,
}

impl Fingerprint {
    /// Reads the value of an `a=fingerprint` line; [`None`] if it is malformed, or its hash
    /// function is weak or unknown.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, digits) = text.trim().split_once(' ')?;
        let algorithm = match name.to_ascii_lowercase().as_str() {
            "sha-256" => &digest::SHA256,
            "sha-384" => &digest::SHA384,
            "sha-512" => &digest::SHA512,
            _ => return None,
        };
        let byte = |pair: &str| {
            let digits = pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
            digits.then(|| u8::from_str_radix(pair, 16).ok()).flatten()
        };
        let digest: Vec<u8> = digits.trim().split(':').map(byte).collect::<Option<_>>()?;
        (digest.len() == algorithm.output_len()).then_some(Fingerprint { algorithm, digest })
    }

    /// True if it is that of `certificate` (DER).
    pub(crate) fn is_of(&self, certificate: &[u8]) -> bool {
        digest::digest(self.algorithm, certificate).as_ref() == self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digest of "abc" (FIPS 180-4).
    const SHA_256: &str = "sha-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:\
                           B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";

    #[test]
    fn fingerprint_matches_its_certificate_only() {
        let lower = SHA_256.to_lowercase();
        for text in [SHA_256, &lower, &format!("{} ", SHA_256.replace("sha", "SHA"))] {
            let fingerprint = Fingerprint::parse(text).expect("a fingerprint");
            assert!(fingerprint.is_of(b"abc") && !fingerprint.is_of(b"abd"));
        }
    }

    #[test]
    fn weak_or_malformed_fingerprint_is_refused() {
        let digits = SHA_256.trim_start_matches("sha-256 ");
        let refused = [
            format!("sha-1 {digits}"),
            format!("sha-512 {digits}"),
            format!("sha-256 {digits}:00"),
            format!("sha-256 {}", digits.replace("BA", "+A")),
            format!("sha-256 {}", digits.replace(':', "")),
            "sha-256".to_owned(),
            String::new(),
        ];
        for text in refused {
            assert_eq!(Fingerprint::parse(&text), None, "{text}");
        }
    }
}
