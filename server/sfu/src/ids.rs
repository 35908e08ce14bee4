//! Identities of stages and sessions, keys of the core's tables, and random numbers.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Identity of a stage: one show, with at most one publisher at a time and any number of
/// subscribers.
///
/// The text is the caller's own (usually the show's UUID); it is compared byte by byte. Cloning is
/// cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StageId(Arc<str>);

impl StageId {
    /// The identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for StageId {
    fn from(text: &str) -> Self {
        StageId(text.into())
    }
}

impl From<String> for StageId {
    fn from(text: String) -> Self {
        StageId(text.into())
    }
}

impl fmt::Display for StageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Identity of a WHIP or WHEP session: 128 random bits, which can't be guessed and may therefore
/// stand in the resource URL (RFC 9725 §4.2) as the right to close it.
///
/// As text it is 32 lower-case hexadecimal digits, safe in URLs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(u128);

impl SessionId {
    /// A new random identity.
    ///
    /// # Errors
    /// [`getrandom::Error`] when the operating system has no randomness to give.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(SessionId(u128::from_be_bytes(bytes)))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for SessionId {
    /// The first eight digits: enough to tell sessions apart in a log, too few to close one with.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({:08x}…)", self.0 >> 96)
    }
}

/// The text is not a [`SessionId`].
#[derive(Debug, thiserror::Error)]
#[error("a session is named by 32 hexadecimal digits")]
pub struct ParseSessionIdError;

impl FromStr for SessionId {
    type Err = ParseSessionIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ParseSessionIdError);
        }
        u128::from_str_radix(text, 16).map(SessionId).map_err(|_| ParseSessionIdError)
    }
}

/// `length` random characters of the ice-char alphabet (RFC 8839 §5.4), six bits each.
pub(crate) fn random_ice_text(length: usize) -> Result<String, getrandom::Error> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes)?;
    Ok(bytes
        .iter()
        .filter_map(|b| ALPHABET.get(usize::from(b & 63)))
        .map(|c| char::from(*c))
        .collect())
}

/// 64 random bits; without randomness they are zero, so nothing secret may be made of them.
pub(crate) fn random_number() -> u64 {
    let mut bytes = [0; 8];
    let _ = getrandom::fill(&mut bytes);
    u64::from_be_bytes(bytes)
}

/// Index of a peer in the core's table; used anew once its session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PeerKey(pub(crate) usize);

/// Index of a stage in the core's table; used anew once nobody is left on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StageKey(pub(crate) usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_id_round_trips_as_text() {
        let id = SessionId(0x00ff_0000_0000_0000_0000_0000_0000_0001);
        assert_eq!(id.to_string().parse::<SessionId>().ok(), Some(id));
        assert!("+0000000000000000000000000000001".parse::<SessionId>().is_err());
        assert!("1".parse::<SessionId>().is_err());
    }
}
