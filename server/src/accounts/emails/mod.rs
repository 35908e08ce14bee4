//! E-mails to the people who have accounts.
//!
//! A request only says on what occasion somebody is to be written to, and does the same work whether or
//! not an account is behind it. Who gets which letter, if anybody, is found out when it is composed.

mod job;
mod layout;
mod texts;

use bandstand_domain::{Language, ShowId};
use serde::{Deserialize, Serialize};

use super::store::{
    self, Contact,
    email_tokens::{self, LinkKind},
};
pub use job::EmailHandler;

use crate::{
    database::{Database, DatabaseError},
    http::limits::Limit,
    ids::AccountId,
    mail::{Letter, address::key},
    services::Services,
};
pub use texts::LetterWords;
use texts::{greeting, words};

/// Occasion of a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailKind {
    /// An account says that this is its address; or asked for the letter again.
    Registered {
        /// The account.
        account: AccountId,
    },
    /// The address was confirmed for the first time.
    Confirmed {
        /// The account.
        account: AccountId,
    },
    /// Somebody who says that they are `login` has forgotten the password.
    Forgotten {
        /// A handle or an address, as it was typed in.
        login: String,
    },
    /// An account wants to have another address.
    NewEmail {
        /// The account.
        account: AccountId,
        /// The new one.
        email: String,
    },
    /// An account has another address now; to the one before.
    EmailChanged {
        /// The account.
        account: AccountId,
        /// The one before.
        email: String,
    },
    /// An account has another password now.
    PasswordChanged {
        /// The account.
        account: AccountId,
    },
    /// The log-in to an account was changed: a passkey, a second factor.
    SecurityChanged {
        /// The account.
        account: AccountId,
        /// Change that was made.
        #[serde(default)]
        change: SecurityChange,
    },
    /// A program was let in, to act for an account.
    ProgramLetIn {
        /// The account.
        account: AccountId,
        /// Name that the program gives itself.
        program: String,
    },
    /// The recording of a show is going to be deleted, as nobody publishes it.
    DraftExpires {
        /// The account of its artist.
        account: AccountId,
        /// The show.
        show: ShowId,
        /// Its title.
        title: String,
        /// Days that are left.
        days: i64,
    },
    /// Somebody who knows the password has tried many codes of the second factor.
    CodesGuessed {
        /// The account.
        account: AccountId,
    },
    /// An account was deleted by its person, who can still take it back.
    Deleted {
        /// The account.
        account: AccountId,
    },
}

/// Change of the log-in to an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityChange {
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// The second factor was turned on.
    SecondFactorOn,
    /// The second factor was turned off.
    SecondFactorOff,
    /// The recovery codes are new ones.
    RecoveryCodes,
    /// Not told: letters that an earlier version has put into the queue.
    #[default]
    Other,
}

/// Topic of a letter, with the values that its text needs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Topic {
    Confirm { address: String },
    AlreadyThere { log_in: String, forgotten: String },
    Welcome { home: String },
    Reset { address: String },
    NewEmail { address: String },
    EmailChanged { email: String },
    PasswordChanged { forgotten: String },
    SecurityChanged { change: SecurityChange, settings: String },
    ProgramLetIn { program: String, programs: String },
    DraftExpires { title: String, days: i64, recording: String },
    CodesGuessed { forgotten: String },
    Deleted { log_in: String },
}

impl Topic {
    /// Returns whether the caller typed the address in, and nobody has proved to read it. Such a letter says
    /// nothing that its sender could have chosen but the handle.
    fn is_to_anybody(&self) -> bool {
        matches!(self, Self::Confirm { .. } | Self::NewEmail { .. })
    }
}

/// Composes the letter for `occasion`, unless there is nobody to write to, or they were written to often
/// enough. `first` is whether this is the first attempt.
pub async fn compose(
    services: &Services,
    occasion: &EmailKind,
    first: bool,
) -> Result<Composed, DatabaseError> {
    let Some((contact, to, topic)) = who_and_what(services, occasion).await? else {
        return Ok(Composed::Nothing);
    };
    if first && !is_within_limits(services, &to, &topic) {
        return Ok(Composed::Nothing);
    }
    if !has_room(services, &to, &topic) {
        return Ok(Composed::NotYet);
    }
    Ok(Composed::Letter(write(&contact, to, &topic)))
}

/// The outcome of composing a letter.
#[derive(Debug)]
pub enum Composed {
    /// It is to be sent.
    Letter(Letter),
    /// Nobody is to be written to.
    Nothing,
    /// Too many letters go to strangers at present; this one has to wait.
    NotYet,
}

/// Counts the letter by its reader: nobody's inbox is flooded through the venue, whoever asks for it. The
/// links sent before stay good.
fn is_within_limits(services: &Services, to: &str, topic: &Topic) -> bool {
    let (reader, _) = reader(to);
    let kind = std::mem::discriminant(topic);
    let few = services.limits.check(Limit::Letter, (&reader, kind)).is_ok();
    if !few {
        tracing::info!("a letter was left out: its reader got enough of that kind");
    }
    few
}

/// Counts a letter to an address that nobody has confirmed, by its domain and for the venue. Beyond that it
/// waits, and isn't left out: who floods the venue with registrations must not keep others out for good.
fn has_room(services: &Services, to: &str, topic: &Topic) -> bool {
    if !topic.is_to_anybody() {
        return true;
    }
    let (_, domain) = reader(to);
    let few = services.limits.check(Limit::LetterDomain, domain).is_ok()
        && services.limits.check(Limit::LetterVenue, ()).is_ok();
    if !few {
        tracing::warn!("a letter has to wait: too many go to addresses that nobody has confirmed");
    }
    few
}

/// Mailbox of an address, as far as it shows (`ana+1@…` is `ana@…`), and its domain.
fn reader(address: &str) -> (String, String) {
    let address = key(address);
    let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
    let local = local.split('+').next().unwrap_or_default();
    (format!("{local}@{domain}"), domain.to_owned())
}

fn write(contact: &Contact, to: String, topic: &Topic) -> Letter {
    let words = words(contact.language, &contact.handle, topic);
    let name = (!topic.is_to_anybody()).then_some(contact.name.as_str());
    laid_out(contact.language, to, name, &words)
}

/// A letter of another feature to who has proved to read mails at their address.
pub fn letter(contact: &Contact, words: &LetterWords) -> Letter {
    laid_out(contact.language, contact.email.clone(), Some(&contact.name), words)
}

fn laid_out(language: Language, to: String, name: Option<&str>, words: &LetterWords) -> Letter {
    let greeting = greeting(language, name);
    Letter {
        to,
        plain: layout::plain(&greeting, words),
        html: layout::html(language, &greeting, words),
        subject: words.subject.clone(),
        language,
        unsubscribe: None,
    }
}

/// Finds the recipient, the address and the topic of the letter; none if nobody is to be written to.
async fn who_and_what(
    services: &Services,
    occasion: &EmailKind,
) -> Result<Option<(Contact, String, Topic)>, DatabaseError> {
    let database = &services.database;
    let home = services.config.public_url.as_str();
    let page = |path: &str| format!("{home}{path}");
    let contact = match occasion {
        EmailKind::Forgotten { login } => store::contact_by_login(database, login).await?,
        EmailKind::Registered { account }
        | EmailKind::Confirmed { account }
        | EmailKind::NewEmail { account, .. }
        | EmailKind::EmailChanged { account, .. }
        | EmailKind::PasswordChanged { account }
        | EmailKind::SecurityChanged { account, .. }
        | EmailKind::ProgramLetIn { account, .. }
        | EmailKind::DraftExpires { account, .. }
        | EmailKind::CodesGuessed { account }
        | EmailKind::Deleted { account } => store::contact(database, account).await?,
    };
    let Some(contact) = contact else { return Ok(None) };
    let to = match occasion {
        EmailKind::NewEmail { email, .. } | EmailKind::EmailChanged { email, .. } => email.clone(),
        _ => contact.email.clone(),
    };
    let topic = match occasion {
        EmailKind::Registered { .. } if contact.confirmed => return Ok(None),
        EmailKind::Registered { .. } | EmailKind::NewEmail { .. } => {
            if let Some(owner) = store::contact_by_email(database, &to).await? {
                // Whoever has the address is told; whoever asked is not.
                if owner.account == contact.account {
                    return Ok(None);
                }
                let topic =
                    Topic::AlreadyThere { log_in: page("/log-in"), forgotten: page("/forgotten") };
                return Ok(Some((owner, to, topic)));
            }
            if matches!(occasion, EmailKind::Registered { .. }) {
                let address =
                    link(database, home, &contact, LinkKind::Confirm, &to, "/confirm").await?;
                Topic::Confirm { address }
            } else {
                let address =
                    link(database, home, &contact, LinkKind::Email, &to, "/confirm").await?;
                Topic::NewEmail { address }
            }
        }
        // Only who has proved to read mails there gets a way into the account.
        EmailKind::Forgotten { .. } if !contact.confirmed => return Ok(None),
        EmailKind::Forgotten { .. } => {
            let address = link(database, home, &contact, LinkKind::Reset, &to, "/reset").await?;
            Topic::Reset { address }
        }
        EmailKind::Confirmed { .. } => Topic::Welcome { home: page("/") },
        EmailKind::EmailChanged { .. } => Topic::EmailChanged { email: contact.email.clone() },
        EmailKind::PasswordChanged { .. } => {
            Topic::PasswordChanged { forgotten: page("/forgotten") }
        }
        EmailKind::SecurityChanged { change, .. } => {
            Topic::SecurityChanged { change: *change, settings: page("/settings#security") }
        }
        EmailKind::ProgramLetIn { program, .. } => {
            Topic::ProgramLetIn { program: program.clone(), programs: page("/device") }
        }
        EmailKind::DraftExpires { show, title, days, .. } => Topic::DraftExpires {
            title: title.clone(),
            days: *days,
            recording: page(&format!("/shows/{show}/recording")),
        },
        EmailKind::CodesGuessed { .. } => Topic::CodesGuessed { forgotten: page("/forgotten") },
        EmailKind::Deleted { .. } => Topic::Deleted { log_in: page("/log-in") },
    };
    let confirmed_only = !matches!(
        occasion,
        EmailKind::Registered { .. } | EmailKind::NewEmail { .. } | EmailKind::EmailChanged { .. }
    );
    if confirmed_only && !contact.confirmed {
        return Ok(None);
    }
    Ok(Some((contact, to, topic)))
}

/// The address of the page at `path` with a new link. It stands behind the `#`, which browsers keep to
/// themselves: no log and no `Referer` has it.
async fn link(
    database: &Database,
    home: &str,
    contact: &Contact,
    purpose: LinkKind,
    email: &str,
    path: &str,
) -> Result<String, DatabaseError> {
    let mut write = database.begin().await?;
    let link = email_tokens::make(&mut write, &contact.account, purpose, email).await?;
    write.commit().await?;
    Ok(format!("{home}{path}#{}", link.reveal()))
}

/// The address at the venue `home` at which a password is set, for an operator to hand on.
pub async fn reset_address(
    database: &Database,
    home: &str,
    contact: &Contact,
) -> Result<String, DatabaseError> {
    link(database, home, contact, LinkKind::Reset, &contact.email, "/reset").await
}
