//! The second factor: six digits that change every half a minute (TOTP, RFC 6238), and recovery codes.

use bandstand_domain::{
    Millis, Secret,
    factors::{RECOVERY_CODES, SetUp},
};
use qrcode::{Color, QrCode};
use rand::Rng;
use totp_rs::{Builder, Totp};

/// Letters and digits that aren't taken for each other.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
/// Length of a recovery code's slot, its first characters; they tell the codes of an account apart.
pub const SLOT: usize = 2;
/// Length of a recovery code, in characters: 50 bits beyond the slot.
const LONG: usize = 12;

/// A second factor that was kept can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// A new secret: 160 random bits (RFC 4226, section 4, R6).
pub fn new_secret() -> [u8; 20] {
    rand::random()
}

/// Codes of half a minute, of which the one before and the one after are taken too: clocks differ.
fn totp(secret: &[u8], handle: &str) -> Result<Totp, Unreadable> {
    let builder = Builder::new()
        .with_secret(secret.to_vec())
        .with_skew(1)
        .with_step_duration(30)
        .with_account_name(handle)
        .with_issuer(Some("Bandstand"));
    builder.build().map_err(|_| Unreadable)
}

/// The time step (RFC 6238) of `code`, when it is right. The caller must take a step once only, and none
/// after a later one.
pub fn step(secret: &[u8], code: &str, now: Millis) -> Result<Option<i64>, Unreadable> {
    let seconds = u64::try_from(now.0 / Millis::SECOND).unwrap_or_default();
    Ok(totp(secret, "-")?.check(code, seconds).and_then(|step| i64::try_from(step).ok()))
}

/// Enrols an authenticator app: `secret` as text to read, as a link to click and as a QR code to scan.
///
/// # Errors
/// Fails when the secret is unusable.
pub fn set_up(secret: &[u8], handle: &str) -> Result<SetUp, Unreadable> {
    let address = totp(secret, handle)?.to_url().map_err(|_| Unreadable)?;
    let url = url::Url::parse(&address).map_err(|_| Unreadable)?;
    let text = url.query_pairs().find(|(key, _)| key == "secret").ok_or(Unreadable)?.1;
    let picture = QrCode::new(&address).map_err(|_| Unreadable)?;
    let size = picture.width();
    let mut path = String::new();
    for (at, colour) in picture.to_colors().into_iter().enumerate() {
        if colour == Color::Dark {
            path.push_str(&format!("M{} {}h1v1h-1z", at % size, at / size));
        }
    }
    Ok(SetUp {
        secret: Secret::new(text.into_owned()),
        address: Secret::new(address),
        size: u32::try_from(size).map_err(|_| Unreadable)?,
        path: Secret::new(path),
    })
}

/// New recovery codes, each with another slot.
pub fn new_recovery_codes() -> Vec<String> {
    let mut random = rand::rng();
    let mut codes: Vec<String> = Vec::new();
    while codes.len() < RECOVERY_CODES {
        let code: String = (0..LONG)
            .map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())]))
            .collect();
        if !codes.iter().any(|other| other[..SLOT] == code[..SLOT]) {
            codes.push(code);
        }
    }
    codes
}

/// Splits a code (as [`bandstand_domain::factors::normal_code`] leaves it) into its slot and the rest;
/// none when it doesn't look like a recovery code.
pub fn recovery_parts(code: &str) -> Option<(&str, &str)> {
    (code.len() == LONG && code.is_ascii()).then(|| code.split_at(SLOT))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// RFC 6238, appendix B: the secret of its test vectors for SHA-1.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")]
        {
            let now = Millis(seconds * Millis::SECOND);
            assert_eq!(step(SECRET, code, now), Ok(Some(seconds / 30)), "{seconds}");
            for off in [-30, 30] {
                let late = now.plus(off * Millis::SECOND);
                assert_eq!(step(SECRET, code, late), Ok(Some(seconds / 30)), "{seconds} {off}");
            }
            for off in [-60, 60].into_iter().filter(|_| seconds > 60) {
                let late = now.plus(off * Millis::SECOND);
                assert_eq!(step(SECRET, code, late), Ok(None), "{seconds} {off}");
            }
        }
        for wrong in ["", "28708", "2870820", "abcdef"] {
            assert_eq!(step(SECRET, wrong, Millis(59_000)), Ok(None), "{wrong}");
        }
    }

    #[test]
    fn a_set_up_says_the_same_three_times() {
        let set_up = set_up(SECRET, "ada").unwrap();
        assert_eq!(set_up.secret.reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let address = set_up.address.reveal();
        assert!(address.starts_with("otpauth://totp/Bandstand:ada?"), "{address}");
        assert!(address.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{address}");
        assert!(set_up.size >= 21 && set_up.path.reveal().starts_with("M0 0h1v1h-1z"));
    }

    #[test]
    fn recovery_codes_differ_in_what_names_them() {
        let codes = new_recovery_codes();
        let slots: BTreeSet<&str> =
            codes.iter().map(|code| recovery_parts(code).unwrap().0).collect();
        assert_eq!(slots.len(), RECOVERY_CODES);
        assert_eq!(recovery_parts("123456"), None);
    }
}
