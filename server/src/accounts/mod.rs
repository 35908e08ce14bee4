//! The accounts feature's server side: registering, logging in, and guests.

mod coming_in;
pub mod device;
mod export;
pub(crate) mod guests;
pub mod helpers;
pub mod leaving;
pub mod letters;
mod link_pages;
pub mod links;
pub mod operator;
pub mod own_sessions;
mod password;
mod settings;
pub mod store;

use std::sync::Arc;

use axum::Router;
use bandstand_domain::{
    Millis, PersonId,
    accounts::{Role, Viewer},
};
use tower_sessions::session;

pub(crate) use coming_in::is_taken;
pub use password::{Passwords, Verdict};
pub use store::Account;

use crate::{
    caller::Caller,
    database::{DatabaseError, Write},
    http::sessions::{self, ACCOUNT, EPOCH},
    jobs::{self, Job},
    secrets,
    venue::Venue,
};
use guests::{GUEST, Guest};
use letters::Occasion;

/// The file with one's own data, and what leads to pages that links meant.
pub fn routes() -> Router<Arc<Venue>> {
    export::routes().merge(link_pages::routes())
}

/// How long a deleted account can be taken back, in milliseconds.
pub const GRACE: i64 = 14 * 24 * Millis::HOUR;

/// A new public identity: 128 random bits.
fn new_person() -> PersonId {
    PersonId::new(secrets::random())
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
    Ok(guests::guest(caller).await?.map(Guest::viewer))
}

/// A session that can't be read or written is a database that fails.
fn lost(error: session::Error) -> DatabaseError {
    DatabaseError::AnyDriverError(Box::new(error))
}

impl Account {
    pub(crate) fn viewer(&self) -> Viewer {
        Viewer {
            person: self.person.clone(),
            name: self.name.clone(),
            handle: Some(self.handle.clone()),
            role: if self.artist { Role::Artist } else { Role::Visitor },
            confirmed: self.confirmed,
            picture: self.picture.clone(),
        }
    }
}

impl Caller {
    /// Makes the session that of `account`, under a new id against session fixation. It is written at
    /// once; false when the epoch in which `account` was read, and its person proved who they are, is
    /// over: then nobody is logged in.
    pub(crate) async fn enter(&self, account: &Account) -> Result<bool, DatabaseError> {
        let before = self.session.get::<String>(ACCOUNT).await.map_err(lost)?;
        let name = sessions::name_of(&self.session).await.map_err(lost)?;
        self.session.cycle_id().await.map_err(lost)?;
        self.session.remove::<Guest>(GUEST).await.map_err(lost)?;
        self.session.insert(ACCOUNT, &account.id).await.map_err(lost)?;
        self.session.insert(EPOCH, account.epoch).await.map_err(lost)?;
        sessions::begin(&self.session, &self.device).await.map_err(lost)?;
        if let (Some(_), Some(name)) = (before, name) {
            // What the account before held open here is not this one's.
            sessions::rename(&self.session).await.map_err(lost)?;
            let mut write = self.venue.database.begin().await?;
            own_sessions::note(&mut write, &name).await?;
            write.commit().await?;
            self.venue.live.end_sessions(&[name]).await;
        } else {
            sessions::name(&self.session).await.map_err(lost)?;
        }
        self.session.save().await.map_err(lost)?;
        let entered = self.session.get::<String>(ACCOUNT).await.map_err(lost)?.is_some();
        if !entered {
            self.session.flush().await.map_err(lost)?;
        }
        Ok(entered)
    }

    /// The name of the session, which it gets if it has none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_name(&self) -> Result<String, DatabaseError> {
        sessions::name(&self.session).await.map_err(lost)
    }
}

/// Asks for a letter, in the transaction of what it tells of.
pub(crate) async fn write_to(write: &mut Write, occasion: Occasion) -> Result<(), DatabaseError> {
    jobs::add(write, &Job::Letter(occasion)).await
}
