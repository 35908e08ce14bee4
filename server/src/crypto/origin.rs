//! Origins of guests: by which somebody without an account is recognized for a while, without their address being kept.

use std::{fmt, net::IpAddr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::Mac;

use super::key::VenueKey;

const CONTEXT: &[u8] = b"bandstand origin 1\0";

/// Hashes of address prefixes, keyed with the venue's key: who reads the database alone can't try addresses out.
#[derive(Clone)]
pub struct Origins(VenueKey);

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Origins(…)")
    }
}

impl Origins {
    /// Origins by the venue's key.
    pub fn new(key: VenueKey) -> Self {
        Self(key)
    }

    /// The origin of `address`: the same for its whole neighbourhood, a /24 of IPv4 or a /56 of IPv6. In each
    /// `place` it is another one.
    pub fn of(&self, address: IpAddr, place: &str) -> String {
        let prefix = match address.to_canonical() {
            IpAddr::V4(v4) => (v4.to_bits() >> 8).to_be_bytes().to_vec(),
            IpAddr::V6(v6) => (v6.to_bits() >> 72).to_be_bytes().to_vec(),
        };
        let mut mac = self.0.mac(CONTEXT);
        mac.update(place.as_bytes());
        mac.update(b"\0");
        mac.update(&prefix);
        BASE64_URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_have_one_origin_in_a_place() {
        let origins = Origins::new(VenueKey::of([7; 32]));
        let of = |address: &str, place: &str| origins.of(address.parse().unwrap(), place);
        assert_eq!(of("192.0.2.1", "a"), of("::ffff:192.0.2.200", "a"));
        assert_ne!(of("192.0.2.1", "a"), of("192.0.3.1", "a"));
        assert_ne!(of("192.0.2.1", "a"), of("192.0.2.1", "b"));
        assert_eq!(of("2001:db8:1:200::1", "a"), of("2001:db8:1:2ff::9", "a"));
        assert_ne!(of("2001:db8:1:200::1", "a"), of("2001:db8:1:300::1", "a"));
    }
}
