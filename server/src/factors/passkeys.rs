//! Passkeys (Web Authentication): what is asked of a device, and what its answer is worth.

use std::time::Duration;

use bandstand_domain::{PersonId, factors::FactorReason};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use url::{Host, Url};
use uuid::Uuid;
use webauthn_rs::prelude::{
    Credential, CredentialID, DiscoverableAuthentication, Passkey, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Webauthn, WebauthnBuilder,
};

/// Timeout for a person to answer.
pub const CEREMONY_TIMEOUT: Duration = Duration::from_secs(300);
/// The most bytes of an answer.
const MAX_ANSWER: usize = 16 * 1024;

/// The flag of an answer that says that the passkey may be kept by a provider and on other devices (Web
/// Authentication Level 3, section 6.1).
const BACKUP_ELIGIBLE: u8 = 0x08;
/// Offset of the flags in the authenticator data.
const FLAGS: usize = 32;

/// The address at which passkeys work: the venue's own, or `localhost` when that is this machine's
/// number. Browsers tie a passkey to a name, never to a number.
pub fn origin(public_url: &str) -> Option<Url> {
    let mut url = Url::parse(public_url).ok()?;
    let loopback = match url.host()? {
        Host::Domain(_) => return Some(url),
        Host::Ipv4(address) => address.is_loopback() || address.is_unspecified(),
        Host::Ipv6(address) => address.is_loopback() || address.is_unspecified(),
    };
    (loopback && url.scheme() == "http" && url.set_host(Some("localhost")).is_ok()).then_some(url)
}

/// The venue as devices know it.
fn relying_party(public_url: &str) -> Result<Webauthn, FactorReason> {
    let origin = origin(public_url).ok_or(FactorReason::NoName)?;
    let name = origin.domain().ok_or(FactorReason::NoName)?;
    WebauthnBuilder::new(name, &origin)
        .and_then(|builder| builder.rp_name("Bandstand").timeout(CEREMONY_TIMEOUT).build())
        .map_err(|error| {
            tracing::error!(%error, "passkeys can't be used");
            FactorReason::NoName
        })
}

/// A challenge to a device, and the state to be kept until it answers; both JSON.
#[derive(Debug)]
pub struct Asked {
    /// For the browser.
    pub options: String,
    /// To be kept.
    pub state: String,
}

fn asked(options: &Value, state: &impl Serialize) -> Result<Asked, FactorReason> {
    let state = serde_json::to_string(state).map_err(|_| FactorReason::UnusablePasskey)?;
    Ok(Asked { options: options.to_string(), state })
}

/// The number that a device keeps with a passkey: who it is to others, nothing private.
fn number(person: &PersonId) -> Option<Uuid> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(person.as_str()).ok()?;
    Uuid::from_slice(&bytes).ok()
}

/// Asks a device for a passkey that it will find by itself, unless it has one of `known`.
///
/// # Errors
/// Fails when passkeys don't work here.
pub fn ask_for_new(
    public_url: &str,
    person: &PersonId,
    handle: &str,
    name: &str,
    known: &[String],
) -> Result<Asked, FactorReason> {
    let number = number(person).ok_or(FactorReason::UnusablePasskey)?;
    let known: Vec<CredentialID> =
        known.iter().filter_map(|id| BASE64_URL_SAFE_NO_PAD.decode(id).ok()).collect();
    let (options, state) = relying_party(public_url)?
        .start_passkey_registration(number, handle, name, Some(known))
        .map_err(|error| unusable(&error))?;
    let mut options =
        serde_json::to_value(options.public_key).map_err(|_| FactorReason::UnusablePasskey)?;
    // The log-in page doesn't know who comes: the device has to know the passkey by itself.
    options["authenticatorSelection"]["residentKey"] = json!("required");
    options["authenticatorSelection"]["requireResidentKey"] = json!(true);
    asked(&options, &state)
}

/// A new passkey from a device's answer: its identity, and what has to be known of it.
///
/// # Errors
/// Fails when the answer doesn't fit the challenge.
pub fn accept_new(
    public_url: &str,
    state: &str,
    answer: &str,
) -> Result<(String, String), FactorReason> {
    let unreadable = || FactorReason::UnusablePasskey;
    let state: PasskeyRegistration = read(state).ok_or_else(unreadable)?;
    let answer: RegisterPublicKeyCredential = read(answer).ok_or_else(unreadable)?;
    let passkey = relying_party(public_url)?
        .finish_passkey_registration(&answer, &state)
        .map_err(|error| unusable(&error))?;
    let data = serde_json::to_string(&passkey).map_err(|_| unreadable())?;
    Ok((BASE64_URL_SAFE_NO_PAD.encode(passkey.cred_id()), data))
}

/// Asks for any passkey of this venue.
///
/// # Errors
/// Fails when passkeys don't work here.
pub fn ask_for_known(public_url: &str) -> Result<Asked, FactorReason> {
    let (options, state) = relying_party(public_url)?
        .start_discoverable_authentication()
        .map_err(|error| unusable(&error))?;
    let options =
        serde_json::to_value(options.public_key).map_err(|_| FactorReason::UnusablePasskey)?;
    asked(&options, &state)
}

/// The credential identifier in a device's answer, in base64url; none when the answer can't be read.
pub fn named(answer: &str) -> Option<String> {
    let answer: PublicKeyCredential = read(answer)?;
    Some(BASE64_URL_SAFE_NO_PAD.encode(answer.get_credential_id()))
}

/// Checks a device's answer by what is known of its passkey; answers what is known of it from now on.
///
/// # Errors
/// Fails when the answer is not right: another challenge, another venue, another person, a signature that
/// doesn't fit, a counter that goes back, or nobody was asked to prove that the device is theirs.
/// `ChangedPasskey` when all that is right, but a passkey that could be backed up now can't.
pub fn check_known(
    public_url: &str,
    state: &str,
    answer: &str,
    person: &PersonId,
    data: &str,
) -> Result<String, FactorReason> {
    let unknown = || FactorReason::UnknownPasskey;
    let state: DiscoverableAuthentication = read(state).ok_or_else(unknown)?;
    let answer: PublicKeyCredential = read(answer).ok_or_else(unknown)?;
    let passkey: Passkey = serde_json::from_str(data).map_err(|_| unknown())?;
    let mut credential = Credential::from(passkey);
    // Providers turn passkeys that lay on one device into ones that they keep, which the library would
    // refuse. What the device says counts: it is signed with the rest.
    let flags = answer.response.authenticator_data.get(FLAGS).copied().unwrap_or_default();
    let eligible = flags & BACKUP_ELIGIBLE != 0;
    let withdrawn = credential.backup_eligible && !eligible;
    credential.backup_eligible = eligible;
    let mut passkey = Passkey::from(credential);
    let venue = relying_party(public_url)?;
    let (whose, _) = venue.identify_discoverable_authentication(&answer).map_err(|_| unknown())?;
    if Some(whose) != number(person) {
        return Err(unknown());
    }
    let result =
        venue.finish_discoverable_authentication_v2(&answer, state, &passkey).map_err(|error| {
            tracing::info!(%error, "a passkey was refused");
            unknown()
        })?;
    if !result.user_verified() {
        return Err(unknown());
    }
    if withdrawn {
        tracing::info!("a passkey was refused: it can't be backed up any more");
        return Err(FactorReason::ChangedPasskey);
    }
    passkey.update_credential(&result);
    serde_json::to_string(&passkey).map_err(|_| unknown())
}

fn unusable(error: &webauthn_rs::prelude::WebauthnError) -> FactorReason {
    tracing::info!(%error, "a passkey can't be added");
    FactorReason::UnusablePasskey
}

fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    if text.len() > MAX_ANSWER {
        return None;
    }
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_name() {
        let check = |url: &str, expected: Option<&str>| {
            assert_eq!(origin(url).map(String::from).as_deref(), expected, "{url}");
        };
        check("https://venue.example.org", Some("https://venue.example.org/"));
        check("http://127.0.0.1:3000", Some("http://localhost:3000/"));
        check("http://[::1]:3000", Some("http://localhost:3000/"));
        check("https://192.0.2.1", None);
        check("http://10.0.0.1:3000", None);
    }

    #[test]
    fn a_device_is_asked_for_a_passkey_that_it_finds_by_itself() {
        let person = PersonId::new(BASE64_URL_SAFE_NO_PAD.encode([7; 16]));
        let asked = ask_for_new("https://venue.example.org", &person, "ada", "Ada", &[]).unwrap();
        let options: Value = serde_json::from_str(&asked.options).unwrap();
        assert_eq!(options["rp"]["id"], "venue.example.org");
        assert_eq!(options["user"]["id"], person.as_str());
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        let options = ask_for_known("https://venue.example.org").unwrap().options;
        let options: Value = serde_json::from_str(&options).unwrap();
        assert_eq!(options["userVerification"], "required");
    }
}
