//! Personal data in stream keys, which are erased and never exported.

use async_trait::async_trait;

use super::store;
use crate::{
    database::{DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, PersonalData},
};

/// Personal data in stream keys, which are erased and never exported.
#[derive(Clone, Copy, Debug)]
pub struct StreamKeyData;

#[async_trait]
impl PersonalData for StreamKeyData {
    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        store::delete_all(write, &subject.account).await?;
        Ok(ErasedFiles::new())
    }
}
