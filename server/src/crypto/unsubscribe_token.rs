//! Tokens of links that switch off an account's mails about notifications, without logging in (RFC 8058).
//!
//! A token is the identity of the account's inbox and a MAC over it, both in base64url. It is kept nowhere, and good
//! for as long as the inbox is: mails are read late.

use bandstand_domain::notifications::InboxId;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::key::VenueKey;

/// Prefix of the signed bytes, so that the key's MACs mean nothing anywhere else.
const CONTEXT: &[u8] = b"bandstand unsubscribe 1\0";
/// Bytes of either half.
const HALF: usize = 16;

/// Makes tokens and takes them back.
#[derive(Debug)]
pub struct UnsubscribeTokens(VenueKey);

impl UnsubscribeTokens {
    /// Tokens of the venue with this key.
    pub fn new(key: VenueKey) -> Self {
        Self(key)
    }

    /// The token of an inbox, always the same.
    pub fn token(&self, inbox: InboxId) -> String {
        let mac = self.mac(inbox.0.as_bytes()).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([inbox.0.as_bytes(), &mac[..HALF]].concat())
    }

    /// The inbox to which a token belongs.
    pub fn inbox(&self, token: &str) -> Option<InboxId> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == 2 * HALF)?;
        let (inbox, mac) = bytes.split_at(HALF);
        // Compares in constant time.
        self.mac(inbox).verify_truncated_left(mac).ok()?;
        Uuid::from_slice(inbox).ok().map(InboxId)
    }

    fn mac(&self, inbox: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.mac(CONTEXT);
        mac.update(inbox);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_good_for_its_inbox_at_its_venue_alone() {
        let tokens = UnsubscribeTokens::new(VenueKey::of([7; 32]));
        let [one, other] = [1, 2].map(|number| InboxId(Uuid::from_u128(number << 96)));
        let token = tokens.token(one);
        assert_eq!((token.len(), tokens.inbox(&token)), (43, Some(one)));
        let elsewhere = UnsubscribeTokens::new(VenueKey::of([8; 32]));
        assert_eq!(elsewhere.inbox(&token), None);
        let mixed = format!("{}{}", &tokens.token(other)[..21], &token[21..]);
        for wrong in ["", &mixed, &token[1..], &"A".repeat(43), &"ä".repeat(22)] {
            assert_eq!(tokens.inbox(wrong), None, "{wrong}");
        }
    }
}
