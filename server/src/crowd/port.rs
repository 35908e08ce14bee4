//! The crowd, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::crowd::port::Crowd;
use bandstand_domain::{
    Refusal, ShowId,
    crowd::{ChosenLook, CrowdError, CrowdReason, Figure},
};

use super::{
    Crowds,
    store::{self, Like},
};
use crate::{
    caller::Caller,
    clock,
    http::limits::Limit,
    shows::access::{self, ShowEntry},
};

/// The port of the crowd.
#[derive(Debug)]
pub struct CrowdPort {
    /// Caller of the request.
    pub caller: Caller,
    /// Presence at the shows.
    pub crowds: Crowds,
}

#[async_trait]
impl Crowd for CrowdPort {
    async fn figure(&self) -> Result<Figure, CrowdError> {
        let (viewer, look) = self.caller.figure().await?.ok_or(Refusal::NotLoggedIn)?;
        Ok(Figure { person: viewer.person, name: viewer.name, look })
    }

    async fn wear(&self, look: Option<ChosenLook>) -> Result<(), CrowdError> {
        let person = self.caller.keep_look(look).await?;
        self.crowds.dress(&person, look);
        Ok(())
    }

    async fn like(&self, show: ShowId) -> Result<u64, CrowdError> {
        let ShowEntry { viewer, facts, .. } = access::enter(&self.caller, show).await?;
        if facts.is_closed(clock::now()) {
            return Err(Refusal::Because(CrowdReason::Over));
        }
        self.caller.limited(Limit::Like, (show, &viewer.person))?;
        let database = &self.caller.services.database;
        match store::like(database, show, &viewer.person, clock::now()).await {
            Ok(Like::Counted(likes)) => {
                self.crowds.liked(show, likes);
                Ok(likes)
            }
            Ok(Like::TooFresh(seconds)) => Err(Refusal::Because(CrowdReason::CoolDown { seconds })),
            Err(error) => Err(error.into()),
        }
    }
}
