//! Helpers, who look after an artist's shows beside the artist.

use async_trait::async_trait;
use bandstand_app::accounts::port::Helpers;
use bandstand_domain::{
    FieldErrors, Text,
    accounts::{AccountError, Helper},
    notifications::{NotificationContent, NotificationKind},
    text,
};

use crate::{
    accounts::store::{
        self,
        helpers::{self, Delegation},
    },
    caller::Caller,
    clock,
    http::limits::Limit,
    notifications::{self, NewNotification, notify},
};

/// The most helpers of one artist.
const MAX_HELPERS: usize = 20;

#[async_trait]
impl Helpers for Caller {
    async fn helpers(&self) -> Result<Vec<Helper>, AccountError> {
        let artist = self.own_stage().await?;
        Ok(helpers::list(&self.services.database, &artist.id).await?)
    }

    async fn add_helper(&self, handle: String) -> Result<Vec<Helper>, AccountError> {
        let artist = self.own_stage().await?;
        self.limited(Limit::Settings, &artist.id)?;
        let database = &self.services.database;
        let complain = |text: Text| Err(FieldErrors::one("helper", text).into());
        let handle = handle.trim().trim_start_matches('@');
        // Handles are public; an address is never looked up here.
        let known = store::by_handle(database, handle).await?;
        let Some(helper) = known else {
            return complain(text!(server.accounts.nobody_called, handle = handle));
        };
        if helper.id == artist.id {
            return complain(text!(server.accounts.own_helper));
        }
        if helpers::list(database, &artist.id).await?.len() >= MAX_HELPERS {
            return complain(text!(server.accounts.many_helpers, most = MAX_HELPERS));
        }
        let mut write = database.begin().await?;
        let delegation = Delegation { artist: &artist.id, helper: &helper.id };
        let told = if helpers::add(&mut write, delegation).await? {
            let new = NewNotification {
                kind: NotificationKind::Helper,
                key: format!("helper:{}", artist.person),
                place: format!("/artists/{}", artist.handle),
                room: None,
                by: Some(artist.person.clone()),
                content: NotificationContent { name: artist.name, ..Default::default() },
            };
            notify(&mut write, &helper.id, &new, clock::now()).await?
        } else {
            None
        };
        write.commit().await?;
        notifications::announce(&self.services, told).await;
        Ok(helpers::list(database, &artist.id).await?)
    }

    async fn remove_helper(&self, handle: String) -> Result<Vec<Helper>, AccountError> {
        let artist = self.own_stage().await?;
        self.limited(Limit::Settings, &artist.id)?;
        let database = &self.services.database;
        helpers::remove(database, &artist.id, handle.trim()).await?;
        Ok(helpers::list(database, &artist.id).await?)
    }
}
