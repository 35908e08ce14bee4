//! SRTP and SRTCP for media that is sent (RFC 3711; RFC 7714 for AES-GCM).
//!
//! Invariant: no index of a stream is sealed twice with different contents. With AES-GCM that would
//! give the authentication key away (RFC 7714 §8.3).

pub(crate) mod keys;
mod media;
mod replay;

use str0m::crypto::dtls::SrtpProfile;
use str0m::crypto::{
    AeadAes128Gcm, AeadAes128GcmCipher, AeadAes256Gcm, AeadAes256GcmCipher, Aes128CmSha1_80,
    Aes128CmSha1_80Cipher, CryptoProvider, SrtpProvider,
};

use crate::rtp::numbers::{ExtSeq, Ssrc};
use crate::srtp::keys::SrtpKeys;
use crate::srtp::replay::ReplayWindows;

pub(crate) use self::media::RtpOpener;

/// SRTCP adds this and the tag (RFC 3711 §3.4): the E bit and the 31-bit index.
const SRTCP_INDEX_BYTES: usize = 4;

/// Key derivation labels (RFC 3711 §4.3.2).
#[derive(Clone, Copy)]
struct KeyLabels {
    key: u8,
    authentication: u8,
    salt: u8,
}

const RTP: KeyLabels = KeyLabels { key: 0, authentication: 1, salt: 2 };
const RTCP: KeyLabels = KeyLabels { key: 3, authentication: 4, salt: 5 };

/// The far side's DTLS agreed on something that can't be sealed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the SRTP keys are of no use")]
pub(crate) struct InvalidSrtpKeys;

/// One direction's ciphers for RTP or RTCP.
enum Cipher {
    Gcm128 { salt: [u8; 12], cipher: Box<dyn AeadAes128GcmCipher> },
    Gcm256 { salt: [u8; 12], cipher: Box<dyn AeadAes256GcmCipher> },
    Cm { salt: [u8; 14], cipher: Box<dyn Aes128CmSha1_80Cipher>, authentication: [u8; 20] },
}

/// What one side of a handshake seals with.
struct MasterKey<'a> {
    profile: SrtpProfile,
    key: &'a [u8],
    salt: &'a [u8],
}

impl<'a> MasterKey<'a> {
    /// The client's or the server's half of the material.
    fn of(keys: &'a SrtpKeys, client: bool) -> Option<Self> {
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

    /// AES in counter mode over salt and label (RFC 3711 §4.3.3; RFC 6188 for 256 bits).
    fn derive<const N: usize>(&self, crypto: &dyn SrtpProvider, label: u8) -> [u8; N] {
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

    fn cipher(&self, crypto: &CryptoProvider, labels: KeyLabels, seal: bool) -> Option<Cipher> {
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
    fn tag(&self) -> usize {
        match self {
            Cipher::Gcm128 { .. } | Cipher::Gcm256 { .. } => AeadAes128Gcm::TAG_LEN,
            Cipher::Cm { .. } => Aes128CmSha1_80::HMAC_TAG_LEN,
        }
    }
}

/// Seals what goes to one subscriber.
pub(crate) struct Sealer {
    rtp: Cipher,
    rtcp: Cipher,
    rtcp_index: u32,
    crypto: CryptoProvider,
}

impl Sealer {
    /// # Errors
    /// [`InvalidSrtpKeys`].
    pub(crate) fn new(keys: &SrtpKeys, crypto: &CryptoProvider) -> Result<Self, InvalidSrtpKeys> {
        let master = MasterKey::of(keys, keys.client).ok_or(InvalidSrtpKeys)?;
        Ok(Sealer {
            rtp: master.cipher(crypto, RTP, true).ok_or(InvalidSrtpKeys)?,
            rtcp: master.cipher(crypto, RTCP, true).ok_or(InvalidSrtpKeys)?,
            rtcp_index: 0,
            crypto: crypto.clone(),
        })
    }

    /// For a session in which the SDP library seals RTCP, too: its reports are counted from 0, these
    /// from the middle, so that no index is sealed by both, whatever names they use.
    ///
    /// # Errors
    /// [`InvalidSrtpKeys`].
    pub(crate) fn beside_another(
        keys: &SrtpKeys,
        crypto: &CryptoProvider,
    ) -> Result<Self, InvalidSrtpKeys> {
        Ok(Sealer { rtcp_index: 1 << 30, ..Sealer::new(keys, crypto)? })
    }

    /// Bytes by which a packet grows.
    pub(crate) fn overhead(&self) -> usize {
        self.rtp.tag()
    }

    /// Seals `payload` behind the RTP header at the start of `packet`, which must hold exactly
    /// `header`, the payload's length, and [`Sealer::overhead`]. `index` is the packet's number
    /// with its roll-overs (RFC 3711 §3.3.1).
    ///
    /// False if the packet doesn't have that length or the cipher refuses.
    pub(crate) fn seal_rtp(
        &mut self,
        packet: &mut [u8],
        header: usize,
        payload: &[u8],
        ssrc: Ssrc,
        index: ExtSeq,
    ) -> bool {
        if packet.len() != header + payload.len() + self.rtp.tag() {
            return false;
        }
        let (head, body) = packet.split_at_mut(header);
        match &mut self.rtp {
            Cipher::Gcm128 { salt, cipher } => {
                let iv = AeadAes128Gcm::rtp_iv(*salt, ssrc.0, index.roll_overs(), index.number());
                cipher.encrypt(&iv, head, payload, body).is_ok()
            }
            Cipher::Gcm256 { salt, cipher } => {
                let iv = AeadAes256Gcm::rtp_iv(*salt, ssrc.0, index.roll_overs(), index.number());
                cipher.encrypt(&iv, head, payload, body).is_ok()
            }
            Cipher::Cm { salt, cipher, authentication } => {
                let iv = Aes128CmSha1_80::rtp_iv(*salt, ssrc.0, index.0);
                let sealed = cipher.encrypt(&iv, payload, body).is_ok();
                let hmac = |key: &[u8], parts: &[&[u8]]| {
                    self.crypto.sha1_hmac_provider.sha1_hmac(key, parts)
                };
                let end = header + payload.len();
                Aes128CmSha1_80::rtp_hmac(hmac, authentication, packet, index.0, end);
                sealed
            }
        }
    }

    /// Seals a compound RTCP packet into `sealed`, which is overwritten.
    ///
    /// False if the packet is too short to be one, or the cipher refuses.
    pub(crate) fn seal_rtcp(&mut self, packet: &[u8], sealed: &mut Vec<u8>) -> bool {
        let Some((head, body)) = packet.split_at_checked(8) else {
            return false;
        };
        let Some(ssrc) = head.last_chunk().map(|s| u32::from_be_bytes(*s)) else {
            return false;
        };
        // A session doesn't live for 2^31 reports.
        self.rtcp_index = (self.rtcp_index + 1) & 0x7fff_ffff;
        let index = (self.rtcp_index | 0x8000_0000).to_be_bytes();
        let tag = self.rtcp.tag();
        sealed.clear();
        sealed.resize(packet.len() + tag + SRTCP_INDEX_BYTES, 0);
        let (start, rest) = sealed.split_at_mut(8);
        start.copy_from_slice(head);
        let mut associated = [0; 12];
        associated[..8].copy_from_slice(head);
        associated[8..].copy_from_slice(&index);
        match &mut self.rtcp {
            Cipher::Gcm128 { salt, cipher } => {
                let iv = AeadAes128Gcm::rtcp_iv(*salt, ssrc, self.rtcp_index);
                let (text, end) = rest.split_at_mut(body.len() + tag);
                end.copy_from_slice(&index);
                cipher.encrypt(&iv, &associated, body, text).is_ok()
            }
            Cipher::Gcm256 { salt, cipher } => {
                let iv = AeadAes256Gcm::rtcp_iv(*salt, ssrc, self.rtcp_index);
                let (text, end) = rest.split_at_mut(body.len() + tag);
                end.copy_from_slice(&index);
                cipher.encrypt(&iv, &associated, body, text).is_ok()
            }
            Cipher::Cm { salt, cipher, authentication } => {
                let iv = Aes128CmSha1_80::rtp_iv(*salt, ssrc, self.rtcp_index.into());
                let Some(text) = rest.get_mut(..body.len()) else {
                    return false;
                };
                let done = cipher.encrypt(&iv, body, text).is_ok();
                let end = packet.len() + SRTCP_INDEX_BYTES;
                if let Some(at) = sealed.get_mut(packet.len()..end) {
                    at.copy_from_slice(&index);
                }
                let hmac = |key: &[u8], parts: &[&[u8]]| {
                    self.crypto.sha1_hmac_provider.sha1_hmac(key, parts)
                };
                Aes128CmSha1_80::rtcp_hmac(hmac, authentication, sealed, end);
                done
            }
        }
    }
}

/// Opens the RTCP that comes from one subscriber.
pub(crate) struct RtcpOpener {
    rtcp: Cipher,
    replays: ReplayWindows,
    crypto: CryptoProvider,
}

impl RtcpOpener {
    /// # Errors
    /// [`InvalidSrtpKeys`].
    pub(crate) fn new(keys: &SrtpKeys, crypto: &CryptoProvider) -> Result<Self, InvalidSrtpKeys> {
        let master = MasterKey::of(keys, !keys.client).ok_or(InvalidSrtpKeys)?;
        Ok(RtcpOpener {
            rtcp: master.cipher(crypto, RTCP, false).ok_or(InvalidSrtpKeys)?,
            replays: ReplayWindows::default(),
            crypto: crypto.clone(),
        })
    }

    /// Opens `packet` into `opened`, which is overwritten. Packets that are not encrypted, not
    /// authentic, or came before, are refused.
    pub(crate) fn open_rtcp(&mut self, packet: &[u8], opened: &mut Vec<u8>) -> bool {
        self.try_open(packet, opened).is_some()
    }

    fn try_open(&mut self, packet: &[u8], opened: &mut Vec<u8>) -> Option<()> {
        let tag = self.rtcp.tag();
        let (head, rest) = packet.split_at_checked(8)?;
        let ssrc = u32::from_be_bytes(*head.last_chunk()?);
        let text = rest.len().checked_sub(tag + SRTCP_INDEX_BYTES)?;
        let index_at = match &self.rtcp {
            Cipher::Cm { .. } => text,
            _ => text + tag,
        };
        let index = *rest.get(index_at..)?.first_chunk::<SRTCP_INDEX_BYTES>()?;
        let flagged = u32::from_be_bytes(index);
        if flagged & 0x8000_0000 == 0 {
            return None;
        }
        let number = flagged & 0x7fff_ffff;
        if !self.replays.is_new(Ssrc(ssrc), number) {
            return None;
        }
        opened.clear();
        opened.extend_from_slice(head);
        opened.resize(8 + text, 0);
        let out = opened.get_mut(8..)?;
        match &mut self.rtcp {
            Cipher::Gcm128 { salt, cipher } => {
                let iv = AeadAes128Gcm::rtcp_iv(*salt, ssrc, number);
                let input = rest.get(..text + tag)?;
                cipher.decrypt(&iv, &[&associated(head, index)], input, out).ok()?;
            }
            Cipher::Gcm256 { salt, cipher } => {
                let iv = AeadAes256Gcm::rtcp_iv(*salt, ssrc, number);
                let input = rest.get(..text + tag)?;
                cipher.decrypt(&iv, &[&associated(head, index)], input, out).ok()?;
            }
            Cipher::Cm { salt, cipher, authentication } => {
                let (signed, mac) = packet.split_at_checked(8 + text + SRTCP_INDEX_BYTES)?;
                let hmac = |key: &[u8], parts: &[&[u8]]| {
                    self.crypto.sha1_hmac_provider.sha1_hmac(key, parts)
                };
                if !Aes128CmSha1_80::rtcp_verify(hmac, authentication, signed, mac) {
                    return None;
                }
                let iv = Aes128CmSha1_80::rtp_iv(*salt, ssrc, number.into());
                cipher.decrypt(&iv, rest.get(..text)?, out).ok()?;
            }
        }
        self.replays.note(Ssrc(ssrc), number);
        Some(())
    }
}

/// The associated data of an SRTCP packet (RFC 7714 §9.2): header, then E bit and index.
fn associated(head: &[u8], index: [u8; SRTCP_INDEX_BYTES]) -> [u8; 12] {
    let mut data = [0; 12];
    for (to, from) in data.iter_mut().zip(head.iter().chain(&index)) {
        *to = *from;
    }
    data
}

#[cfg(test)]
mod tests {
    use str0m::crypto::from_feature_flags;

    use super::*;

    pub(super) const PROFILES: [SrtpProfile; 3] = [
        SrtpProfile::AEAD_AES_128_GCM,
        SrtpProfile::AEAD_AES_256_GCM,
        SrtpProfile::AES128_CM_SHA1_80,
    ];

    pub(super) fn keys(profile: SrtpProfile, client: bool) -> SrtpKeys {
        let length = profile.keying_material_len();
        SrtpKeys { profile, material: (0..length).map(|b| b as u8).collect(), client }
    }

    #[test]
    fn what_one_side_seals_the_other_opens_once_and_unchanged() {
        let crypto = from_feature_flags();
        for profile in PROFILES {
            let mut sealer = Sealer::new(&keys(profile, false), &crypto).expect("keys");
            let mut opener = RtcpOpener::new(&keys(profile, true), &crypto).expect("keys");
            let (mut sealed, mut opened) = (Vec::new(), Vec::new());
            let packet: Vec<u8> = (0..48).collect();
            assert!(sealer.seal_rtcp(&packet, &mut sealed));
            let mut forged = sealed.clone();
            forged[20] ^= 1;
            assert!(!opener.open_rtcp(&forged, &mut opened), "{profile:?}: changed");
            assert!(opener.open_rtcp(&sealed, &mut opened), "{profile:?}");
            assert_eq!(opened, packet);
            assert!(!opener.open_rtcp(&sealed, &mut opened), "{profile:?}: again");
            // What one has sealed comes back to nobody but the other.
            let mut own = RtcpOpener::new(&keys(profile, false), &crypto).expect("keys");
            assert!(!own.open_rtcp(&sealed, &mut opened), "{profile:?}: own");
            for length in 0..sealed.len() {
                assert!(!opener.open_rtcp(&sealed[..length], &mut opened));
            }
        }
    }

    #[test]
    fn each_source_of_reports_counts_for_itself() {
        let crypto = from_feature_flags();
        let profile = SrtpProfile::AEAD_AES_128_GCM;
        let mut opener = RtcpOpener::new(&keys(profile, true), &crypto).expect("keys");
        let mut sources: Vec<_> = (0..4)
            .map(|ssrc| (ssrc, Sealer::new(&keys(profile, false), &crypto).expect("keys")))
            .collect();
        let (mut sealed, mut opened) = (Vec::new(), Vec::new());
        // The later ones are far behind the first.
        for (ssrc, sealer) in &mut sources {
            let packet = [0x80, 201, 0, 1, 0, 0, 0, *ssrc];
            for _ in 0..200 - 20 * usize::from(*ssrc) {
                assert!(sealer.seal_rtcp(&packet, &mut sealed));
                assert!(opener.open_rtcp(&sealed, &mut opened), "source {ssrc}");
            }
            assert!(!opener.open_rtcp(&sealed, &mut opened), "again");
        }
    }

    #[test]
    fn counter_mode_derives_as_the_standard_says() {
        // RFC 3711, appendix B.3.
        let key = 0xE1F9_7A0D_3E01_8BE0_D64F_A32C_06DE_4139_u128.to_be_bytes();
        let salt = &0x0EC6_75AD_498A_FEEB_B696_0B3A_ABE6_u128.to_be_bytes()[2..];
        let master = MasterKey { profile: SrtpProfile::AES128_CM_SHA1_80, key: &key, salt };
        let srtp = from_feature_flags().srtp_provider;
        let cipher: [u8; 16] = master.derive(srtp, RTP.key);
        assert_eq!(u128::from_be_bytes(cipher), 0xC61E_7A93_744F_39EE_1073_4AFE_3FF7_A087);
        let salt: [u8; 14] = master.derive(srtp, RTP.salt);
        assert_eq!(salt[..4], [0x30, 0xCB, 0xBC, 0x08]);
        let authentication: [u8; 20] = master.derive(srtp, RTP.authentication);
        assert_eq!(authentication[..4], [0xCE, 0xBE, 0x32, 0x1F]);
        assert_eq!(authentication[16..], [0x6D, 0x38, 0xBA, 0xA4]);
    }
}
