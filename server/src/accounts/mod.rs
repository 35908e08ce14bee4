//! The accounts feature's server side: registering, logging in, and guests.

mod coming_in;
pub mod device;
mod export;
pub(crate) mod guests;
pub mod helpers;
mod language;
pub mod leaving;
pub mod letters;
mod link_pages;
pub mod links;
pub mod operator;
mod settings;
pub mod store;

use std::sync::Arc;

use axum::Router;
use bandstand_domain::{
    Millis, PersonId,
    accounts::{Role, Viewer},
};

pub use store::Account;

use crate::{
    app::venue::Venue,
    background::jobs::{self, Job},
    caller::Caller,
    crypto::random,
    database::{DatabaseError, Write},
    sessions::{self, ACCOUNT, EPOCH},
};
use guests::{GUEST, Guest};
use letters::Occasion;

/// The file with one's own data, the choice of a language, and what leads to pages that links meant.
pub fn routes(venue: &Arc<Venue>) -> Router<Arc<Venue>> {
    export::routes().merge(language::routes(venue)).merge(link_pages::routes())
}

/// How long a deleted account can be taken back, in milliseconds.
pub const GRACE: i64 = 14 * 24 * Millis::HOUR;

/// A new public identity: 128 random bits.
fn new_person() -> PersonId {
    PersonId::new(random::secret())
}

/// The account that `caller` is logged in to.
///
/// # Errors
/// When the database fails.
pub async fn account(caller: &Caller) -> Result<Option<Account>, DatabaseError> {
    match caller.session.get::<String>(ACCOUNT).await? {
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
        let before = self.session.get::<String>(ACCOUNT).await?;
        let name = sessions::name_of(&self.session).await?;
        self.session.cycle_id().await?;
        self.session.remove::<Guest>(GUEST).await?;
        self.session.insert(ACCOUNT, &account.id).await?;
        self.session.insert(EPOCH, account.epoch).await?;
        sessions::begin(&self.session, &self.device).await?;
        if let (Some(_), Some(name)) = (before, name) {
            // What the account before held open here is not this one's.
            sessions::rename(&self.session).await?;
            let mut write = self.venue.database.begin().await?;
            sessions::note(&mut write, &name).await?;
            write.commit().await?;
            self.venue.live.end_sessions(&[name]).await;
        } else {
            sessions::name(&self.session).await?;
        }
        self.session.save().await?;
        let entered = self.session.get::<String>(ACCOUNT).await?.is_some();
        if entered {
            self.adopt_language(account).await?;
        } else {
            self.session.flush().await?;
        }
        Ok(entered)
    }

    /// Has a browser without a choice of its own carry that of the account.
    async fn adopt_language(&self, account: &Account) -> Result<(), DatabaseError> {
        if self.request_language.is_chosen() {
            return Ok(());
        }
        if let Some(contact) = store::contact(&self.venue.database, &account.id).await?
            && contact.language != self.request_language.current
        {
            self.request_language.choose(contact.language);
        }
        Ok(())
    }

    /// The name of the session, which it gets if it has none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_name(&self) -> Result<String, DatabaseError> {
        Ok(sessions::name(&self.session).await?)
    }
}

/// Asks for a letter, in the transaction of what it tells of.
pub(crate) async fn write_to(write: &mut Write, occasion: Occasion) -> Result<(), DatabaseError> {
    jobs::add(write, &Job::Letter(occasion)).await
}
