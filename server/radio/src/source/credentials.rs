//! The password of a source client.

use std::fmt;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Padding may be missing: some programs leave it out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// User and password by HTTP's Basic scheme (RFC 7617 §2). The user of a source is `source` by custom, and
/// says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicCredentials {
    /// The user.
    pub user: String,
    password: String,
}

impl BasicCredentials {
    /// Reads an `Authorization`; none when it is of another scheme or can't be read.
    pub fn parse(authorization: &str) -> Option<Self> {
        let (scheme, encoded) = authorization.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = LENIENT.decode(encoded.trim()).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some(Self { user: user.to_owned(), password: password.to_owned() })
    }

    /// The password.
    pub fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for BasicCredentials {
    /// Without the password, which is a stream key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicCredentials").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_read_and_others_are_not() {
        let read = |text| BasicCredentials::parse(text).map(|it| (it.user, it.password));
        let expected = Some(("source".to_owned(), "hack:me".to_owned()));
        assert_eq!(read("Basic c291cmNlOmhhY2s6bWU="), expected);
        assert_eq!(read("basic  c291cmNlOmhhY2s6bWU"), expected);
        for wrong in ["", "Basic", "Basic !", "Basic c291cmNl", "Bearer c291cmNlOmhhY2s6bWU="] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        let credentials = BasicCredentials::parse("Basic c291cmNlOmhhY2s6bWU=");
        assert!(!format!("{credentials:?}").contains("hack"));
    }
}
