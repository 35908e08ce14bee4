//! Personal data in sessions: where somebody is logged in.

use async_trait::async_trait;

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
};

/// Personal data in sessions: where somebody is logged in.
#[derive(Clone, Copy, Debug)]
pub struct SessionData;

#[async_trait]
impl PersonalData for SessionData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        let sessions = store::list(database, &subject.account, subject.session.as_ref()).await?;
        let sessions = serde_json::to_value(sessions).map_err(DatabaseError::decode)?;
        Ok(Some(("sessions", sessions)))
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
