//! Verification of certificates' signatures, of every kind that honest WebRTC clients have.
//!
//! Browsers make P-256 or RSA-2048 (W3C WebRTC §4.9), GStreamer RSA-2048, GnuTLS (FFmpeg) P-224.
//! Certificates made by hand may be on P-384 or P-521, or have up to 4,096 bits.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use dimpl::crypto::{
    Cipher, CryptoProvider, Dtls12CipherSuite, HashAlgorithm, NamedGroup, SignatureAlgorithm,
    SignatureVerifier, SupportedDtls12CipherSuite, aws_lc_rs as library,
};
use dimpl::{CryptoError, CryptoOperation};
use p224::ecdsa::signature::hazmat::PrehashVerifier;
use p224::ecdsa::{DerSignature, VerifyingKey};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::oid::ObjectIdentifier;

const EC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const P_224: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.33");
const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P_521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// Cryptography of the library, with more kinds of certificates.
pub(super) fn crypto_provider() -> CryptoProvider {
    CryptoProvider {
        signature_verification: &Verifier,
        cipher_suites: &SUITES,
        ..library::default_provider()
    }
}

#[derive(Debug)]
struct Verifier;

impl SignatureVerifier for Verifier {
    fn supported_schemes(&self) -> &'static [(SignatureAlgorithm, HashAlgorithm)] {
        &[
            (SignatureAlgorithm::ECDSA, HashAlgorithm::SHA256),
            (SignatureAlgorithm::ECDSA, HashAlgorithm::SHA384),
            (SignatureAlgorithm::ECDSA, HashAlgorithm::SHA512),
            (SignatureAlgorithm::RSA, HashAlgorithm::SHA256),
            (SignatureAlgorithm::RSA, HashAlgorithm::SHA384),
            (SignatureAlgorithm::RSA, HashAlgorithm::SHA512),
        ]
    }

    fn certificate_curves(&self) -> &'static [NamedGroup] {
        &[NamedGroup::Secp521r1, NamedGroup::Secp224r1]
    }

    fn verify_signature(
        &self,
        certificate: &[u8],
        data: &[u8],
        signature: &[u8],
        hash: HashAlgorithm,
        algorithm: SignatureAlgorithm,
    ) -> Result<(), CryptoError> {
        let wrong = || CryptoError::OperationFailed(CryptoOperation::VerifySignature);
        let certificate =
            Certificate::from_der(certificate).map_err(|_| CryptoError::CertificateParseFailed)?;
        let info = certificate.tbs_certificate().subject_public_key_info();
        let key = info.subject_public_key.as_bytes().ok_or(CryptoError::InvalidSubjectPublicKey)?;
        let known: &'static dyn VerificationAlgorithm = match algorithm {
            SignatureAlgorithm::ECDSA if info.algorithm.oid == EC_KEY => {
                let parameters = info.algorithm.parameters.as_ref();
                let parameters = parameters.ok_or(CryptoError::MissingEcCurveParameter)?;
                let curve: ObjectIdentifier =
                    parameters.decode_as().map_err(|_| CryptoError::InvalidEcCurveParameter)?;
                if curve == P_224 {
                    return verify_p224(key, data, signature, hash).ok_or_else(wrong);
                }
                ecdsa(curve, hash).ok_or(CryptoError::UnsupportedEcCurve)?
            }
            SignatureAlgorithm::RSA if info.algorithm.oid == RSA_KEY => {
                let unknown = CryptoError::UnsupportedSignatureAlgorithm(algorithm);
                rsa(hash).ok_or(unknown)?
            }
            _ => return Err(CryptoError::UnsupportedPublicKeyAlgorithm),
        };
        UnparsedPublicKey::new(known, key).verify(data, signature).map_err(|_| wrong())
    }
}

fn ecdsa(
    curve: ObjectIdentifier,
    hash: HashAlgorithm,
) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (curve, hash) {
        (P_256, HashAlgorithm::SHA256) => &ECDSA_P256_SHA256_ASN1,
        (P_256, HashAlgorithm::SHA384) => &ECDSA_P256_SHA384_ASN1,
        (P_256, HashAlgorithm::SHA512) => &ECDSA_P256_SHA512_ASN1,
        (P_384, HashAlgorithm::SHA256) => &ECDSA_P384_SHA256_ASN1,
        (P_384, HashAlgorithm::SHA384) => &ECDSA_P384_SHA384_ASN1,
        (P_384, HashAlgorithm::SHA512) => &ECDSA_P384_SHA512_ASN1,
        (P_521, HashAlgorithm::SHA256) => &ECDSA_P521_SHA256_ASN1,
        (P_521, HashAlgorithm::SHA384) => &ECDSA_P521_SHA384_ASN1,
        (P_521, HashAlgorithm::SHA512) => &ECDSA_P521_SHA512_ASN1,
        _ => return None,
    })
}

/// Keys of fewer than 2,048 bits are refused by the algorithms themselves.
fn rsa(hash: HashAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match hash {
        HashAlgorithm::SHA256 => &RSA_PKCS1_2048_8192_SHA256,
        HashAlgorithm::SHA384 => &RSA_PKCS1_2048_8192_SHA384,
        HashAlgorithm::SHA512 => &RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    })
}

/// P-224, which aws-lc-rs doesn't offer.
fn verify_p224(key: &[u8], data: &[u8], signature: &[u8], hash: HashAlgorithm) -> Option<()> {
    let hash = match hash {
        HashAlgorithm::SHA256 => &digest::SHA256,
        HashAlgorithm::SHA384 => &digest::SHA384,
        HashAlgorithm::SHA512 => &digest::SHA512,
        _ => return None,
    };
    let key = VerifyingKey::from_sec1_bytes(key).ok()?;
    let signature = DerSignature::from_bytes(signature).ok()?;
    key.verify_prehash(digest::digest(hash, data).as_ref(), &signature).ok()
}

/// Cipher suites whose servers sign by RSA: but for that, each is the same as one of the library's.
static WITH_RSA: LazyLock<Vec<WithRsa>> = LazyLock::new(|| {
    let suites = library::default_provider().cipher_suites.iter();
    let with_rsa = suites.filter_map(|alike| {
        let suite = match alike.suite() {
            Dtls12CipherSuite::ECDHE_ECDSA_AES128_GCM_SHA256 => {
                Dtls12CipherSuite::ECDHE_RSA_AES128_GCM_SHA256
            }
            Dtls12CipherSuite::ECDHE_ECDSA_AES256_GCM_SHA384 => {
                Dtls12CipherSuite::ECDHE_RSA_AES256_GCM_SHA384
            }
            Dtls12CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305_SHA256 => {
                Dtls12CipherSuite::ECDHE_RSA_CHACHA20_POLY1305_SHA256
            }
            _ => return None,
        };
        Some(WithRsa { suite, alike: *alike })
    });
    with_rsa.collect()
});

static SUITES: LazyLock<Vec<&'static dyn SupportedDtls12CipherSuite>> = LazyLock::new(|| {
    let with_rsa =
        WITH_RSA.iter().map(|suite| -> &'static dyn SupportedDtls12CipherSuite { suite });
    library::default_provider().cipher_suites.iter().copied().chain(with_rsa).collect()
});

#[derive(Debug)]
struct WithRsa {
    suite: Dtls12CipherSuite,
    alike: &'static dyn SupportedDtls12CipherSuite,
}

impl SupportedDtls12CipherSuite for WithRsa {
    fn suite(&self) -> Dtls12CipherSuite {
        self.suite
    }

    fn hash_algorithm(&self) -> HashAlgorithm {
        self.alike.hash_algorithm()
    }

    fn key_lengths(&self) -> (usize, usize, usize) {
        self.alike.key_lengths()
    }

    fn explicit_nonce_len(&self) -> usize {
        self.alike.explicit_nonce_len()
    }

    fn tag_len(&self) -> usize {
        self.alike.tag_len()
    }

    fn create_cipher(&self, key: &[u8]) -> Result<Box<dyn Cipher>, CryptoError> {
        self.alike.create_cipher(key)
    }
}
