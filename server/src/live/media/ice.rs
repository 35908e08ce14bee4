//! What clients are told of their ways to the media core: its candidates, and the operator's STUN and TURN
//! servers.

use std::net::IpAddr;

use bandstand_domain::Millis;
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::config::IceServers;

/// How long the password for a TURN server is good, in milliseconds: longer than any show.
const TURN_LIFE: i64 = 24 * Millis::HOUR;

/// The `Link` headers that name the operator's STUN and TURN servers (RFC 9725 section 4.6).
///
/// The password for TURN is made for each session and runs out, so that nobody gets one that could be
/// passed on: the user name is its end in seconds and a random part, the password the HMAC-SHA-1 of the
/// user name by the secret that the venue shares with the TURN server (coturn's `use-auth-secret`).
pub fn links(servers: &IceServers, now: Millis) -> Vec<String> {
    let ends = now.plus(TURN_LIFE).0 / Millis::SECOND;
    let link = |address: &String| match &servers.turn_secret {
        Some(secret) if address.starts_with("turn") => {
            let name = format!("{ends}:{:08x}", rand::random::<u32>());
            let password = password(secret.reveal(), &name);
            format!(
                "<{address}>; rel=\"ice-server\"; username=\"{name}\"; credential=\"{password}\"; \
                 credential-type=\"password\""
            )
        }
        _ => format!("<{address}>; rel=\"ice-server\""),
    };
    servers.addresses.iter().map(link).collect()
}

/// An answer or a fragment as `client` can use it: a candidate at a loopback address is for who is on this
/// machine, too (RFC 8445 section 5.1.1.1), unless there is no other. Browsers ask people for leave before they
/// try it, and some programs try the first one alone.
pub fn candidates_for(client: IpAddr, sdp: String) -> String {
    let address = |line: &str| -> Option<IpAddr> {
        line.strip_prefix("a=candidate:")?.split(' ').nth(4)?.parse().ok()
    };
    let is_here = |line: &str| address(line).is_some_and(|it| it.is_loopback());
    let others = sdp.lines().filter_map(address).any(|it| !it.is_loopback());
    if client.to_canonical().is_loopback() || !others {
        return sdp;
    }
    sdp.split_inclusive('\n').filter(|line| !is_here(line)).collect()
}

#[allow(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn password(secret: &str, name: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("any length is right");
    mac.update(name.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use bandstand_domain::accounts::Secret;

    use super::*;

    #[test]
    fn a_turn_password_is_made_as_the_turn_server_makes_it() {
        // By `openssl dgst -sha1 -hmac secret -binary | base64`.
        assert_eq!(password("secret", "1700000000:0000002a"), "R82arN5a/3cVeBJt5ShGpIn8sDc=");
        let servers = IceServers {
            addresses: vec!["stun:a.example".into(), "turn:b.example?transport=tcp".into()],
            turn_secret: Some(Secret::new("secret")),
        };
        let links = links(&servers, Millis(0));
        assert_eq!(links[0], "<stun:a.example>; rel=\"ice-server\"");
        let turn = "<turn:b.example?transport=tcp>; rel=\"ice-server\"; username=\"86400:";
        assert!(links[1].starts_with(turn), "{}", links[1]);
    }

    #[test]
    fn loopback_candidates_are_for_this_machine_unless_there_are_no_others() {
        let here = "a=candidate:1 1 udp 2122260223 127.0.0.1 3478 typ host\r\n\
                    a=candidate:2 1 tcp 1518280447 ::1 3478 typ host tcptype passive\r\n";
        let out = "a=candidate:3 1 udp 2122194687 192.0.2.7 3478 typ host\r\n";
        let [before, after] = ["m=audio 9 x 111\r\n", "a=end-of-candidates\r\n"];
        let all = format!("{before}{out}{here}{after}");
        let told =
            |client: &str, sdp: &str| candidates_for(client.parse().unwrap(), sdp.to_owned());
        for near in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(told(near, &all), all);
        }
        for far in ["203.0.113.9", "192.168.1.2", "2001:db8::1"] {
            assert_eq!(told(far, &all), format!("{before}{out}{after}"));
        }
        let alone = format!("{before}{here}{after}");
        assert_eq!(told("203.0.113.9", &alone), alone);
    }
}
