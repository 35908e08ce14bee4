//! Sealing of SRTP and SRTCP for one receiver.

use str0m::crypto::{AeadAes128Gcm, AeadAes256Gcm, Aes128CmSha1_80, CryptoProvider};

use super::cipher::{Cipher, MasterKey, RTCP, RTP};
use super::keys::SrtpKeys;
use super::{InvalidSrtpKeys, SRTCP_INDEX_BYTES};
use crate::rtp::numbers::{ExtSeq, Ssrc};

/// Sealer for one receiver.
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

    /// A sealer for a session in which str0m seals RTCP, too: its reports are counted from 0, these
    /// from the middle, so that no index is sealed by both, whatever SSRCs they use.
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
    /// `header`, the payload's length, and [`Sealer::overhead`].
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
