//! Key derivation and ciphers of SRTP (RFC 3711 §4.3; RFC 7714 for AES-GCM).

use str0m::crypto::dtls::SrtpProfile;
use str0m::crypto::{
    AeadAes128Gcm, AeadAes128GcmCipher, AeadAes256GcmCipher, Aes128CmSha1_80,
    Aes128CmSha1_80Cipher, CryptoProvider, SrtpProvider,
};

use super::keys::SrtpKeys;

/// Key derivation labels (RFC 3711 §4.3.2).
#[derive(Clone, Copy)]
pub(super) struct KeyLabels {
    pub(super) key: u8,
    pub(super) authentication: u8,
    pub(super) salt: u8,
}

pub(super) const RTP: KeyLabels = KeyLabels { key: 0, authentication: 1, salt: 2 };
pub(super) const RTCP: KeyLabels = KeyLabels { key: 3, authentication: 4, salt: 5 };

/// Cipher of one direction, for RTP or RTCP.
pub(super) enum Cipher {
    Gcm128 { salt: [u8; 12], cipher: Box<dyn AeadAes128GcmCipher> },
    Gcm256 { salt: [u8; 12], cipher: Box<dyn AeadAes256GcmCipher> },
    Cm { salt: [u8; 14], cipher: Box<dyn Aes128CmSha1_80Cipher>, authentication: [u8; 20] },
}

/// Master key and salt of one side (RFC 3711 §3.2.1).
pub(super) struct MasterKey<'a> {
    pub(super) profile: SrtpProfile,
    pub(super) key: &'a [u8],
    pub(super) salt: &'a [u8],
}

impl<'a> MasterKey<'a> {
    /// The client's or the server's half of the keying material.
    pub(super) fn of(keys: &'a SrtpKeys, client: bool) -> Option<Self> {
        let (key, salt) = match keys.profile {
            SrtpProfile::AEAD_AES_128_GCM => (16, 12),
            SrtpProfile::AEAD_AES_256_GCM => (32, 12),
            SrtpProfile::AES128_CM_SHA1_80 => (16, 14),
            _ => return None,
        };
        let (key_at, salt_at) = if client { (0, 2 * key) } else { (key, 2 * key + salt) };
        Some(MasterKey {
            profile: keys.profile,
            key: keys.material.get(key_at..key_at + key)?,
            salt: keys.material.get(salt_at..salt_at + salt)?,
        })
    }

    /// Derives a session key: AES in counter mode over salt and label (RFC 3711 §4.3.3; RFC 6188
    /// for 256 bits).
    pub(super) fn derive<const N: usize>(&self, crypto: &dyn SrtpProvider, label: u8) -> [u8; N] {
        let mut block = [0; 16];
        for (to, from) in block.iter_mut().zip(self.salt) {
            *to = *from;
        }
        block[7] ^= label;
        let mut derived = [0; N];
        for (round, part) in derived.chunks_mut(16).enumerate() {
            [block[14], block[15]] = (round as u16).to_be_bytes();
            // The library pads: one block in gives two out, of which the first is meant.
            let mut out = [0; 32];
            match self.key.len() {
                16 => crypto.srtp_aes_128_ecb_round(self.key, &block, &mut out),
                _ => crypto.srtp_aes_256_ecb_round(self.key, &block, &mut out),
            }
            for (to, from) in part.iter_mut().zip(out) {
                *to = from;
            }
        }
        derived
    }

    pub(super) fn cipher(
        &self,
        crypto: &CryptoProvider,
        labels: KeyLabels,
        seal: bool,
    ) -> Option<Cipher> {
        let srtp = crypto.srtp_provider;
        Some(match self.profile {
            SrtpProfile::AEAD_AES_128_GCM => Cipher::Gcm128 {
                salt: self.derive(srtp, labels.salt),
                cipher: srtp.aead_aes_128_gcm().create_cipher(self.derive(srtp, labels.key), seal),
            },
            SrtpProfile::AEAD_AES_256_GCM => Cipher::Gcm256 {
                salt: self.derive(srtp, labels.salt),
                cipher: srtp.aead_aes_256_gcm().create_cipher(self.derive(srtp, labels.key), seal),
            },
            SrtpProfile::AES128_CM_SHA1_80 => Cipher::Cm {
                salt: self.derive(srtp, labels.salt),
                cipher: srtp
                    .aes_128_cm_sha1_80()
                    .create_cipher(self.derive(srtp, labels.key), seal),
                authentication: self.derive(srtp, labels.authentication),
            },
            _ => return None,
        })
    }
}

impl Cipher {
    pub(super) fn tag(&self) -> usize {
        match self {
            Cipher::Gcm128 { .. } | Cipher::Gcm256 { .. } => AeadAes128Gcm::TAG_LEN,
            Cipher::Cm { .. } => Aes128CmSha1_80::HMAC_TAG_LEN,
        }
    }
}
