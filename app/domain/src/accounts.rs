//! People: accounts, guests, and the forms by which one becomes either.

mod settings;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use settings::{
    Helper, Language, NewEmail, NewPassword, OwnSession, Reset, Settings, check_new_handle, given,
    link_in,
};

use crate::{
    FieldErrors, Millis, PersonId, Refusal, Secret,
    field::{has_forbidden, length},
    people::Picture,
    refusal::Reason,
    shows::{Genre, check_genres},
    visible::hides_something,
};

/// Why an account or a log-in is refused, beyond what every feature refuses.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum AccountReason {
    /// Unknown account or wrong password; the same words for both.
    #[error("That handle or e-mail and that password don't belong together.")]
    WrongCredentials,
    /// The password is right, and the account has a second factor.
    #[error("Now the code from your app, or a recovery code.")]
    CodeNeeded,
    /// A link from a mail that was used, is too old, or never was.
    #[error("This link was used already, or is too old. Ask for a new one.")]
    LinkOver,
    /// How the account is entered was changed while its person proved who they are.
    #[error("Your account was changed at the same moment. Please try again.")]
    Superseded,
    /// An operator closed the account. Told only to who knows the password.
    #[error("This account was closed by the venue.")]
    Disabled,
    /// The account is about to be erased. Told only to who knows the password.
    #[error("You have deleted this account. You can still take it back.")]
    Leaving {
        /// When nothing will be left of it.
        erased_at: Millis,
    },
}

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

/// What the accounts feature answers when it refuses.
pub type AccountError = Refusal<AccountReason>;

/// What somebody is in the venue.
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
    /// Who they are to others.
    pub person: PersonId,
    /// How they are called in the crowd and the chat: the stage name for an artist, else the
    /// display name or the guest's chosen name.
    pub name: String,
    /// The account's handle; a guest has none.
    pub handle: Option<String>,
    /// What they are.
    pub role: Role,
    /// Whether they have confirmed their e-mail address; a guest has none.
    pub confirmed: bool,
    /// What they look like, when they have shown a picture.
    pub picture: Option<Picture>,
}

/// The form by which one gets an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Unique name in addresses: 3–16 of `[A-Za-z0-9._-]`, compared without case.
    pub handle: String,
    /// How the person is called: 1–32 characters.
    pub display_name: String,
    /// At most 254 characters.
    pub email: String,
    /// 8–128 characters of any script.
    pub password: Secret,
    /// Snapshot when the person wants to put on shows.
    pub artist: Option<ArtistProfile>,
}

/// What an artist says of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtistProfile {
    /// 1–40 characters.
    pub stage_name: String,
    /// At least one, at most [`crate::shows::MOST_GENRES`].
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
    /// What is wrong with the form. The server adds what only it can know (a handle in use).
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        errors.check("handle", check_handle(&self.handle));
        errors.check("display_name", check_name("Your name", &self.display_name, 32));
        errors.check("email", check_email(&self.email));
        errors.check("password", check_password(self.password.reveal()));
        if let Some(artist) = &self.artist {
            errors.check("stage_name", check_name("The stage name", &artist.stage_name, 40));
            errors.check("genres", check_genres(&artist.genres));
        }
        errors.into_result()
    }
}

impl Credentials {
    /// What is wrong with the form; only whether it is filled in, so that nothing is told of accounts.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        errors.check("login", length("Handle or e-mail", &self.login, 1, 254));
        errors.check("password", given(&self.password));
        errors.into_result()
    }
}

/// What is wrong with a handle.
pub fn check_handle(handle: &str) -> Option<String> {
    let handle = handle.trim();
    length("The handle", handle, 3, 16).or_else(|| {
        (!handle.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
            .then(|| "A handle has only the letters a–z, digits, dot, dash and underscore.".into())
    })
}

/// What is wrong with a name that others see. It is kept as [`crate::visible::tidy_name`] leaves it.
pub fn check_name(what: &str, name: &str, most: usize) -> Option<String> {
    length(what, name, 1, most).or_else(|| {
        if has_forbidden(name, false) {
            Some(format!("{what} has a character that can't be shown."))
        } else {
            hides_something(name).then(|| format!("{what} has a character that nobody sees."))
        }
    })
}

/// What is wrong with a guest's chosen name: 1–32 characters.
pub fn check_guest_name(name: &str) -> Option<String> {
    check_name("Your name", name, 32)
}

/// What is wrong with an e-mail address. Only what is surely wrong; the rest a mail will show.
pub fn check_email(email: &str) -> Option<String> {
    let email = email.trim();
    length("The e-mail address", email, 1, 254).or_else(|| {
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
        wrong.then(|| "That is not an e-mail address: it looks like name@example.org.".into())
    })
}

/// What is wrong with a new password.
pub fn check_password(password: &str) -> Option<String> {
    let count = password.chars().count();
    if count == 0 {
        Some("The password is missing.".into())
    } else if count < 8 {
        Some(format!("A password needs at least 8 characters; this has {count}."))
    } else if count > 128 {
        Some(format!("A password has at most 128 characters; this has {count}."))
    } else {
        None
    }
}
