//! Passwords as proof of who somebody is.

use std::error::Error;

use bandstand_domain::{FieldErrors, Refusal, Secret, text};

use super::{
    Account,
    emails::EmailKind,
    store::{self, Known},
    write_to,
};
use crate::{
    caller::Caller,
    crypto::passwords::Verdict,
    database::DatabaseError,
    http::limits::{Limit, by_address},
};

impl Caller {
    /// Asks for a letter.
    pub(crate) async fn ask(&self, kind: EmailKind) -> Result<(), DatabaseError> {
        let mut write = self.services.database.begin().await?;
        write_to(&mut write, kind).await?;
        write.commit().await?;
        self.services.jobs.wake();
        Ok(())
    }

    /// Returns whether `password` is that of `known`; takes as long when there is none. One that was hashed
    /// as it was typed, by an earlier version, is hashed anew.
    pub(crate) async fn is_password<E: Error>(
        &self,
        known: Option<&Known>,
        password: &Secret,
    ) -> Result<bool, Refusal<E>> {
        let passwords = &self.services.passwords;
        let hash = known.map(|known| known.password.clone());
        let verdict = passwords.verify(password, hash).await?;
        if let (Verdict::RightAsTyped, Some(known)) = (verdict, known) {
            let hash = passwords.hash(password).await?;
            store::rehash(&self.services.database, known, &hash).await?;
        }
        Ok(verdict != Verdict::Wrong)
    }

    /// Asks for the password again, before something that a stolen session must not do.
    ///
    /// # Errors
    /// A complaint about `field` when it isn't the account's.
    pub(crate) async fn check_own_password<E: Error>(
        &self,
        account: &Account,
        field: &str,
        password: &Secret,
    ) -> Result<(), Refusal<E>> {
        self.limited(Limit::Settings, &account.id)?;
        self.limited(Limit::LogIn, (by_address(self.address), &account.id))?;
        let known = store::known_by_id(&self.services.database, &account.id).await?;
        if self.is_password(known.as_ref(), password).await? {
            Ok(())
        } else {
            Err(FieldErrors::one(field, text!(server.accounts.wrong_password)).into())
        }
    }
}
