//! Personal data in chats: messages, reactions, mentions and mutes.

use async_trait::async_trait;

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
};

/// Personal data in chats: messages, mentions and mutes; and it erases reactions.
#[derive(Clone, Copy, Debug)]
pub struct ChatData;

#[async_trait]
impl PersonalData for ChatData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        Ok(Some(("messages", store::export(database, &subject.person).await?)))
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        store::forget_person(write, &subject.person).await?;
        Ok(ErasedFiles::new())
    }
}

/// Personal data in chats: reactions to messages.
#[derive(Clone, Copy, Debug)]
pub struct ReactionData;

#[async_trait]
impl PersonalData for ReactionData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        let reactions = store::export_reactions(database, &subject.person).await?;
        Ok(Some(("reactions", reactions)))
    }

    /// [`ChatData`] has erased them together with the messages.
    async fn erase(&self, _: &mut Write, _: &DataSubject) -> Result<ErasedFiles, DatabaseError> {
        Ok(ErasedFiles::new())
    }
}
