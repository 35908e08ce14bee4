//! Signed rights: to enter one show, or to go on its stage.
//!
//! A token is `claims.signature`, both in base64url: the claims as JSON, signed with HMAC-SHA-256 by
//! a key that only this venue has. It is bound to a person and a show, lives for a minute, and each
//! scope that it allows can be used once.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use bandstand_domain::{Millis, PersonId, Secret, ShowId, crowd::ChosenLook};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use rand::RngCore;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::key::VenueKey;

use crate::ids::SessionName;

/// Lifetime of a token, in milliseconds.
pub const LIFE: i64 = Millis::MINUTE;
/// The longest token that is looked at, in bytes.
const MAX_LENGTH: usize = 1024;
/// The most uses that are remembered; each is for [`LIFE`]. Should even more tokens be in use at once, all
/// uses are forgotten: who has a token may then use it twice, and nobody finds the doors shut.
const MAX_USES: usize = 200_000;
/// Prefix of the signed bytes, so that the key's signatures mean nothing anywhere else.
const CONTEXT: &[u8] = b"bandstand right 1\0";

/// Use of a token that a caller asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Follow the show on the live channel, and stand in its crowd.
    Channel,
    /// Get its picture and sound.
    Watch,
    /// Go on its stage.
    Publish,
    /// Send sound and picture to its rehearsal.
    Rehearse,
    /// Get the sound and picture of its rehearsal.
    WatchRehearsal,
    /// See it from the door.
    Look,
}

/// Kind of right that a token gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grant {
    /// Entering: [`Scope::Channel`] and [`Scope::Watch`].
    Join,
    /// The stage: [`Scope::Publish`].
    Stage,
    /// A rehearsal: [`Scope::Rehearse`] and [`Scope::WatchRehearsal`]. Good for nothing that an audience
    /// has part in, as no other grant is good for a rehearsal.
    Rehearsal,
    /// The door: [`Scope::Look`]. For anybody, who then is nobody's person.
    Door,
}

impl Grant {
    fn allows(self, scope: Scope) -> bool {
        match self {
            Self::Join => matches!(scope, Scope::Channel | Scope::Watch),
            Self::Stage => matches!(scope, Scope::Publish),
            Self::Rehearsal => matches!(scope, Scope::Rehearse | Scope::WatchRehearsal),
            Self::Door => matches!(scope, Scope::Look),
        }
    }
}

/// Claims that a token makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Person who has the right.
    pub person: PersonId,
    /// Name of the person at the show.
    pub name: String,
    /// Show for which the right is good.
    pub show: ShowId,
    /// Kind of right; called `right` in the token.
    #[serde(rename = "right")]
    pub grant: Grant,
    /// True if the person is the show's artist.
    pub artist: bool,
    /// The name of the session that asked. What is opened with the token ends with it.
    pub session: SessionName,
    /// Look of the person's figure, if they chose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<ChosenLook>,
}

#[derive(Serialize, Deserialize)]
struct Signed {
    #[serde(flatten)]
    claims: Claims,
    expires_at: Millis,
    nonce: String,
}

/// Reason to refuse a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// Not made by this venue, or damaged.
    Invalid,
    /// Too old.
    Expired,
    /// Good for something else: another show, another scope.
    Elsewhere,
    /// Used before.
    Used,
}

/// Makes tokens and takes them back.
pub struct Tokens {
    key: VenueKey,
    /// Since when uses are remembered, in milliseconds: what was issued before may have been used. Moved
    /// back with the clock, or nothing would be taken until it is there again.
    since: AtomicI64,
    used: Mutex<HashMap<(String, Scope), Millis>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl Tokens {
    /// Tokens signed with the venue's key. Those from before `now` are not taken: nobody knows any more
    /// whether they were used.
    pub fn new(key: VenueKey, now: Millis) -> Self {
        Self { key, since: AtomicI64::new(now.0), used: Mutex::default() }
    }

    /// A token for `claims`, good until [`LIFE`] from `now`.
    pub fn issue(&self, claims: Claims, now: Millis) -> Secret {
        self.since.fetch_min(now.0, Ordering::Relaxed);
        let mut nonce = [0; 16];
        rand::rng().fill_bytes(&mut nonce);
        let signed =
            Signed { claims, expires_at: now.plus(LIFE), nonce: URL_SAFE_NO_PAD.encode(nonce) };
        // Strings and numbers alone: this can't fail.
        let text = serde_json::to_vec(&signed).unwrap_or_default();
        let signature = self.mac(&text).finalize().into_bytes();
        Secret::new(format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(text),
            URL_SAFE_NO_PAD.encode(signature)
        ))
    }

    /// Returns the claims of `token`, when it is genuine and fresh and allows `scope` at `show`.
    ///
    /// # Errors
    /// [`TokenError`]; the token can then still be used for what it is good for.
    pub fn check(
        &self,
        token: &str,
        scope: Scope,
        show: ShowId,
        now: Millis,
    ) -> Result<Claims, TokenError> {
        self.open_token(token, scope, show, now).map(|signed| signed.claims)
    }

    /// Like [`Tokens::check`], and uses the token up for this scope.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn redeem(
        &self,
        token: &str,
        scope: Scope,
        show: ShowId,
        now: Millis,
    ) -> Result<Claims, TokenError> {
        let signed = self.open_token(token, scope, show, now)?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (signed.nonce, scope);
        if used.contains_key(&key) {
            return Err(TokenError::Used);
        }
        if used.len() >= MAX_USES {
            used.retain(|_, expires_at| *expires_at > now);
            if used.len() >= MAX_USES {
                used.clear();
            }
        }
        used.insert(key, signed.expires_at);
        Ok(signed.claims)
    }

    /// Makes a token that was redeemed good for this scope once more.
    pub fn give_back(&self, token: &str, scope: Scope, show: ShowId, now: Millis) {
        if let Ok(signed) = self.open_token(token, scope, show, now) {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.remove(&(signed.nonce, scope));
        }
    }

    /// Forgets uses of tokens that have expired.
    pub fn forget_expired(&self, now: Millis) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, expires_at| *expires_at > now);
    }

    fn since(&self) -> Millis {
        Millis(self.since.load(Ordering::Relaxed))
    }

    fn open_token(
        &self,
        token: &str,
        scope: Scope,
        show: ShowId,
        now: Millis,
    ) -> Result<Signed, TokenError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::Invalid);
        }
        let (text, signature) = token.split_once('.').ok_or(TokenError::Invalid)?;
        let text = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Invalid)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Invalid)?;
        // Compares in constant time.
        self.mac(&text).verify_slice(&signature).map_err(|_| TokenError::Invalid)?;
        let signed: Signed = serde_json::from_slice(&text).map_err(|_| TokenError::Invalid)?;
        if signed.expires_at <= now || signed.expires_at < self.since().plus(LIFE) {
            return Err(TokenError::Expired);
        }
        if signed.claims.show != show || !signed.claims.grant.allows(scope) {
            return Err(TokenError::Elsewhere);
        }
        Ok(signed)
    }

    fn mac(&self, text: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.key.mac(CONTEXT);
        mac.update(text);
        mac
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::ShowId;

    use super::*;

    const NOW: Millis = Millis(1_000_000);

    fn show(number: u128) -> ShowId {
        ShowId(uuid::Uuid::from_u128(number))
    }

    fn claims(grant: Grant) -> Claims {
        let person = PersonId::new("ada");
        Claims {
            person,
            name: "Ada".into(),
            show: show(1),
            grant,
            artist: false,
            session: SessionName::new("s"),
            look: None,
        }
    }

    #[test]
    fn each_purpose_is_good_once_and_only_where_it_was_given() {
        let tokens = Tokens::new(VenueKey::of([7; 32]), NOW);
        let token = tokens.issue(claims(Grant::Join), NOW);
        let redeem = |scope, show| tokens.redeem(token.reveal(), scope, show, NOW);
        assert_eq!(redeem(Scope::Channel, show(2)), Err(TokenError::Elsewhere));
        assert_eq!(redeem(Scope::Publish, show(1)), Err(TokenError::Elsewhere));
        assert_eq!(redeem(Scope::Channel, show(1)), Ok(claims(Grant::Join)));
        assert_eq!(redeem(Scope::Channel, show(1)), Err(TokenError::Used));
        assert_eq!(redeem(Scope::Watch, show(1)), Ok(claims(Grant::Join)));
        tokens.give_back(token.reveal(), Scope::Watch, show(1), NOW);
        assert_eq!(redeem(Scope::Channel, show(1)), Err(TokenError::Used));
        assert_eq!(redeem(Scope::Watch, show(1)), Ok(claims(Grant::Join)));
        assert_eq!(redeem(Scope::Watch, show(1)), Err(TokenError::Used));
    }

    #[test]
    fn a_rehearsal_and_an_audience_have_no_scope_in_common() {
        let tokens = Tokens::new(VenueKey::of([7; 32]), NOW);
        let allowed = |grant, scope| {
            let token = tokens.issue(claims(grant), NOW);
            tokens.redeem(token.reveal(), scope, show(1), NOW).is_ok()
        };
        for scope in [Scope::Channel, Scope::Watch, Scope::Publish] {
            assert!(!allowed(Grant::Rehearsal, scope), "{scope:?}");
        }
        for scope in [Scope::Rehearse, Scope::WatchRehearsal] {
            assert!(allowed(Grant::Rehearsal, scope), "{scope:?}");
            assert!(!allowed(Grant::Join, scope) && !allowed(Grant::Stage, scope), "{scope:?}");
        }
    }

    #[test]
    fn a_token_dies_after_a_minute_and_cannot_be_changed() {
        let tokens = Tokens::new(VenueKey::of([7; 32]), NOW);
        let token = tokens.issue(claims(Grant::Stage), NOW);
        let check = |tokens: &Tokens, token: &str, now| {
            tokens.check(token, Scope::Publish, show(1), now).map(|_| ())
        };
        assert_eq!(check(&tokens, token.reveal(), NOW.plus(LIFE - 1)), Ok(()));
        assert_eq!(check(&tokens, token.reveal(), NOW.plus(LIFE)), Err(TokenError::Expired));
        let other = Tokens::new(VenueKey::of([8; 32]), NOW);
        assert_eq!(check(&other, token.reveal(), NOW), Err(TokenError::Invalid));
        let (text, signature) = token.reveal().split_once('.').unwrap();
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
        let forged = URL_SAFE_NO_PAD.encode(text.replace("ada", "eve"));
        let forged = format!("{forged}.{signature}");
        assert_eq!(check(&tokens, &forged, NOW), Err(TokenError::Invalid));
        assert_eq!(check(&tokens, "", NOW), Err(TokenError::Invalid));
    }

    #[test]
    fn a_token_from_before_a_restart_is_not_taken_again() {
        let tokens = Tokens::new(VenueKey::of([7; 32]), NOW);
        let token = tokens.issue(claims(Grant::Join), NOW);
        let redeem = |tokens: &Tokens, token: &Secret| {
            tokens.redeem(token.reveal(), Scope::Watch, show(1), NOW.plus(10)).map(|_| ())
        };
        assert_eq!(redeem(&tokens, &token), Ok(()));
        let tokens = Tokens::new(VenueKey::of([7; 32]), NOW.plus(5));
        assert_eq!(redeem(&tokens, &token), Err(TokenError::Expired));
        let token = tokens.issue(claims(Grant::Join), NOW.plus(5));
        assert_eq!(redeem(&tokens, &token), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_shuts_no_door() {
        let tokens = Tokens::new(VenueKey::of([7; 32]), NOW.plus(Millis::HOUR));
        let token = tokens.issue(claims(Grant::Join), NOW);
        assert!(tokens.redeem(token.reveal(), Scope::Watch, show(1), NOW.plus(10)).is_ok());
    }

    #[test]
    fn many_uses_at_once_shut_no_door() {
        let tokens = Tokens::new(VenueKey::of([7; 32]), NOW);
        let full = (0..MAX_USES).map(|it| ((it.to_string(), Scope::Watch), NOW.plus(LIFE)));
        tokens.used.lock().unwrap().extend(full);
        let token = tokens.issue(claims(Grant::Join), NOW);
        let redeem = || tokens.redeem(token.reveal(), Scope::Watch, show(1), NOW).map(|_| ());
        assert_eq!(redeem(), Ok(()));
        assert_eq!(redeem(), Err(TokenError::Used));
    }

    #[test]
    fn the_key_is_made_once_for_its_owner_alone_and_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        let first = Tokens::new(VenueKey::open(folder.path()).unwrap(), NOW);
        let token = first.issue(claims(Grant::Join), NOW);
        let second = Tokens::new(VenueKey::open(folder.path()).unwrap(), NOW);
        assert!(second.check(token.reveal(), Scope::Watch, show(1), NOW).is_ok());
        assert_eq!(format!("{second:?} {token:?}"), "Tokens(…) Secret(…)");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join("secret.key")).unwrap().permissions();
            assert_eq!(mode.mode() & 0o777, 0o600);
        }
        std::fs::write(folder.path().join("secret.key"), "short").unwrap();
        assert!(VenueKey::open(folder.path()).is_err());
    }
}
