//! Personal data in notifications: one's own inbox, and what came about by somebody in others'.

use async_trait::async_trait;
use bandstand_domain::channel::Topic;

use super::{store, tell_withdrawn};
use crate::{
    channel::event_log,
    clock,
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
};

/// Personal data in notifications: one's own inbox, and what came about by somebody in others'.
#[derive(Clone, Copy, Debug)]
pub struct NotificationData;

#[async_trait]
impl PersonalData for NotificationData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        Ok(Some(("notifications", store::export(database, &subject.account).await?)))
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        if let Some(inbox) = store::forget(write, &subject.account).await? {
            event_log::erase(write, Topic::Inbox(inbox)).await?;
        }
        // Nobody is told at once: open pages hear of it with what comes next.
        let taken = store::take_of(write, &subject.person).await?;
        tell_withdrawn(write, taken, clock::now()).await?;
        Ok(ErasedFiles::new())
    }
}
