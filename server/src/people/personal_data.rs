//! Personal data of the profile: what somebody says of themselves, pictures, follows.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::{pictures, store};
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, PersonalData},
};

/// Personal data of the profile: what somebody says of themselves, pictures, follows.
#[derive(Clone, Copy, Debug)]
pub struct ProfileData;

#[async_trait]
impl PersonalData for ProfileData {
    fn file_folders(&self) -> &'static [&'static str] {
        &[pictures::FOLDER]
    }

    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
        export: &mut Map<String, Value>,
    ) -> Result<(), DatabaseError> {
        export.insert("profile".into(), store::export(database, &subject.account).await?);
        Ok(())
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        let picture = store::forget(write, &subject.account).await?;
        Ok(picture.iter().flat_map(pictures::names).collect())
    }
}
