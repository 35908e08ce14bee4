//! The STUN and TURN servers that clients are told of over HTTP.

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
}
