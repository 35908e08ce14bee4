//! Personal data in chats: messages and mutes.

use async_trait::async_trait;

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
};

/// Personal data in chats: messages and mutes.
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
