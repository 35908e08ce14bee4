//! Admission to a show.

use bandstand_domain::{
    Refusal, ShowId,
    accounts::{Role, Viewer},
    crowd::ChosenLook,
};

use super::ShowFacts;
use crate::{caller::Caller, database::Database};

/// Somebody with a name, at a show that there is.
#[derive(Clone, Debug)]
pub struct ShowEntry {
    /// The viewer who enters.
    pub viewer: Viewer,
    /// The look that they chose.
    pub look: Option<ChosenLook>,
    /// The facts of the show.
    pub facts: ShowFacts,
}

impl ShowEntry {
    /// Tells whether the show is the viewer's own.
    pub fn is_artist(&self) -> bool {
        self.viewer.person == self.facts.artist_person
    }
}

/// Lets the caller into `show`: anybody with an account or a guest's name may enter a show that
/// wasn't deleted, guests unless the artist has forbidden them.
///
/// # Errors
/// `NotFound`, `Gone`, `NotLoggedIn` for who has no name, `Forbidden` for a guest where there are to
/// be none, `Broken`.
pub async fn enter<E: std::error::Error>(
    caller: &Caller,
    show: ShowId,
) -> Result<ShowEntry, Refusal<E>> {
    let facts = facts(&caller.services.database, show).await?;
    let (viewer, look) = caller.figure().await?.ok_or(Refusal::NotLoggedIn)?;
    if facts.members_only && viewer.role == Role::Guest {
        return Err(Refusal::Forbidden);
    }
    Ok(ShowEntry { viewer, look, facts })
}

/// Returns the facts that decide about access to `show`.
///
/// # Errors
/// `NotFound`, `Gone`, `Broken`.
pub async fn facts<E: std::error::Error>(
    database: &Database,
    show: ShowId,
) -> Result<ShowFacts, Refusal<E>> {
    let facts = super::facts(database, show).await?;
    match facts {
        None => Err(Refusal::NotFound),
        Some(facts) if facts.deleted => Err(Refusal::Gone),
        Some(facts) => Ok(facts),
    }
}
