//! ICE servers (STUN and TURN) of the operator, and candidates, as clients are told of them.

use std::net::IpAddr;

use bandstand_domain::{Millis, Secret};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use serde_json::json;
use sha1::Sha1;

use crate::config::IceServers;

/// Lifetime of the credentials for a TURN server, in milliseconds: longer than any show.
const TURN_LIFE: i64 = 24 * Millis::HOUR;

/// A user name and a password for the TURN servers.
///
/// The password is made for each session and runs out, so that nobody gets one that could be passed on:
/// the user name is its end in seconds and a random part, the password the HMAC-SHA-1 of the user name by
/// the secret that the venue shares with the TURN server (coturn's `use-auth-secret`).
fn turn_login(secret: &Secret, now: Millis) -> (String, String) {
    let ends = now.plus(TURN_LIFE).0 / Millis::SECOND;
    let name = format!("{ends}:{:08x}", rand::random::<u32>());
    let password = password(secret.reveal(), &name);
    (name, password)
}

/// The `Link` headers that name the operator's STUN and TURN servers (RFC 9725 section 4.6).
pub fn links(servers: &IceServers, now: Millis) -> Vec<String> {
    let login = servers.turn_secret.as_ref().map(|secret| turn_login(secret, now));
    let link = |address: &String| match &login {
        Some((name, password)) if address.starts_with("turn") => format!(
            "<{address}>; rel=\"ice-server\"; username=\"{name}\"; credential=\"{password}\"; \
             credential-type=\"password\""
        ),
        _ => format!("<{address}>; rel=\"ice-server\""),
    };
    servers.addresses.iter().map(link).collect()
}

/// The operator's STUN and TURN servers for the venue's own pages: an `RTCConfiguration` (W3C WebRTC) as
/// JSON, which browsers take as it is; none where there are no servers.
pub fn configuration(servers: &IceServers, now: Millis) -> Option<Secret> {
    if servers.addresses.is_empty() {
        return None;
    }
    let (turn, stun): (Vec<_>, Vec<_>) =
        servers.addresses.iter().partition(|address| address.starts_with("turn"));
    let mut list = Vec::new();
    if !stun.is_empty() {
        list.push(json!({ "urls": stun }));
    }
    if let Some(secret) = servers.turn_secret.as_ref().filter(|_| !turn.is_empty()) {
        let (username, credential) = turn_login(secret, now);
        list.push(json!({ "urls": turn, "username": username, "credential": credential }));
    }
    Some(Secret::new(json!({ "iceServers": list }).to_string()))
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
    fn pages_get_the_servers_as_browsers_take_them() {
        let configured = |addresses: &[&str]| {
            let addresses = addresses.iter().map(|it| (*it).to_owned()).collect();
            let servers = IceServers { addresses, turn_secret: Some(Secret::new("secret")) };
            configuration(&servers, Millis(0))
                .map(|it| serde_json::from_str::<serde_json::Value>(it.reveal()).unwrap())
        };
        assert_eq!(configured(&[]), None);
        let stun = json!({ "iceServers": [{ "urls": ["stun:a.example"] }] });
        assert_eq!(configured(&["stun:a.example"]), Some(stun));
        let both = configured(&["turn:b.example", "stun:a.example", "turns:c.example"]).unwrap();
        let turn = &both["iceServers"][1];
        assert_eq!(turn["urls"], json!(["turn:b.example", "turns:c.example"]));
        let name = turn["username"].as_str().unwrap();
        assert!(name.starts_with("86400:"));
        assert_eq!(turn["credential"], password("secret", name));
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
