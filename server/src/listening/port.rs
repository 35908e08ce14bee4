//! Listening with players, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::listening::port::PersonalAddresses;
use bandstand_domain::{ShowId, listening::PersonalAddress, shows::ShowError};

use crate::caller::Caller;

/// The port of listening with players.
#[derive(Debug)]
pub struct ListeningPort {
    /// Caller of the request.
    pub caller: Caller,
    /// Tells whether the venue makes MP3.
    pub mp3: bool,
}

#[async_trait]
impl PersonalAddresses for ListeningPort {
    async fn address(&self, show: ShowId) -> Result<PersonalAddress, ShowError> {
        let session = super::session(&self.caller, show).await?;
        Ok(super::addresses(&self.caller.services, &session, show, self.mp3))
    }

    async fn renew(&self, show: ShowId) -> Result<PersonalAddress, ShowError> {
        let session = super::renewed(&self.caller, show).await?;
        Ok(super::addresses(&self.caller.services, &session, show, self.mp3))
    }
}
