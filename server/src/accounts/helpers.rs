//! Who looks after an artist's shows beside the artist.

use async_trait::async_trait;
use bandstand_app::accounts::port::Helpers;
use bandstand_domain::{
    FieldErrors,
    accounts::{AccountError, Helper},
};

use super::store::{self, helpers};
use crate::{caller::Caller, http::limits::Limit};

/// The most helpers of one artist.
const MOST: usize = 20;

#[async_trait]
impl Helpers for Caller {
    async fn helpers(&self) -> Result<Vec<Helper>, AccountError> {
        let artist = self.own_stage().await?;
        Ok(helpers::list(&self.venue.database, &artist.id).await?)
    }

    async fn add_helper(&self, handle: String) -> Result<Vec<Helper>, AccountError> {
        let artist = self.own_stage().await?;
        self.limited(Limit::Settings, &artist.id)?;
        let database = &self.venue.database;
        let complain = |words: String| Err(FieldErrors::one("helper", words).into());
        let handle = handle.trim().trim_start_matches('@');
        // Handles are public; an address is never looked up here.
        let known = store::by_handle(database, handle).await?;
        let Some(helper) = known else {
            return complain(format!("There is nobody called ‘{handle}’."));
        };
        if helper.id == artist.id {
            return complain("You look after your own shows anyway.".into());
        }
        if helpers::list(database, &artist.id).await?.len() >= MOST {
            return complain(format!("At most {MOST} people help one artist."));
        }
        helpers::add(database, &artist.id, &helper.id).await?;
        Ok(helpers::list(database, &artist.id).await?)
    }

    async fn remove_helper(&self, handle: String) -> Result<Vec<Helper>, AccountError> {
        let artist = self.own_stage().await?;
        self.limited(Limit::Settings, &artist.id)?;
        let database = &self.venue.database;
        helpers::remove(database, &artist.id, handle.trim()).await?;
        Ok(helpers::list(database, &artist.id).await?)
    }
}
