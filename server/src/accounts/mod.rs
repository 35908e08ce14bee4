//! Accounts and guests: who somebody is, how they prove it, and the mails that they get.

mod current;
pub mod emails;
pub(crate) mod guests;
mod looks;
pub mod personal_data;
mod proof;
mod relations;
pub mod store;

use bandstand_domain::{
    PersonId,
    accounts::{Role, Viewer},
};

pub use store::Account;

use crate::{
    background::jobs,
    crypto::random,
    database::{DatabaseError, Write},
};
use emails::EmailKind;

/// A new public identity: 128 random bits.
pub fn new_person() -> PersonId {
    PersonId::new(random::secret())
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

/// Asks for a letter, in the transaction of what it tells of.
pub(crate) async fn write_to(write: &mut Write, kind: EmailKind) -> Result<(), DatabaseError> {
    jobs::add(write, &kind).await
}
