//! Authentication factors besides the password: passkeys, and a second factor.

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
/// Number of recovery codes.
pub const RECOVERY_CODES: usize = 10;
/// Time after a log-in within which factors may be changed without the password, in milliseconds.
pub const MAX_LOGIN_AGE: i64 = 10 * Millis::MINUTE;

/// Reason to refuse a request, particular to factors.
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
    /// The factors of the account were changed during the log-in.
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

/// Refusal by factors.
pub type FactorError = Refusal<FactorReason>;

/// A passkey, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Passkey {
    /// Its identity, which the device gave it.
    pub id: String,
    /// Name that its owner gave it.
    pub name: String,
    /// Time at which it was added.
    pub added_at: Millis,
    /// Time of the last log-in with it.
    pub used_at: Option<Millis>,
}

/// Sign-in methods of the viewer's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInMethods {
    /// Oldest first.
    pub passkeys: Vec<Passkey>,
    /// The venue's address as passkeys know it; none when it has only a number.
    pub passkey_origin: Option<String>,
    /// True if a code is asked for after the password.
    pub second_factor: bool,
    /// Number of recovery codes left.
    pub recovery_codes: u32,
    /// True if the log-in is so fresh that no password is asked for.
    pub fresh: bool,
}

/// Challenge (Web Authentication Level 3) to make a passkey or to use one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Name of the ceremony, handed back with the answer; good once, for some minutes.
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

/// Checks a passkey's name; returns the complaint.
pub fn check_passkey_name(name: &str) -> Option<Text> {
    check_name(text!(complaint.what.name), name, 40)
}

/// A code as it is compared: without spaces and dashes, in lower case.
///
/// # Errors
/// Returns the complaint when its form can't be that of a code.
pub fn normal_code(code: &str) -> Result<String, Text> {
    let code: String = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if (6..=16).contains(&code.len()) { Ok(code) } else { Err(text!(complaint.code)) }
}

/// Checks the form of a code; returns the complaint.
pub fn check_code(code: &str) -> Option<Text> {
    normal_code(code).err()
}
