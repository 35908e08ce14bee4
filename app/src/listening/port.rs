//! Needs of listening with players from the server.

use async_trait::async_trait;
use bandstand_domain::{ShowId, listening::PersonalAddress, shows::ShowError};

/// Personal addresses, for the person who makes the current request.
#[async_trait]
pub trait PersonalAddresses: Send + Sync {
    /// One's own address of a show that one may hear.
    async fn address(&self, show: ShowId) -> Result<PersonalAddress, ShowError>;
    /// The same after all of one's own addresses were made anew: the former ones open nothing any more, and what is
    /// heard by them ends.
    async fn renew(&self, show: ShowId) -> Result<PersonalAddress, ShowError>;
}
