//! Notifications, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::notifications::port::Notifications;
use bandstand_domain::{
    FieldErrors,
    channel::{Event, Topic},
    notifications::{Inbox, InboxEvent, InboxPage, NotificationError, NotificationSettings},
    text,
};
use jiff::tz::TimeZone;

use super::{store, topic};
use crate::{caller::Caller, channel::event_log, clock, http::limits::Limit};

#[async_trait]
impl Notifications for Caller {
    async fn inbox(&self) -> Result<Inbox, NotificationError> {
        let account = self.own_account().await?;
        let database = &self.services.database;
        let (id, _) = store::inbox(database, &account.id).await?;
        Ok(topic::state(database, &account.id, id).await?)
    }

    async fn list(&self, before: Option<i64>) -> Result<InboxPage, NotificationError> {
        let inbox = self.inbox().await?;
        let account = self.own_account().await?;
        let before = before.unwrap_or(i64::MAX);
        let (notifications, before) =
            store::page(&self.services.database, &account.id, before).await?;
        Ok(InboxPage { inbox, notifications, before })
    }

    async fn read(&self, from: i64, up_to: i64) -> Result<u32, NotificationError> {
        let account = self.own_account().await?;
        self.limited(Limit::Notifications, &account.id)?;
        let now = clock::now();
        let mut write = self.services.database.begin().await?;
        let Some(inbox) = store::lock(&mut write, &account.id).await? else { return Ok(0) };
        let read = store::read(&mut write, &account.id, (from, up_to), now).await?;
        let unread = store::unread(&mut write, &account.id).await?;
        if read > 0 {
            let topic = Topic::Inbox(inbox);
            let event = Event::Inbox(InboxEvent::NoticesRead { from, up_to, unread });
            event_log::append(&mut write, topic, &event, now).await?;
            write.commit_unrevised().await?;
            self.services.announce([topic]).await;
        }
        Ok(unread)
    }

    async fn settings(&self) -> Result<NotificationSettings, NotificationError> {
        let account = self.own_account().await?;
        let found = store::find(&self.services.database, &account.id).await?;
        Ok(found.map(|(_, settings)| settings).unwrap_or_default())
    }

    async fn save_settings(&self, settings: NotificationSettings) -> Result<(), NotificationError> {
        let account = self.own_account().await?;
        self.limited(Limit::Notifications, &account.id)?;
        settings.check()?;
        let mut settings = settings.tidy();
        let zone = TimeZone::get(settings.time_zone.trim());
        let Ok(zone) = zone else {
            return Err(FieldErrors::one("time_zone", text!(server.shows.unknown_zone)).into());
        };
        settings.time_zone = zone.iana_name().unwrap_or("UTC").to_owned();
        let database = &self.services.database;
        store::inbox(database, &account.id).await?;
        let mut write = database.begin().await?;
        store::save_settings(&mut write, &account.id, &settings).await?;
        write.commit_unrevised().await?;
        Ok(())
    }
}
