//! People without an account.

use bandstand_domain::{
    FieldErrors, PersonId, Refusal,
    accounts::{Role, Viewer, check_guest_name},
    visible::tidy_name,
};
use serde::{Deserialize, Serialize};

use super::new_person;
use crate::{
    caller::Caller,
    database::DatabaseError,
    http::limits::{Limit, by_address},
    sessions,
};

/// The session's value that holds a [`Guest`].
pub(super) const GUEST: &str = "guest";

/// A person without an account. They live in their session alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Guest {
    /// Identity of the guest for as long as the session lasts, and of their account if they make one.
    pub person: PersonId,
    name: String,
}

impl Guest {
    /// The guest as they may see themselves.
    pub fn viewer(self) -> Viewer {
        Viewer {
            person: self.person,
            name: self.name,
            handle: None,
            role: Role::Guest,
            confirmed: false,
            picture: None,
        }
    }
}

/// The guest that `caller` is.
pub(super) async fn guest(caller: &Caller) -> Result<Option<Guest>, DatabaseError> {
    Ok(caller.session.get(GUEST).await?)
}

/// Returns the identity of `caller` as a guest; a new one, if they are none.
pub(crate) async fn person(caller: &Caller) -> Result<PersonId, DatabaseError> {
    Ok(guest(caller).await?.map_or_else(new_person, |guest| guest.person))
}

/// Makes `caller` a guest called `name`; who is one already stays the same person.
///
/// # Errors
/// `Forbidden` for who is logged in, `Invalid` for the name, `TooMany`, `Broken`.
pub(crate) async fn enter<E: std::error::Error>(
    caller: &Caller,
    name: &str,
) -> Result<Viewer, Refusal<E>> {
    if caller.account().await?.is_some() {
        return Err(Refusal::Forbidden);
    }
    if let Some(complaint) = check_guest_name(name) {
        return Err(FieldErrors::one("name", complaint).into());
    }
    caller.limited(Limit::Guest, by_address(caller.address))?;
    let person = person(caller).await?;
    let guest = Guest { person, name: tidy_name(name) };
    note(caller, &guest).await?;
    Ok(guest.viewer())
}

async fn note(caller: &Caller, guest: &Guest) -> Result<(), DatabaseError> {
    caller.session.insert(GUEST, guest).await?;
    // Now, so that requests that come at the same time don't each give it another one.
    sessions::name(&caller.session).await?;
    Ok(())
}
