//! Further ways to prove who one is: passkeys instead of the password, a second factor beside it.

use serde::{Deserialize, Serialize};

use crate::{
    Millis, Refusal, Secret,
    accounts::check_name,
    refusal::{Reason, print_text},
    text,
    texts::{Tell, Text},
};

/// The most passkeys of an account.
pub const MAX_PASSKEYS: usize = 20;
/// How many recovery codes there are.
pub const RECOVERY_CODES: usize = 10;
/// How long after a log-in these ways may be changed without the password, in milliseconds.
pub const MAX_LOGIN_AGE: i64 = 10 * Millis::MINUTE;

/// Why a further way to prove who one is is refused, beyond what every feature refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FactorReason {
    /// The log-in is not fresh, and no password came with it.
    ProofNeeded,
    /// The passkey is not known here, or what it said is not right, or too late.
    UnknownPasskey,
    /// The passkey is kept in another way than when it was added.
    ChangedPasskey,
    /// The device has a passkey for this account already, or what it made can't be used.
    UnusablePasskey,
    /// Browsers tie passkeys to a name, and the venue has none but a number.
    NoName,
    /// How the account is entered was changed while its person proved who they are.
    Superseded,
    /// [`MAX_PASSKEYS`].
    TooManyPasskeys,
    /// There is a second factor already.
    AlreadyOn,
    /// There is none, or its setting up was never begun.
    Off,
}

impl Tell for FactorReason {
    fn text(&self) -> Text {
        match self {
            Self::ProofNeeded => text!(refusal.factors.proof_needed),
            Self::UnknownPasskey => text!(refusal.factors.unknown_passkey),
            Self::ChangedPasskey => text!(refusal.factors.changed_passkey),
            Self::UnusablePasskey => text!(refusal.factors.unusable_passkey),
            Self::NoName => text!(refusal.factors.no_name),
            Self::Superseded => text!(refusal.factors.superseded),
            Self::TooManyPasskeys => text!(refusal.factors.too_many_passkeys, most = MAX_PASSKEYS),
            Self::AlreadyOn => text!(refusal.factors.already_on),
            Self::Off => text!(refusal.factors.off),
        }
    }
}

print_text!(FactorReason);

impl Reason for FactorReason {
    fn status(&self) -> u16 {
        match self {
            Self::UnknownPasskey | Self::ChangedPasskey => 401,
            Self::ProofNeeded => 403,
            Self::NoName
            | Self::TooManyPasskeys
            | Self::AlreadyOn
            | Self::Off
            | Self::Superseded => 409,
            Self::UnusablePasskey => 422,
        }
    }
}

/// What the factors feature answers when it refuses.
pub type FactorError = Refusal<FactorReason>;

/// A passkey, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Passkey {
    /// Its identity, which the device gave it.
    pub id: String,
    /// How its owner calls it.
    pub name: String,
    /// When it was added.
    pub added_at: Millis,
    /// When somebody last logged in with it.
    pub used_at: Option<Millis>,
}

/// How one's own account can be entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInMethods {
    /// Oldest first.
    pub passkeys: Vec<Passkey>,
    /// The venue's address as passkeys know it; none when it has only a number.
    pub passkey_origin: Option<String>,
    /// Whether a code is asked for after the password.
    pub second_factor: bool,
    /// How many recovery codes are left.
    pub recovery_codes: u32,
    /// Whether the log-in is so fresh that no password is asked for.
    pub fresh: bool,
}

/// What a browser needs to make a passkey or to use one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// To be handed back with the answer; good once, for some minutes.
    pub ceremony: String,
    /// The options as JSON (Web Authentication Level 3, 5.8.1 and 5.8.2), for
    /// `PublicKeyCredential.parse…OptionsFromJSON`.
    pub options: String,
}

/// A second factor that is being set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetUp {
    /// The secret as text (base32), to be typed into an app that can't see.
    pub secret: Secret,
    /// The same as an `otpauth:` address.
    pub address: Secret,
    /// The same to be seen: how many squares wide and high …
    pub size: u32,
    /// … and the dark ones as the path of an SVG.
    pub path: Secret,
}

/// What is wrong with a passkey's name.
pub fn check_passkey_name(name: &str) -> Option<Text> {
    check_name(text!(complaint.what.name), name, 40)
}

/// A code as it is compared: without spaces and dashes, in lower case.
///
/// # Errors
/// What is wrong with it, as far as it can be told by its looks.
pub fn normal_code(code: &str) -> Result<String, Text> {
    let code: String = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .flat_map(char::to_lowercase)
        .collect();
    if (6..=16).contains(&code.len()) { Ok(code) } else { Err(text!(complaint.code)) }
}

/// What is wrong with a code, as far as it can be told by its looks.
pub fn check_code(code: &str) -> Option<Text> {
    normal_code(code).err()
}
