//! Personal data in happenings: who planned them, and answers.

use async_trait::async_trait;

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
};

/// Personal data in happenings: who planned them, and answers.
#[derive(Clone, Copy, Debug)]
pub struct HappeningData;

#[async_trait]
impl PersonalData for HappeningData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        Ok(Some(("happenings", store::export(database, &subject.person).await?)))
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        store::forget(write, &subject.account, &subject.person).await?;
        Ok(ErasedFiles::new())
    }
}
