//! Passwords: argon2id with OWASP's parameters, a few at a time.

use std::{error::Error, num::NonZero, sync::Arc, thread::available_parallelism};

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{SaltString, rand_core::OsRng},
};
use bandstand_domain::{FieldErrors, Refusal, Secret, accounts::AccountError, text};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};
use unicode_normalization::UnicodeNormalization;

use super::secret_hash::SecretHash;

/// The most that wait for their turn; a hash takes some 20 ms.
const MAX_WAITING: usize = 256;

/// Hashes passwords off the threads that serve requests, at most one at a time per two cores. So a flood
/// of log-ins neither fills the memory (19 MiB each) nor holds up the music.
#[derive(Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    nobodys: SecretHash,
}

/// Number of passwords that are hashed at the same time: half the cores, rounded up.
fn turns() -> u32 {
    let cores = available_parallelism().map_or(1, NonZero::get);
    u32::try_from(cores.div_ceil(2)).unwrap_or(u32::MAX)
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(turns() as usize)),
            places: Arc::new(Semaphore::new(MAX_WAITING)),
            nobodys: hash(&Secret::new("nobody's")).unwrap_or_default(),
        }
    }
}

impl Passwords {
    /// The hash of a new password, as a PHC string.
    ///
    /// # Errors
    /// `TooMany` when too many callers wait, `Broken`.
    pub async fn hash<E: Error>(&self, password: &Secret) -> Result<SecretHash, Refusal<E>> {
        let password = password.clone();
        self.take_turn(move || hash(&password)).await?.ok_or(Refusal::Broken)
    }

    /// Compares `password` with `known`, a PHC string; takes as long when there is none.
    ///
    /// # Errors
    /// `TooMany` when too many callers wait, `Broken`.
    pub async fn verify<E: Error>(
        &self,
        password: &Secret,
        known: Option<SecretHash>,
    ) -> Result<Verdict, Refusal<E>> {
        let password = password.clone();
        let exists = known.is_some();
        let known = known.unwrap_or_else(|| self.nobodys.clone());
        let verdict = self.take_turn(move || verify(&password, &known)).await?;
        Ok(if exists { verdict } else { Verdict::Wrong })
    }

    /// Complains about `field` when `password` is among the first that would be guessed: the common
    /// ones, simple patterns, and `words` that stand for the person.
    ///
    /// # Errors
    /// The complaint; or when too many wait.
    pub async fn check_strength(
        &self,
        field: &str,
        password: &Secret,
        words: &[&str],
    ) -> Result<(), AccountError> {
        let password = password.clone();
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        if self.take_turn(move || is_guessed(&password, &words)).await? {
            return Err(FieldErrors::one(field, text!(server.accounts.guessed)).into());
        }
        Ok(())
    }

    /// Takes all turns: what would be hashed waits until this is dropped.
    pub async fn hold(&self) -> Option<OwnedSemaphorePermit> {
        self.turns.clone().acquire_many_owned(turns()).await.ok()
    }

    /// Number of callers that wait for their turn, or have it.
    pub fn waiting(&self) -> usize {
        MAX_WAITING - self.places.available_permits()
    }

    async fn take_turn<T: Send + 'static, E: Error>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal<E>> {
        let place = self
            .places
            .clone()
            .try_acquire_owned()
            .map_err(|_| Refusal::TooMany { retry_after: 5 })?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Refusal::Broken)?;
        // The place and the turn are held by the work, which goes on when the request is gone.
        spawn_blocking(move || {
            let done = work();
            drop((place, turn));
            done
        })
        .await
        .map_err(|_| Refusal::Broken)
    }
}

/// Outcome of comparing a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is another one.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, as it was typed and not as [`prepared`]: an earlier version hashed it.
    RightAsTyped,
}

/// A password as it is hashed, whatever keyboard it comes from: every space is U+0020, and what can be
/// written with one character or several is in one form (RFC 8265, section 4.2: OpaqueString).
fn prepared(password: &Secret) -> String {
    let is_space = |c| {
        matches!(
            c,
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
        )
    };
    password.reveal().chars().map(|c| if is_space(c) { ' ' } else { c }).nfc().collect()
}

/// Returns whether an attacker who tries the likeliest first comes to `password` within a million tries.
fn is_guessed(password: &Secret, words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    zxcvbn::zxcvbn(&prepared(password), &words).guesses_log10() < 6.0
}

// `Argon2::default` is argon2id, 19 MiB, 2 passes, 1 lane: OWASP's first recommendation.
fn hash(password: &Secret) -> Option<SecretHash> {
    let salt = SaltString::generate(&mut OsRng);
    match Argon2::default().hash_password(prepared(password).as_bytes(), &salt) {
        Ok(hash) => Some(SecretHash::new(hash.to_string())),
        Err(error) => {
            tracing::error!(%error, "a password could not be hashed");
            None
        }
    }
}

fn verify(password: &Secret, known: &SecretHash) -> Verdict {
    let Ok(known) = PasswordHash::new(known.as_str()) else { return Verdict::Wrong };
    let is_right = |text: &str| Argon2::default().verify_password(text.as_bytes(), &known).is_ok();
    let prepared = prepared(password);
    if is_right(&prepared) {
        Verdict::Right
    } else if prepared != password.reveal() && is_right(password.reveal()) {
        Verdict::RightAsTyped
    } else {
        Verdict::Wrong
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::accounts::AccountReason;

    use super::*;

    #[tokio::test]
    async fn what_anybody_would_guess_is_refused() {
        let passwords = Passwords::default();
        let words = ["miravoss", "Mira Voss", "mira@example.org"];
        let check = async |text: &str| {
            passwords.check_strength("new", &Secret::new(text), &words).await.is_ok()
        };
        for common in
            ["password", "iloveyou1", "12345678", "qwertyuiop", "Passw0rd", "aaaaaaaa", "miravoss1"]
        {
            assert!(!check(common).await, "{common}");
        }
        for good in ["correct horse battery", "late summer folk", "Žluťoučký kůň 🐎"] {
            assert!(check(good).await, "{good}");
        }
    }

    #[tokio::test]
    async fn only_the_password_opens() {
        let passwords = Passwords::default();
        let secret = Secret::new("Žluťoučký kůň 🐎");
        let hash = passwords.hash::<AccountReason>(&secret).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash:?}");
        let opens = async |secret: &Secret, known: Option<SecretHash>| {
            passwords.verify::<AccountReason>(secret, known).await.unwrap()
        };
        assert_eq!(opens(&secret, Some(hash.clone())).await, Verdict::Right);
        assert_eq!(opens(&Secret::new("other"), Some(hash)).await, Verdict::Wrong);
        assert_eq!(opens(&Secret::new("nobody's"), None).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_password_is_the_same_from_another_keyboard() {
        let passwords = Passwords::default();
        let composed = Secret::new("caf\u{e9} au lait bitte");
        let decomposed = Secret::new("cafe\u{301}\u{a0}au lait\u{3000}bitte");
        let hash = passwords.hash::<AccountReason>(&decomposed).await.unwrap();
        for typed in [&composed, &decomposed] {
            let verdict = passwords.verify::<AccountReason>(typed, Some(hash.clone())).await;
            assert_eq!(verdict, Ok(Verdict::Right));
        }
        // As an earlier version kept it.
        let salt = SaltString::generate(&mut OsRng);
        let raw = decomposed.reveal().as_bytes();
        let raw = Argon2::default().hash_password(raw, &salt).unwrap().to_string();
        let raw = SecretHash::new(raw);
        let verdict = passwords.verify::<AccountReason>(&decomposed, Some(raw.clone())).await;
        assert_eq!(verdict, Ok(Verdict::RightAsTyped));
        let verdict = passwords.verify::<AccountReason>(&composed, Some(raw)).await;
        assert_eq!(verdict, Ok(Verdict::Wrong));
    }
}
