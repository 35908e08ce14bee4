//! Opening of SRTCP, with replay protection.

use str0m::crypto::{AeadAes128Gcm, AeadAes256Gcm, Aes128CmSha1_80, CryptoProvider};

use super::cipher::{Cipher, MasterKey, RTCP};
use super::keys::SrtpKeys;
use super::replay::ReplayWindows;
use super::{InvalidSrtpKeys, SRTCP_INDEX_BYTES};
use crate::rtp::numbers::Ssrc;

/// Opener of one subscriber's SRTCP.
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

    /// Opens `packet` into `opened`, which is overwritten. False for packets that are not
    /// encrypted, not authentic, or replayed.
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
