//! Looks of figures in the crowd.

use std::error::Error;

use bandstand_domain::{PersonId, Refusal, crowd::ChosenLook};

use super::{guests, store};
use crate::{caller::Caller, http::limits::Limit};

impl Caller {
    /// Keeps the look that the caller chooses. Returns who they are.
    ///
    /// # Errors
    /// `NotLoggedIn` for nobody, `TooMany`, `Broken`.
    pub(crate) async fn keep_look<E: Error>(
        &self,
        look: Option<ChosenLook>,
    ) -> Result<PersonId, Refusal<E>> {
        if let Some(account) = self.account().await? {
            self.limited(Limit::Wear, &account.person)?;
            let mut write = self.services.database.begin().await?;
            store::set_look(&mut write, &account.id, look).await?;
            write.commit_unrevised().await?;
            return Ok(account.person);
        }
        let guest = guests::guest(self).await?.ok_or(Refusal::NotLoggedIn)?;
        self.limited(Limit::Wear, &guest.person)?;
        let person = guest.person.clone();
        guests::note(self, &guests::Guest { look, ..guest }).await?;
        Ok(person)
    }
}
