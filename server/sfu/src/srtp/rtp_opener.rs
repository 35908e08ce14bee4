//! Opening of SRTP that is too late for str0m.

use str0m::crypto::{AeadAes128Gcm, AeadAes256Gcm, Aes128CmSha1_80, CryptoProvider};

use super::InvalidSrtpKeys;
use super::cipher::{Cipher, MasterKey, RTP};
use crate::rtp::numbers::{ExtSeq, Ssrc};
use crate::srtp::keys::SrtpKeys;

/// Opener of one publisher's late packets.
pub(crate) struct RtpOpener {
    rtp: Cipher,
    crypto: CryptoProvider,
}

impl RtpOpener {
    /// # Errors
    /// [`InvalidSrtpKeys`].
    pub(crate) fn new(keys: &SrtpKeys, crypto: &CryptoProvider) -> Result<Self, InvalidSrtpKeys> {
        let master = MasterKey::of(keys, !keys.client).ok_or(InvalidSrtpKeys)?;
        let rtp = master.cipher(crypto, RTP, false).ok_or(InvalidSrtpKeys)?;
        Ok(RtpOpener { rtp, crypto: crypto.clone() })
    }

    /// The payload of `packet`, which has a header of so many bytes and that packet index. [`None`]
    /// if it is not authentic. Replay protection is the caller's.
    pub(crate) fn open(
        &mut self,
        packet: &[u8],
        header: usize,
        ssrc: Ssrc,
        index: ExtSeq,
    ) -> Option<Vec<u8>> {
        let tag = self.rtp.tag();
        let (head, body) = packet.split_at_checked(header)?;
        let mut opened = vec![0; body.len().checked_sub(tag)?];
        match &mut self.rtp {
            Cipher::Gcm128 { salt, cipher } => {
                let iv = AeadAes128Gcm::rtp_iv(*salt, ssrc.0, index.roll_overs(), index.number());
                cipher.decrypt(&iv, &[head], body, &mut opened).ok()?;
            }
            Cipher::Gcm256 { salt, cipher } => {
                let iv = AeadAes256Gcm::rtp_iv(*salt, ssrc.0, index.roll_overs(), index.number());
                cipher.decrypt(&iv, &[head], body, &mut opened).ok()?;
            }
            Cipher::Cm { salt, cipher, authentication } => {
                let hmac = |key: &[u8], parts: &[&[u8]]| {
                    self.crypto.sha1_hmac_provider.sha1_hmac(key, parts)
                };
                let (signed, mac) = packet.split_at_checked(packet.len().checked_sub(tag)?)?;
                if !Aes128CmSha1_80::rtp_verify(hmac, authentication, signed, index.0, mac) {
                    return None;
                }
                let iv = Aes128CmSha1_80::rtp_iv(*salt, ssrc.0, index.0);
                cipher.decrypt(&iv, body.get(..opened.len())?, &mut opened).ok()?;
            }
        }
        Some(opened)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sealer;
    use super::super::tests::{PROFILES, keys};
    use super::*;
    use str0m::crypto::from_feature_flags;

    #[test]
    fn sealed_srtp_opens_under_its_index_only() {
        let crypto = from_feature_flags();
        for profile in PROFILES {
            let mut sealer = Sealer::new(&keys(profile, false), &crypto).expect("keys");
            let mut opener = RtpOpener::new(&keys(profile, true), &crypto).expect("keys");
            let header = [0x80, 96, 0, 5, 0, 0, 0, 9, 0, 0, 0, 7];
            let mut packet = [&header[..], &vec![0; 4 + sealer.overhead()]].concat();
            assert!(sealer.seal_rtp(&mut packet, 12, b"song", Ssrc(7), ExtSeq(65_541)));
            assert_eq!(
                opener.open(&packet, 12, Ssrc(7), ExtSeq(65_541)).as_deref(),
                Some(&b"song"[..])
            );
            assert_eq!(
                opener.open(&packet, 12, Ssrc(7), ExtSeq(5)),
                None,
                "{profile:?}: another roll-over"
            );
            packet[13] ^= 1;
            assert_eq!(
                opener.open(&packet, 12, Ssrc(7), ExtSeq(65_541)),
                None,
                "{profile:?}: changed"
            );
            for length in 0..packet.len() {
                assert_eq!(opener.open(&packet[..length], 12, Ssrc(7), ExtSeq(65_541)), None);
            }
        }
    }
}
