//! People without an account.

use bandstand_domain::{
    FieldErrors, PersonId, Refusal,
    accounts::{Role, Viewer, check_guest_name},
    crowd::ChosenLook,
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
    /// Name that they chose.
    pub name: String,
    /// Look of their figure, if they chose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<ChosenLook>,
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

/// Returns who `caller` is as a guest, and what their figure wears; somebody new, if they are none.
pub(crate) async fn identity(
    caller: &Caller,
) -> Result<(PersonId, Option<ChosenLook>), DatabaseError> {
    let guest = guest(caller).await?;
    Ok(guest.map_or_else(|| (new_person(), None), |guest| (guest.person, guest.look)))
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
    let (person, look) = identity(caller).await?;
    let guest = Guest { person, name: tidy_name(name), look };
    note(caller, &guest).await?;
    Ok(guest.viewer())
}

/// Keeps what is known of a guest.
pub(super) async fn note(caller: &Caller, guest: &Guest) -> Result<(), DatabaseError> {
    caller.session.insert(GUEST, guest).await?;
    // Now, so that requests that come at the same time don't each give it another one.
    sessions::name(&caller.session).await?;
    Ok(())
}
