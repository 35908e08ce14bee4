//! Tokens of personal addresses, by which a player hears one show as somebody whom the venue knows.
//!
//! A token is the name of a player's session and a MAC over it and the show, both in base64url. It is kept nowhere:
//! shown again, it is made again, and what the database holds makes none without the venue's key. A token that got
//! about opens the one show that it was made for.

use bandstand_domain::{Secret, ShowId};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::key::VenueKey;
use crate::ids::SessionName;

/// Prefix of the signed bytes, so that the key's MACs mean nothing anywhere else.
const CONTEXT: &[u8] = b"bandstand listening 1\0";
/// Bytes of the MAC that a token has, of 32 (RFC 2104 section 5).
const MAC_BYTES: usize = 16;
/// Characters of either half: 128 bits each.
const HALF: usize = 22;

/// Makes tokens and takes them back.
#[derive(Debug)]
pub struct ListeningTokens(VenueKey);

impl ListeningTokens {
    /// Tokens of the venue with this key.
    pub fn new(key: VenueKey) -> Self {
        Self(key)
    }

    /// The token of the player's session `name` at `show`, always the same.
    pub fn token(&self, name: &SessionName, show: ShowId) -> Secret {
        let mac = self.mac(name.as_str(), show).finalize().into_bytes();
        Secret::new(format!("{}{}", name.as_str(), URL_SAFE_NO_PAD.encode(&mac[..MAC_BYTES])))
    }

    /// The name of the player's session to which `token` belongs, when it was made for `show`.
    pub fn session(&self, token: &str, show: ShowId) -> Option<SessionName> {
        if token.len() != 2 * HALF || !token.is_ascii() {
            return None;
        }
        let (name, mac) = token.split_at(HALF);
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        // Compares in constant time.
        self.mac(name, show).verify_truncated_left(&mac).ok()?;
        Some(SessionName::new(name))
    }

    fn mac(&self, name: &str, show: ShowId) -> Hmac<Sha256> {
        let mut mac = self.0.mac(CONTEXT);
        mac.update(name.as_bytes());
        mac.update(show.0.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::random;

    #[test]
    fn a_token_is_good_for_its_show_at_its_venue_alone() {
        let tokens = ListeningTokens::new(VenueKey::of([7; 32]));
        let (name, show) = (SessionName::new(random::secret()), ShowId(uuid::Uuid::from_u128(1)));
        let token = tokens.token(&name, show);
        assert_eq!(token, tokens.token(&name, show));
        assert_eq!(tokens.session(token.reveal(), show), Some(name.clone()));
        let other = ShowId(uuid::Uuid::from_u128(2));
        assert_eq!(tokens.session(token.reveal(), other), None);
        let elsewhere = ListeningTokens::new(VenueKey::of([8; 32]));
        assert_eq!(elsewhere.session(token.reveal(), show), None);
        let another = tokens.token(&SessionName::new(random::secret()), show);
        let mixed = format!("{}{}", &token.reveal()[..HALF], &another.reveal()[HALF..]);
        for wrong in ["", &mixed, &token.reveal()[1..], name.as_str(), &"ä".repeat(HALF)] {
            assert_eq!(tokens.session(wrong, show), None, "{wrong}");
        }
    }

    /// Made by OpenSSL: another token would void every address that somebody has put into a radio.
    #[test]
    fn what_was_put_into_a_radio_goes_on() {
        let tokens = ListeningTokens::new(VenueKey::of([7; 32]));
        let name = SessionName::new("AAECAwQFBgcICQoLDA0ODw");
        let show = ShowId(uuid::Uuid::from_u128(0x3d81_3cbb_47fb_42ba_91df_831e_1593_ac29));
        let token = tokens.token(&name, show);
        assert_eq!(token.reveal(), "AAECAwQFBgcICQoLDA0ODwRcZuzQMEYiNFe9cPNaa32A");
    }
}
