//! API tokens: credentials of programs that act for an account, within scopes. A program gets one by a device
//! login (after RFC 8628): it shows a code, which its person confirms in a browser.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::{
    FieldErrors, Millis, Refusal,
    refusal::{Reason, print_text},
    text,
    texts::{Key, Tell, Text, keys},
};

/// The most API tokens of one account.
pub const MAX_TOKENS: usize = 20;
/// The longest name that a program gives itself, in characters.
pub const MAX_PROGRAM: usize = 60;
/// Lifetime of the codes of a device login, in milliseconds.
pub const CODE_LIFE: i64 = 10 * Millis::MINUTE;

/// Letters of user codes: no vowels, so that they make no words, and nothing that looks like a digit
/// (RFC 8628 section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Letters of a user code: 34.5 bits.
const CODE_LENGTH: usize = 8;

/// A token's identity, by which it is revoked and by which the log speaks of it. It opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiTokenId(pub Uuid);

impl fmt::Display for ApiTokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for ApiTokenId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// Permission of an API token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ApiScope {
    /// Reading one's own shows, and how they go.
    #[serde(rename = "shows:read")]
    ReadShows,
    /// Going on stage in one's own shows.
    #[serde(rename = "stage:publish")]
    PublishStage,
}

impl ApiScope {
    /// Every scope.
    pub const ALL: [Self; 2] = [Self::ReadShows, Self::PublishStage];

    /// Its name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadShows => "shows:read",
            Self::PublishStage => "stage:publish",
        }
    }

    /// Scopes as one text, separated by spaces (RFC 6749 section 3.3).
    pub fn join(scopes: &[Self]) -> String {
        scopes.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The scopes in a text of [`Self::join`]; those that this version doesn't know are passed over.
    pub fn split(text: &str) -> Vec<Self> {
        let known = |name: &str| Self::ALL.into_iter().find(|it| it.as_str() == name);
        text.split(' ').filter_map(known).collect()
    }

    /// Words for what it grants.
    pub const fn key(self) -> Key {
        match self {
            Self::ReadShows => keys::api_tokens::scope::shows_read,
            Self::PublishStage => keys::api_tokens::scope::stage_publish,
        }
    }
}

/// An API token as its person sees it ever after: not the token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// Identity.
    pub id: ApiTokenId,
    /// Name of the program that has it, as that said.
    pub name: String,
    /// Its last four characters, to tell it from others.
    pub ending: String,
    /// Scopes.
    pub scopes: Vec<ApiScope>,
    /// Time of its creation.
    pub made_at: Millis,
    /// Time of its last use, to the minute.
    pub used_at: Option<Millis>,
}

/// The code that a program shows and its person types into a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// A code drawn by `draw`, which returns a number below its argument.
    pub fn draw(mut draw: impl FnMut(usize) -> usize) -> Self {
        Self((0..CODE_LENGTH).map(|_| char::from(LETTERS[draw(LETTERS.len())])).collect())
    }

    /// Its letters.
    pub fn letters(&self) -> &str {
        &self.0
    }
}

/// As it is shown: `WDJB-MJHT`.
impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (front, back) = self.0.split_at(CODE_LENGTH / 2);
        write!(f, "{front}-{back}")
    }
}

/// Failure to parse a [`UserCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no code")]
pub struct NoUserCode;

impl FromStr for UserCode {
    type Err = NoUserCode;

    /// Takes what people type: small letters, and anything between the letters that is none.
    fn from_str(text: &str) -> Result<Self, NoUserCode> {
        let mut code = String::with_capacity(CODE_LENGTH);
        for letter in text.chars() {
            let upper = letter.to_ascii_uppercase();
            if u8::try_from(upper).is_ok_and(|it| LETTERS.contains(&it)) {
                code.push(upper);
            } else if letter.is_alphanumeric() {
                return Err(NoUserCode);
            }
            if code.len() > CODE_LENGTH {
                return Err(NoUserCode);
            }
        }
        if code.len() == CODE_LENGTH { Ok(Self(code)) } else { Err(NoUserCode) }
    }
}

/// Reads the code that somebody typed.
///
/// # Errors
/// Returns the complaint when it is none.
pub fn read_user_code(text: &str) -> Result<UserCode, FieldErrors> {
    text.parse().map_err(|NoUserCode| FieldErrors::one("user_code", text!(api_tokens.no_code)))
}

/// A program that asks to be let in, as the person sees it who is to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRequest {
    /// The code, as the program shows it.
    pub code: String,
    /// Name that the program gives itself.
    pub program: String,
    /// Scopes that it asks for.
    pub scopes: Vec<ApiScope>,
    /// Network from which it asks.
    pub network: DeviceNetwork,
}

/// Network from which a program asks, beside that of whoever is to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceNetwork {
    /// The same one.
    Same,
    /// Another one.
    Other,
    /// Their addresses don't tell: one is IPv6 and the other isn't, or they are of loopback or a private network,
    /// as everybody's are behind a proxy that the venue doesn't know of.
    Unknown,
}

/// Reason to refuse a request, particular to API tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApiTokenReason {
    /// The code is made up, used, refused or too old, which are all answered alike.
    NoSuchCode,
    /// Programs are let in by people whose e-mail address is confirmed.
    Unconfirmed,
    /// The account has as many tokens as one may have.
    TooManyTokens,
}

impl Tell for ApiTokenReason {
    fn text(&self) -> Text {
        match self {
            Self::NoSuchCode => text!(api_tokens.no_such_code),
            Self::Unconfirmed => text!(api_tokens.unconfirmed),
            Self::TooManyTokens => text!(api_tokens.too_many, most = MAX_TOKENS),
        }
    }
}

print_text!(ApiTokenReason);

impl Reason for ApiTokenReason {
    fn status(&self) -> u16 {
        match self {
            Self::NoSuchCode => 410,
            Self::Unconfirmed => 403,
            Self::TooManyTokens => 409,
        }
    }
}

/// Refusal by API tokens.
pub type ApiTokenError = Refusal<ApiTokenReason>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_read_as_people_type_it() {
        let code: UserCode = "WDJBMJHT".parse().unwrap();
        assert_eq!(code.to_string(), "WDJB-MJHT");
        for typed in ["WDJB-MJHT", "wdjb mjht", " wdjbMJHT\n", "WDJB–MJHT"] {
            assert_eq!(typed.parse(), Ok(code.clone()), "{typed}");
        }
        for other in ["", "WDJB-MJH", "WDJB-MJHTT", "WDJB-MJHA", "WDJB-MJH1", "WDJBMJHTÄ"] {
            assert_eq!(other.parse::<UserCode>(), Err(NoUserCode), "{other}");
        }
    }

    #[test]
    fn drawn_code_has_letters_of_all_the_alphabet() {
        let mut next = 0;
        let code = UserCode::draw(|below| {
            next += 7;
            next % below
        });
        assert_eq!(code.to_string().parse(), Ok(code.clone()));
        assert_eq!(UserCode::draw(|below| below - 1).letters(), "ZZZZZZZZ");
        assert_eq!(UserCode::draw(|_| 0).letters(), "BBBBBBBB");
    }

    #[test]
    fn scopes_have_one_name_and_unknown_ones_grant_nothing() {
        for scope in ApiScope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
        let all = ApiScope::join(&ApiScope::ALL);
        assert_eq!(ApiScope::split(&all), ApiScope::ALL);
        assert_eq!(ApiScope::split("shows:write stage:publish"), [ApiScope::PublishStage]);
        assert_eq!(ApiScope::split(""), []);
    }
}
