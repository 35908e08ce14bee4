//! Accounts and guests, and the forms by which a person becomes either.

mod settings;

use serde::{Deserialize, Serialize};

pub use settings::{
    Helper, NewEmail, NewPassword, OwnSession, Reset, Settings, check_new_handle, given, link_in,
};

use crate::{
    FieldErrors, Millis, PersonId, Refusal, Secret,
    field::{has_forbidden, length},
    people::Picture,
    refusal::{Reason, print_text},
    shows::{Genre, check_genres},
    text,
    texts::{Tell, Text},
    visible::{hides_something, shows_something},
};

/// Reason to refuse a request, particular to accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountReason {
    /// Unknown account or wrong password; the same words for both.
    WrongCredentials,
    /// The password is right, and the account has a second factor.
    CodeNeeded,
    /// A link from a mail that was used, is too old, or never was.
    LinkOver,
    /// The factors of the account were changed during the log-in.
    Superseded,
    /// An operator closed the account. Told only to who knows the password.
    Disabled,
    /// The account is about to be erased. Told only to who knows the password.
    Leaving {
        /// Time of its erasure.
        erased_at: Millis,
    },
}

impl Tell for AccountReason {
    fn text(&self) -> Text {
        match self {
            Self::WrongCredentials => text!(refusal.accounts.wrong_credentials),
            Self::CodeNeeded => text!(refusal.accounts.code_needed),
            Self::LinkOver => text!(refusal.accounts.link_over),
            Self::Superseded => text!(refusal.accounts.superseded),
            Self::Disabled => text!(refusal.accounts.disabled),
            Self::Leaving { .. } => text!(refusal.accounts.leaving),
        }
    }
}

print_text!(AccountReason);

impl Reason for AccountReason {
    fn status(&self) -> u16 {
        match self {
            Self::WrongCredentials | Self::CodeNeeded => 401,
            Self::Disabled => 403,
            Self::Leaving { .. } | Self::Superseded => 409,
            Self::LinkOver => 410,
        }
    }
}

/// Refusal by accounts.
pub type AccountError = Refusal<AccountReason>;

/// Role of a person in the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// No account, a chosen name.
    Guest,
    /// An account.
    Visitor,
    /// An account that may put on shows.
    Artist,
}

/// The person who looks at the page, as they may see themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Public identity.
    pub person: PersonId,
    /// Name in the crowd and the chat: the stage name of an artist, else the display name or the
    /// guest's chosen name.
    pub name: String,
    /// The account's handle; a guest has none.
    pub handle: Option<String>,
    /// Role.
    pub role: Role,
    /// True if they have confirmed their e-mail address; a guest has none.
    pub confirmed: bool,
    /// Profile picture, if there is one.
    pub picture: Option<Picture>,
}

/// The form by which one gets an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Unique name in addresses: 3–16 of `[A-Za-z0-9._-]`, compared without case.
    pub handle: String,
    /// Display name: 1–32 characters.
    pub display_name: String,
    /// At most 254 characters.
    pub email: String,
    /// 8–128 characters of any script.
    pub password: Secret,
    /// Profile as an artist, for a person who wants to put on shows.
    pub artist: Option<ArtistProfile>,
}

/// Profile of an artist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtistProfile {
    /// 1–40 characters.
    pub stage_name: String,
    /// At least one, at most [`crate::shows::MAX_GENRES`].
    pub genres: Vec<Genre>,
}

/// The form by which one comes back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Handle or e-mail.
    pub login: String,
    /// The password.
    pub password: Secret,
    /// The second factor's code, or a recovery code; empty where none was asked for.
    #[serde(default)]
    pub code: Secret,
}

impl Registration {
    /// Checks the form. The server adds what only it can know (a handle in use).
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        errors.check("handle", check_handle(&self.handle));
        errors.check(
            "display_name",
            check_own_name(text!(complaint.what.your_name), &self.display_name, 32),
        );
        errors.check("email", check_email(&self.email));
        errors.check("password", check_password(self.password.reveal()));
        if let Some(artist) = &self.artist {
            errors.check(
                "stage_name",
                check_own_name(text!(complaint.what.stage_name), &artist.stage_name, 40),
            );
            errors.check("genres", check_genres(&artist.genres));
        }
        errors.into_result()
    }
}

impl Credentials {
    /// Checks that the form is filled in, and no more, so that nothing is told of accounts.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        errors.check("login", length(text!(complaint.what.login), &self.login, 1, 254));
        errors.check("password", given(&self.password));
        errors.into_result()
    }
}

/// Checks a handle; returns the complaint.
pub fn check_handle(handle: &str) -> Option<Text> {
    let handle = handle.trim();
    if handle.is_empty() {
        return Some(text!(complaint.no_handle));
    }
    length(text!(complaint.what.handle), handle, 3, 16).or_else(|| {
        (!handle.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
            .then(|| text!(complaint.handle))
    })
}

/// Makes a handle that suits a name, of its letters a–z and digits; none when it has too few. Of letters with
/// marks, those that are decomposed (Unicode's NFKD) count.
pub fn suggested_handle(name: &str) -> Option<String> {
    let mut handle = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        let parts = c.is_whitespace() || matches!(c, '-' | '.' | '_' | '’' | '\'');
        if c.is_ascii_alphanumeric() {
            handle.push(c);
        } else if parts && !handle.is_empty() && !handle.ends_with('-') {
            handle.push('-');
        }
    }
    handle.truncate(16);
    let handle = handle.trim_end_matches('-');
    check_handle(handle).is_none().then(|| handle.to_owned())
}

/// Checks a name that others see; returns the complaint. It is kept as
/// [`crate::visible::tidy_name`] leaves it.
pub fn check_name(what: Text, name: &str, most: usize) -> Option<Text> {
    length(what.clone(), name, 1, most).or_else(|| {
        if has_forbidden(name, false) {
            Some(text!(complaint.forbidden, what = what))
        } else {
            hides_something(name).then(|| text!(complaint.unseen, what = what))
        }
    })
}

/// Checks what a person wants to be called; returns the complaint.
pub fn check_own_name(what: Text, name: &str, most: usize) -> Option<Text> {
    if shows_something(name) {
        check_name(what, name, most)
    } else {
        Some(text!(complaint.no_name))
    }
}

/// Checks a guest's chosen name (1–32 characters); returns the complaint.
pub fn check_guest_name(name: &str) -> Option<Text> {
    check_own_name(text!(complaint.what.your_name), name, 32)
}

/// Checks an e-mail address; returns the complaint. Only what is surely wrong; the rest a mail will
/// show.
pub fn check_email(email: &str) -> Option<Text> {
    let email = email.trim();
    length(text!(complaint.what.email), email, 1, 254).or_else(|| {
        let wrong = match email.rsplit_once('@') {
            None => true,
            Some((local, domain)) => {
                local.is_empty()
                    || local.len() > 64
                    || domain.is_empty()
                    || domain.starts_with('.')
                    || domain.ends_with('.')
                    || domain.contains("..")
                    || email.chars().any(|c| c.is_whitespace() || c.is_control())
            }
        };
        wrong.then(|| text!(complaint.email))
    })
}

/// Checks a new password; returns the complaint.
pub fn check_password(password: &str) -> Option<Text> {
    let count = password.chars().count();
    if count == 0 {
        Some(text!(complaint.missing, what = text!(complaint.what.password)))
    } else if count < 8 {
        Some(text!(complaint.password_short, count = count))
    } else if count > 128 {
        Some(text!(complaint.password_long, count = count))
    } else {
        None
    }
}
