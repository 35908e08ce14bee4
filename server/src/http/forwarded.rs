//! The client's address, where proxies tell it.
//!
//! Entries of `X-Forwarded-For` follow no standard: with or without a port, IPv6 in brackets or not,
//! sometimes in quotes. `Forwarded` is RFC 7239's. Both are read from the end, which the nearest proxy
//! wrote: what stands before the proxies' own entries may be made up.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Once,
};

use axum::http::HeaderMap;

use crate::config::{Config, Proxies, ProxyHeader};

/// Origin of a request, by its peer and by what proxies tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The peer: no proxy stands in front, or this request didn't come through it.
    Peer,
    /// The client that the proxies tell of.
    Client(IpAddr),
    /// A proxy says something that can't be read.
    Unreadable,
    /// The header comes from an address that isn't a trusted proxy's.
    Untrusted,
}

/// The address by which a request is counted: the client's where trusted proxies tell it, else the
/// peer's. What keeps it from being known is said once in the log, because then all people share one
/// address and its limits.
pub fn client_address(config: &Config, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    if !config.trusted_proxy {
        return peer;
    }
    static UNREADABLE: Once = Once::new();
    static UNTRUSTED: Once = Once::new();
    match origin(&config.proxies, peer, headers) {
        Origin::Peer => peer,
        Origin::Client(address) => address,
        Origin::Unreadable => {
            UNREADABLE.call_once(|| {
                tracing::warn!(
                    header = name(config.proxies.header),
                    "the proxy's header can't be read: everybody who comes through it shares the limits \
                     of one address; see trusted_proxies, trusted_hops and proxy_header"
                );
            });
            peer
        }
        Origin::Untrusted => {
            UNTRUSTED.call_once(|| {
                tracing::warn!(
                    header = name(config.proxies.header),
                    "a proxy's header came from an address that isn't in trusted_proxies, and isn't \
                     believed; if that is a proxy of yours, name it there"
                );
            });
            peer
        }
    }
}

const fn name(header: ProxyHeader) -> &'static str {
    match header {
        ProxyHeader::XForwardedFor => "x-forwarded-for",
        ProxyHeader::Forwarded => "forwarded",
    }
}

/// Finds the origin of a request from `peer` with `headers`.
fn origin(proxies: &Proxies, peer: IpAddr, headers: &HeaderMap) -> Origin {
    let name = name(proxies.header);
    if !headers.contains_key(name) {
        return Origin::Peer;
    }
    if !proxies.trusts(peer) {
        return Origin::Untrusted;
    }
    // Several fields of one name are one list (RFC 9110 section 5.3).
    let mut entries = headers
        .get_all(name)
        .iter()
        .rev()
        .flat_map(|value| value.to_str().unwrap_or_default().rsplit(',').map(str::trim));
    let mut known = None;
    for hop in 1.. {
        let Some(entry) = entries.next() else { break };
        let address = match proxies.header {
            ProxyHeader::XForwardedFor => address(entry),
            ProxyHeader::Forwarded => parameter(entry).and_then(address),
        };
        // A proxy that hides the client's name has told of it what it wants to.
        let Some(address) = address else {
            return known.map_or(Origin::Unreadable, Origin::Client);
        };
        known = Some(address);
        if hop >= proxies.hops && !proxies.names(address) {
            break;
        }
    }
    known.map_or(Origin::Unreadable, Origin::Client)
}

/// The value of an element's `for` parameter (RFC 7239 section 5.2).
fn parameter(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        key.eq_ignore_ascii_case("for").then_some(value)
    })
}

/// An address as proxies write it: with or without a port, IPv6 with or without brackets, perhaps in
/// quotes, perhaps with a zone.
fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim_matches(['"', ' ', '\t']);
    let bare = match entry.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => entry,
    };
    let bare = bare.split_once('%').map_or(bare, |(address, _)| address);
    let parsed = bare.parse().or_else(|_| bare.parse().map(|it: SocketAddr| it.ip()));
    parsed.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn origin_of(proxies: &Proxies, peer: &str, values: &[&str]) -> Origin {
        let header = HeaderName::from_static(name(proxies.header));
        let headers = values.iter().map(|value| (header.clone(), value.parse().unwrap())).collect();
        origin(proxies, peer.parse().unwrap(), &headers)
    }

    fn client(address: &str) -> Origin {
        Origin::Client(address.parse().unwrap())
    }

    #[test]
    fn an_entry_is_read_in_each_form_that_proxies_write() {
        let proxies = Proxies::default();
        for (value, expected) in [
            ("203.0.113.5", "203.0.113.5"),
            ("203.0.113.5:4711", "203.0.113.5"),
            ("2001:db8::5", "2001:db8::5"),
            ("[2001:db8::5]", "2001:db8::5"),
            ("[2001:db8::5]:4711", "2001:db8::5"),
            ("\"[2001:db8::5]:4711\"", "2001:db8::5"),
            ("\"198.51.100.9, 203.0.113.5\"", "203.0.113.5"),
            ("::ffff:203.0.113.5", "203.0.113.5"),
            ("fe80::1%eth0", "fe80::1"),
            ("made up, 203.0.113.5:4711", "203.0.113.5"),
        ] {
            assert_eq!(origin_of(&proxies, "127.0.0.1", &[value]), client(expected), "{value}");
        }
        let two = ["192.0.2.1", "192.0.2.2, 203.0.113.5"];
        assert_eq!(origin_of(&proxies, "10.0.0.1", &two), client("203.0.113.5"));
        for value in ["", "unknown", "203.0.113.5, unknown", "_hidden", "[2001:db8::5", "a:b"] {
            assert_eq!(origin_of(&proxies, "::1", &[value]), Origin::Unreadable, "{value}");
        }
        assert_eq!(origin_of(&proxies, "127.0.0.1", &[]), Origin::Peer);
        assert_eq!(origin_of(&proxies, "203.0.113.80", &["192.0.2.1"]), Origin::Untrusted);
    }

    #[test]
    fn a_chain_is_followed_by_its_length_or_by_its_networks() {
        let chain = ["192.0.2.66, 203.0.113.5, 198.51.100.1"];
        let of = |networks: Option<&[String]>, hops| {
            let proxies = Proxies::new(networks, hops, None).unwrap();
            origin_of(&proxies, "127.0.0.1", &chain)
        };
        assert_eq!(of(None, None), client("198.51.100.1"));
        assert_eq!(of(None, Some(2)), client("203.0.113.5"));
        let named = ["loopback".to_owned(), "198.51.100.0/24".to_owned()];
        assert_eq!(of(Some(&named), None), client("203.0.113.5"));
        // Nobody in a private network passes for a proxy by their address alone.
        let private = origin_of(&Proxies::default(), "127.0.0.1", &["192.0.2.66, 10.0.0.7"]);
        assert_eq!(private, client("10.0.0.7"));
        // A chain that is shorter than it should be came past the first proxies.
        let proxies = Proxies::new(None, Some(3), None).unwrap();
        assert_eq!(origin_of(&proxies, "127.0.0.1", &["203.0.113.5"]), client("203.0.113.5"));
    }

    #[test]
    fn the_standard_header_is_read_where_it_is_chosen() {
        let proxies = Proxies::new(None, None, Some(ProxyHeader::Forwarded)).unwrap();
        for value in [
            "for=203.0.113.5;proto=https;by=192.0.2.43",
            "for=192.0.2.66, proto=https; For=\"203.0.113.5:4711\"",
        ] {
            assert_eq!(origin_of(&proxies, "127.0.0.1", &[value]), client("203.0.113.5"));
        }
        let v6 = origin_of(&proxies, "127.0.0.1", &["for=\"[2001:db8:cafe::17]:4711\""]);
        assert_eq!(v6, client("2001:db8:cafe::17"));
        for hidden in ["for=unknown", "for=_gazonk", "proto=https"] {
            assert_eq!(origin_of(&proxies, "127.0.0.1", &[hidden]), Origin::Unreadable, "{hidden}");
        }
    }
}
