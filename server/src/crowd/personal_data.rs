//! Personal data of the crowd: likes.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, PersonalData},
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
        export: &mut Map<String, Value>,
    ) -> Result<(), DatabaseError> {
        export.insert("likes".into(), store::export(database, &subject.person).await?);
        Ok(())
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
