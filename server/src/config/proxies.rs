//! Reverse proxies whose word about the client's address is believed.

use std::{net::IpAddr, str::FromStr};

use clap::ValueEnum;
use serde::Deserialize;

use super::ConfigError;

/// The header in which the proxies tell the client's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[value(rename_all = "kebab-case")]
pub enum ProxyHeader {
    /// `X-Forwarded-For`, to which each proxy adds the address that it was asked from.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239), to which each proxy adds a `for=` parameter.
    Forwarded,
}

/// Addresses that trusted proxies have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Network {
    /// This machine.
    Loopback,
    /// Private and link-local addresses (RFC 1918, RFC 3927, RFC 4193, RFC 4291 section 2.5.6).
    Private,
    /// A named network; a single address is one with the longest prefix. IPv4 is kept as mapped IPv6.
    Named { base: u128, prefix: u32 },
}

/// The proxies in front of the venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxies {
    networks: Vec<Network>,
    /// Number of proxies in a row, the nearest one included; at least 1.
    pub hops: usize,
    /// Header in which they tell the client's address.
    pub header: ProxyHeader,
}

impl Default for Proxies {
    /// One proxy, on this machine or in a private network.
    fn default() -> Self {
        Self {
            networks: vec![Network::Loopback, Network::Private],
            hops: 1,
            header: ProxyHeader::default(),
        }
    }
}

impl Proxies {
    /// Checks what the operator wrote; `None` is the default.
    ///
    /// # Errors
    /// [`ConfigError`] when an entry is no network, or `hops` isn't from 1 to 16.
    pub fn new(
        networks: Option<&[String]>,
        hops: Option<usize>,
        header: Option<ProxyHeader>,
    ) -> Result<Self, ConfigError> {
        let default = Self::default();
        let hops = hops.unwrap_or(default.hops);
        if !(1..=16).contains(&hops) {
            return Err(ConfigError::Value {
                key: "trusted_hops",
                message: "it is a number from 1 to 16".into(),
            });
        }
        let networks = match networks {
            Some(networks) => networks.iter().map(|text| text.parse()).collect::<Result<_, _>>()?,
            None => default.networks,
        };
        Ok(Self { networks, hops, header: header.unwrap_or_default() })
    }

    /// Returns whether a proxy at `address` is trusted.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// Returns whether `address` is a proxy's by name. Loopback and private addresses in general aren't:
    /// they may be clients'.
    pub fn names(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| matches!(network, Network::Named { .. }) && network.contains(address))
    }
}

/// Tells whether `address` is of this machine or a private network: it may be everybody's behind a proxy that
/// isn't trusted.
pub fn is_local(address: IpAddr) -> bool {
    Network::Loopback.contains(address) || Network::Private.contains(address)
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match (self, address) {
            (Self::Loopback, _) => address.is_loopback(),
            (Self::Private, IpAddr::V4(ip)) => ip.is_private() || ip.is_link_local(),
            (Self::Private, IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local(),
            (Self::Named { base, prefix }, _) => masked(bits(address), prefix) == base,
        }
    }
}

impl FromStr for Network {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        match text {
            "loopback" => return Ok(Self::Loopback),
            "private" => return Ok(Self::Private),
            _ => {}
        }
        let wrong = || ConfigError::Value {
            key: "trusted_proxies",
            message: format!(
                "{text} is none of \"loopback\", \"private\", an address, or a network like 192.0.2.0/24"
            ),
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().ok().filter(|prefix| *prefix <= most),
            None => Some(most),
        };
        let prefix = prefix.ok_or_else(wrong)? + 128 - most;
        Ok(Self::Named { base: masked(bits(address), prefix), prefix })
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The first `prefix` bits of `address`.
fn masked(address: u128, prefix: u32) -> u128 {
    address & u128::MAX.checked_shl(128 - prefix).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(networks: &[&str]) -> Result<Proxies, ConfigError> {
        let networks: Vec<_> = networks.iter().map(ToString::to_string).collect();
        Proxies::new(Some(&networks), None, None)
    }

    #[test]
    fn networks_contain_their_addresses_and_no_others() {
        let trusts = |networks: &[&str], address: &str| {
            proxies(networks).unwrap().trusts(address.parse().unwrap())
        };
        for (network, inside, outside) in [
            ("loopback", "127.0.0.9", "192.0.2.1"),
            ("loopback", "::ffff:127.0.0.1", "::2"),
            ("private", "172.16.0.2", "172.32.0.2"),
            ("private", "fd00::1", "2001:db8::1"),
            ("198.51.100.7", "198.51.100.7", "198.51.100.8"),
            ("198.51.100.0/24", "::ffff:198.51.100.255", "198.51.101.0"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("0.0.0.0/0", "203.0.113.1", "2001:db8::1"),
        ] {
            assert!(trusts(&[network], inside), "{network} {inside}");
            assert!(!trusts(&[network], outside), "{network} {outside}");
        }
        assert!(trusts(&["::/0"], "203.0.113.1"));
        assert!(!trusts(&[], "127.0.0.1"));
        assert!(!Proxies::default().names("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn an_entry_that_is_no_network_is_named() {
        for wrong in ["", "local", "192.0.2.0/33", "192.0.2", "2001:db8::/129", "192.0.2.0/x"] {
            let error = proxies(&[wrong]).unwrap_err().to_string();
            assert!(error.contains("trusted_proxies"), "{error}");
        }
        assert!(Proxies::new(None, Some(0), None).is_err());
    }
}
