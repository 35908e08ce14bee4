//! Servers by which clients may find their way to the media core.

use bandstand_domain::Secret;

use super::ConfigError;

/// STUN and TURN servers that clients may go by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IceServers {
    /// Their addresses (RFC 7064, RFC 7065), such as `turn:turn.example.org?transport=tcp`.
    pub addresses: Vec<String>,
    /// Secret that the venue shares with the TURN servers, to make passwords with.
    pub turn_secret: Option<Secret>,
}

impl IceServers {
    /// Checks what the operator wrote.
    ///
    /// # Errors
    /// [`ConfigError`] when an address is none of a STUN or TURN server, or the secret for TURN is missing.
    pub fn new(addresses: Vec<String>, turn_secret: Option<Secret>) -> Result<Self, ConfigError> {
        for address in &addresses {
            let (scheme, rest) = address.split_once(':').unwrap_or_default();
            let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '\\');
            if !matches!(scheme, "stun" | "stuns" | "turn" | "turns")
                || rest.is_empty()
                || !rest.chars().all(plain)
            {
                return Err(ConfigError::Value {
                    key: "ice_servers",
                    message: format!("{address} doesn't look like stun:host or turn:host:port"),
                });
            }
            if scheme.starts_with("turn") && turn_secret.is_none() {
                return Err(ConfigError::Value {
                    key: "turn_secret",
                    message: "a TURN server needs the secret that it shares with the venue".into(),
                });
            }
        }
        Ok(Self { addresses, turn_secret })
    }
}
