//! Personal data in passkeys and second factors.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, PersonalData},
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
        export: &mut Map<String, Value>,
    ) -> Result<(), DatabaseError> {
        export.insert("factors".into(), store::export(database, &subject.account).await?);
        Ok(())
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
