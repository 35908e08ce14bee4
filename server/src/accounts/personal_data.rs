//! Personal data of the account itself: names, address, links in mails, delegations.

use async_trait::async_trait;

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
};

/// Personal data of the account itself: names, address, links in mails, delegations.
#[derive(Clone, Copy, Debug)]
pub struct AccountData;

#[async_trait]
impl PersonalData for AccountData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        Ok(store::export(database, &subject.account).await?.map(|account| ("account", account)))
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
