//! Personal data in files, whichever feature keeps them.

use async_trait::async_trait;

use super::store::{self, FileOwner};
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
};

/// Files of an account, whichever feature keeps them.
#[derive(Clone, Copy, Debug)]
pub struct FileData;

#[async_trait]
impl PersonalData for FileData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        let files = store::by_owner(database, &FileOwner::account(&subject.account)).await?;
        let files = serde_json::to_value(files).map_err(DatabaseError::decode)?;
        Ok(Some(("files", files)))
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        store::discard_owned(write, &FileOwner::account(&subject.account)).await
    }
}
