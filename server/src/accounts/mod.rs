//! The accounts feature's server side: registering, logging in, and guests.

mod password;
pub mod store;

use async_trait::async_trait;
use bandstand_app::accounts::port::Accounts;
use bandstand_domain::{
    FieldErrors, PersonId, Refusal,
    accounts::{
        AccountError, AccountReason, Credentials, Registration, Role, Viewer, check_guest_name,
    },
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use tower_sessions::session;

pub use password::Passwords;
pub use store::Account;

use crate::{
    caller::Caller,
    database::{DatabaseError, broken},
    http::{
        limits::{Limit, by_address},
        sessions::ACCOUNT,
    },
};

/// The session's value that holds a [`Guest`].
const GUEST: &str = "guest";

/// A person without an account. They live in their session alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Guest {
    person: PersonId,
    name: String,
}

/// A new public identity: 128 random bits.
fn new_person() -> PersonId {
    PersonId::new(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()))
}

/// The account that `caller` is logged in to.
///
/// # Errors
/// When the database fails.
pub async fn account(caller: &Caller) -> Result<Option<Account>, DatabaseError> {
    match caller.session.get::<String>(ACCOUNT).await.map_err(lost)? {
        Some(id) => store::find(&caller.venue.database, &id).await,
        None => Ok(None),
    }
}

/// Who `caller` is, as they may see themselves.
///
/// # Errors
/// When the database fails.
pub async fn viewer(caller: &Caller) -> Result<Option<Viewer>, DatabaseError> {
    if let Some(account) = account(caller).await? {
        return Ok(Some(account.viewer()));
    }
    Ok(guest(caller).await?.map(Guest::viewer))
}

async fn guest(caller: &Caller) -> Result<Option<Guest>, DatabaseError> {
    caller.session.get(GUEST).await.map_err(lost)
}

/// A session that can't be read or written is a database that fails.
fn lost(error: session::Error) -> DatabaseError {
    DatabaseError::AnyDriverError(Box::new(error))
}

impl Guest {
    fn viewer(self) -> Viewer {
        Viewer { person: self.person, name: self.name, handle: None, role: Role::Guest }
    }
}

impl Account {
    fn viewer(&self) -> Viewer {
        Viewer {
            person: self.person.clone(),
            name: self.name.clone(),
            handle: Some(self.handle.clone()),
            role: if self.artist { Role::Artist } else { Role::Visitor },
        }
    }
}

impl Caller {
    fn limited(&self, limit: Limit, key: impl std::hash::Hash) -> Result<(), AccountError> {
        self.venue.limits.check(limit, key).map_err(|retry_after| Refusal::TooMany { retry_after })
    }

    /// Makes the session that of `account`, under a new id, so that nobody who knew the old one comes
    /// in too.
    async fn enter(&self, account: &str) -> Result<(), DatabaseError> {
        self.session.cycle_id().await.map_err(lost)?;
        self.session.remove::<Guest>(GUEST).await.map_err(lost)?;
        self.session.insert(ACCOUNT, account).await.map_err(lost)
    }
}

#[async_trait]
impl Accounts for Caller {
    async fn register(&self, form: Registration) -> Result<Viewer, AccountError> {
        form.check()?;
        self.limited(Limit::Registration, by_address(self.address))?;
        let password = self.venue.passwords.hash(&form.password).await?;
        // A guest stays the same person, and keeps their place in the crowd.
        let guest = guest(self).await.map_err(broken)?;
        let person = guest.map_or_else(new_person, |guest| guest.person);
        let database = &self.venue.database;
        let account = match store::insert(database, &form, person, &password).await {
            Ok(account) => account,
            Err(error)
                if error.as_database_error().is_some_and(|error| error.is_unique_violation()) =>
            {
                return Err(taken(self, &form).await);
            }
            Err(error) => return Err(broken(error)),
        };
        self.enter(&account.id).await.map_err(broken)?;
        Ok(account.viewer())
    }

    async fn log_in(&self, form: Credentials) -> Result<Viewer, AccountError> {
        form.check()?;
        let login = form.login.trim().to_lowercase();
        let address = by_address(self.address);
        self.limited(Limit::LogInAddress, address)?;
        self.limited(Limit::LogIn, (address, &login))?;
        let known = store::by_login(&self.venue.database, &login).await.map_err(broken)?;
        let (account, hash) = known.unzip();
        // Without an account too, so that the time it takes tells nothing.
        let right = self.venue.passwords.verify(&form.password, hash).await?;
        match account {
            Some(account) if right => {
                self.enter(&account.id).await.map_err(broken)?;
                Ok(account.viewer())
            }
            _ => Err(Refusal::Because(AccountReason::WrongCredentials)),
        }
    }

    async fn log_out(&self) -> Result<(), AccountError> {
        if self.session.id().is_some() {
            self.session.flush().await.map_err(|error| broken(lost(error)))?;
        }
        Ok(())
    }

    async fn viewer(&self) -> Result<Option<Viewer>, AccountError> {
        viewer(self).await.map_err(broken)
    }

    async fn enter_as_guest(&self, name: String) -> Result<Viewer, AccountError> {
        if account(self).await.map_err(broken)?.is_some() {
            return Err(Refusal::Forbidden);
        }
        if let Some(complaint) = check_guest_name(&name) {
            return Err(FieldErrors::one("name", complaint).into());
        }
        self.limited(Limit::Guest, by_address(self.address))?;
        let before = guest(self).await.map_err(broken)?;
        let guest = Guest {
            person: before.map_or_else(new_person, |guest| guest.person),
            name: name.trim().to_owned(),
        };
        self.session.insert(GUEST, &guest).await.map_err(|error| broken(lost(error)))?;
        Ok(guest.viewer())
    }
}

/// What a form is told that the database refused because something in it is not free.
async fn taken(caller: &Caller, form: &Registration) -> AccountError {
    let mut errors = FieldErrors::default();
    match store::taken(&caller.venue.database, form).await {
        Ok((handle, email)) => {
            if handle {
                errors.add("handle", format!("The handle ‘{}’ is taken.", form.handle.trim()));
            }
            if email {
                errors.add(
                    "email",
                    "There is an account with this e-mail address already. Log in with it.",
                );
            }
        }
        Err(error) => return broken(error),
    }
    if errors.is_empty() {
        // The same guest registered twice at once.
        tracing::info!("a guest's identity was already an account's");
        return Refusal::Broken;
    }
    errors.into()
}
