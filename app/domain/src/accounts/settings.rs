//! Settings of an account, and the forms that change them.

use serde::{Deserialize, Serialize};

use super::{check_email, check_handle, check_password};
use crate::{FieldErrors, Language, Millis, PersonId, Secret, text, texts::Text};

/// Fewer characters than any link has: 128 random bits are 22.
const MIN_LINK: usize = 16;

/// Account as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The unique name in addresses.
    pub handle: String,
    /// E-mail address.
    pub email: String,
    /// True if the address is confirmed.
    pub confirmed: bool,
    /// Language of pages and mails.
    pub language: Language,
    /// Sessions: the current one first, then by last use.
    pub sessions: Vec<OwnSession>,
}

/// One's own session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSession {
    /// Its name, which opens nothing.
    pub name: String,
    /// In what it is: `Firefox on Linux`.
    pub device: String,
    /// Time of the log-in.
    pub begun_at: Millis,
    /// Time of the last use, to the quarter of an hour.
    pub used_at: Millis,
    /// True if it is the session of this request.
    pub current: bool,
}

/// Somebody who looks after an artist's shows beside the artist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Helper {
    /// Public identity of the helper.
    pub person: PersonId,
    /// The unique name in addresses.
    pub handle: String,
    /// Name.
    pub name: String,
}

/// The form by which an address is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEmail {
    /// The new address.
    pub email: String,
    /// The account's password.
    pub password: Secret,
}

/// The form by which a password is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPassword {
    /// The account's password so far.
    pub current: Secret,
    /// The one from now on.
    pub new: Secret,
}

/// The form by which a password is set anew with a link from a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// Secret of the link.
    pub link: Secret,
    /// The password from now on.
    pub new: Secret,
}

impl NewEmail {
    /// Checks the form.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        errors.check("email", check_email(&self.email));
        errors.check("email_password", given(&self.password));
        errors.into_result()
    }
}

impl NewPassword {
    /// Checks the form.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        errors.check("current", given(&self.current));
        errors.check("new", check_password(self.new.reveal()));
        errors.into_result()
    }
}

impl Reset {
    /// Checks the form.
    pub fn check(&self) -> Result<(), FieldErrors> {
        FieldErrors::default().with("new", check_password(self.new.reveal())).into_result()
    }
}

/// Extracts the secret of a link from a mail out of its address, as it was opened or pasted.
/// Programs cut addresses off, encode the `#`, or take a full stop or a line break along; without
/// what stood behind the `#` it is nothing.
pub fn link_in(address: &str) -> Option<Secret> {
    let held = ["#", "%23"].iter().find_map(|mark| address.split_once(mark));
    let held = held.map_or(address, |(_, held)| held).trim_start();
    let is_other = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let link = &held[..held.find(is_other).unwrap_or(held.len())];
    (link.len() >= MIN_LINK).then(|| Secret::new(link))
}

/// Checks a new handle.
pub fn check_new_handle(handle: &str) -> Result<(), FieldErrors> {
    FieldErrors::default().with("handle", check_handle(handle)).into_result()
}

/// Checks that the current password is given; returns the complaint.
pub fn given(password: &Secret) -> Option<Text> {
    if password.reveal().is_empty() {
        Some(text!(complaint.missing, what = text!(complaint.what.password)))
    } else if password.reveal().chars().count() > 128 {
        Some(text!(complaint.password_too_long))
    } else {
        None
    }
}
