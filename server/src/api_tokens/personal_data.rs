//! Personal data in API tokens.

use async_trait::async_trait;

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
};

/// Personal data in API tokens: which programs somebody has let in, and when.
#[derive(Clone, Copy, Debug)]
pub struct ApiTokenData;

#[async_trait]
impl PersonalData for ApiTokenData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        let tokens = store::of_account(database, &subject.account).await?;
        let tokens = serde_json::to_value(tokens).map_err(DatabaseError::decode)?;
        Ok(Some(("api_tokens", tokens)))
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        store::delete_all(write, &subject.account).await?;
        Ok(ErasedFiles::new())
    }
}
