//! Personal data in shows, which stay: the name of their artist in the logs.

use async_trait::async_trait;

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
};

/// Personal data in shows, which stay: the name of their artist in the logs.
#[derive(Clone, Copy, Debug)]
pub struct ShowData;

#[async_trait]
impl PersonalData for ShowData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        Ok(Some(("shows", store::export(database, &subject.account).await?)))
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        store::forget_artist(write, &subject.account).await?;
        Ok(ErasedFiles::new())
    }
}
