//! Personal data of the profile: what somebody says of themselves, pictures, follows.

use async_trait::async_trait;

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
    pictures,
};

/// Personal data of the profile: what somebody says of themselves, pictures, follows.
#[derive(Clone, Copy, Debug)]
pub struct ProfileData;

#[async_trait]
impl PersonalData for ProfileData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        Ok(Some(("profile", store::export(database, &subject.account).await?)))
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
