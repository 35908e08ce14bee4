//! The crowd, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::crowd::port::Crowd;
use bandstand_domain::{
    Refusal, ShowId,
    crowd::{CrowdError, CrowdReason},
};

use super::store::{self, Like};
use crate::{
    caller::Caller,
    clock,
    http::limits::Limit,
    stage::access::{self, Entry},
};

#[async_trait]
impl Crowd for Caller {
    async fn like(&self, show: ShowId) -> Result<u64, CrowdError> {
        let Entry { viewer, facts } = access::enter(self, show).await?;
        if access::is_over(&facts, clock::now()) {
            return Err(Refusal::Because(CrowdReason::Over));
        }
        self.limited(Limit::Like, (show, &viewer.person))?;
        let database = &self.venue.database;
        match store::like(database, show, &viewer.person, clock::now()).await {
            Ok(Like::Counted(likes)) => {
                self.venue.live.crowds().liked(show, likes);
                Ok(likes)
            }
            Ok(Like::TooFresh(seconds)) => Err(Refusal::Because(CrowdReason::CoolDown { seconds })),
            Err(error) => Err(error.into()),
        }
    }
}
