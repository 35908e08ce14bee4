//! SRTP and SRTCP (RFC 3711; RFC 7714 for AES-GCM).
//!
//! Invariant: no packet index of a stream is sealed twice with different contents. With AES-GCM that
//! would give the authentication key away (RFC 7714 §8.3).

mod cipher;
pub(crate) mod keys;
mod replay;
mod rtcp_opener;
mod rtp_opener;
mod sealer;

pub(crate) use self::replay::ReplayWindow;
pub(crate) use self::rtcp_opener::RtcpOpener;
pub(crate) use self::rtp_opener::RtpOpener;
pub(crate) use self::sealer::Sealer;

/// Length of the E bit and the 31-bit index of SRTCP (RFC 3711 §3.4).
const SRTCP_INDEX_BYTES: usize = 4;

/// The negotiated keys are of no use: unknown profile, or wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the SRTP keys are of no use")]
pub(crate) struct InvalidSrtpKeys;

#[cfg(test)]
mod tests {
    use str0m::crypto::dtls::SrtpProfile;
    use str0m::crypto::from_feature_flags;

    use super::cipher::{MasterKey, RTP};
    use super::keys::SrtpKeys;
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
    fn sealed_srtcp_opens_once_and_unchanged() {
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
    fn sealers_beside_each_other_share_no_srtcp_index() {
        let crypto = from_feature_flags();
        for profile in PROFILES {
            let own = keys(profile, false);
            let first = Sealer::new(&own, &crypto).expect("keys");
            let beside = Sealer::beside_another(&own, &crypto).expect("keys");
            let mut opener = RtcpOpener::new(&keys(profile, true), &crypto).expect("keys");
            let (mut sealed, mut opened) = (Vec::new(), Vec::new());
            let packet: Vec<u8> = (0..48).collect();
            // An index that comes again is refused, whoever sealed it.
            for mut sealer in [first, beside] {
                for _ in 0..100 {
                    assert!(sealer.seal_rtcp(&packet, &mut sealed));
                    assert!(opener.open_rtcp(&sealed, &mut opened), "{profile:?}");
                }
            }
        }
    }

    #[test]
    fn srtcp_replay_windows_are_per_source() {
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
    fn key_derivation_matches_rfc_3711_vectors() {
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
