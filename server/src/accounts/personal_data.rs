//! Personal data of the account itself: names, address, links in mails, delegations.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::store;
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, PersonalData},
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
        export: &mut Map<String, Value>,
    ) -> Result<(), DatabaseError> {
        if let Some(account) = store::export(database, &subject.account).await? {
            export.insert("account".into(), account);
        }
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
