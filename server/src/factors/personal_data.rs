//! Personal data in passkeys and second factors.

use async_trait::async_trait;

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
};

/// Personal data in passkeys and second factors.
#[derive(Clone, Copy, Debug)]
pub struct FactorData;

#[async_trait]
impl PersonalData for FactorData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        Ok(Some(("factors", store::export(database, &subject.account).await?)))
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        store::forget(write, &subject.account).await?;
        Ok(ErasedFiles::new())
    }
}
