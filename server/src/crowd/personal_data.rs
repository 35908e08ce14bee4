//! Personal data of the crowd: likes.

use async_trait::async_trait;

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
};

/// Personal data of the crowd: likes.
#[derive(Clone, Copy, Debug)]
pub struct CrowdData;

#[async_trait]
impl PersonalData for CrowdData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        Ok(Some(("likes", store::export(database, &subject.person).await?)))
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
