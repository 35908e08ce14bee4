//! The account or guest behind the current request.

use std::error::Error;

use bandstand_domain::{Refusal, accounts::Viewer, crowd::ChosenLook};

use super::{
    Account,
    guests::{self, GUEST, Guest},
    store,
};
use crate::{
    caller::Caller,
    database::DatabaseError,
    ids::{AccountId, SessionName},
    sessions::{self, ACCOUNT, EPOCH},
};

impl Caller {
    /// Makes the session that of `account`, under a new id against session fixation. It is written at
    /// once; false when the epoch in which `account` was read, and its person proved who they are, is
    /// over: then nobody is logged in.
    pub(crate) async fn enter(&self, account: &Account) -> Result<bool, DatabaseError> {
        let before = self.session.get::<AccountId>(ACCOUNT).await?;
        let name = sessions::name_of(&self.session).await?;
        self.session.cycle_id().await?;
        self.session.remove::<Guest>(GUEST).await?;
        self.session.insert(ACCOUNT, &account.id).await?;
        self.session.insert(EPOCH, account.epoch).await?;
        sessions::begin(&self.session, &self.user_agent).await?;
        if let (Some(_), Some(name)) = (before, name) {
            // What the account before held open here is not this one's.
            sessions::rename(&self.session).await?;
            let mut write = self.services.database.begin().await?;
            sessions::note(&mut write, &name).await?;
            write.commit().await?;
            self.services.end_sessions(&[name]).await;
        } else {
            sessions::name(&self.session).await?;
        }
        self.session.save().await?;
        let entered = self.session.get::<AccountId>(ACCOUNT).await?.is_some();
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
        if let Some(contact) = store::contact(&self.services.database, &account.id).await?
            && contact.language != self.request_language.current
        {
            self.request_language.choose(contact.language);
        }
        Ok(())
    }

    /// The name of the session, which it gets if it has none.
    pub async fn session_name(&self) -> Result<SessionName, DatabaseError> {
        Ok(sessions::name(&self.session).await?)
    }

    /// The caller as they may see themselves; none without an account and without a guest's name.
    pub async fn viewer(&self) -> Result<Option<Viewer>, DatabaseError> {
        Ok(self.figure().await?.map(|(viewer, _)| viewer))
    }

    /// The caller, with the look that they chose; without one, it follows from who they are.
    pub(crate) async fn figure(
        &self,
    ) -> Result<Option<(Viewer, Option<ChosenLook>)>, DatabaseError> {
        if let Some(account) = self.account().await? {
            return Ok(Some((account.viewer(), account.look)));
        }
        let guest = guests::guest(self).await?;
        Ok(guest.map(|guest| {
            let look = guest.look;
            (guest.viewer(), look)
        }))
    }

    /// The account that is logged in.
    pub async fn account(&self) -> Result<Option<Account>, DatabaseError> {
        match self.session.get::<AccountId>(ACCOUNT).await? {
            Some(id) => store::find(&self.services.database, &id).await,
            None => Ok(None),
        }
    }

    /// The account that is logged in, for what takes one.
    ///
    /// # Errors
    /// `NotLoggedIn`, `Broken`.
    pub(crate) async fn own_account<E: Error>(&self) -> Result<Account, Refusal<E>> {
        self.account().await?.ok_or(Refusal::NotLoggedIn)
    }

    /// The account that is logged in, for what takes one that puts on shows.
    ///
    /// # Errors
    /// `NotLoggedIn`, `Forbidden`, `Broken`.
    pub(crate) async fn own_stage<E: Error>(&self) -> Result<Account, Refusal<E>> {
        let account = self.own_account().await?;
        if account.artist { Ok(account) } else { Err(Refusal::Forbidden) }
    }
}
