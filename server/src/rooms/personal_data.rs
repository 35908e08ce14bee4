//! Personal data in rooms: memberships, invitations, knocks, bans, pictures.

use async_trait::async_trait;
use serde_json::Value;

use super::store::personal;
use crate::{
    clock,
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
    pictures, storage,
};

/// Personal data in rooms: memberships, invitations, knocks, bans, pictures.
#[derive(Clone, Copy, Debug)]
pub struct RoomData;

#[async_trait]
impl PersonalData for RoomData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        let rooms: Value = personal::export(database, &subject.account).await?;
        Ok(Some(("rooms", rooms)))
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        let pictures =
            personal::forget(write, (&subject.account, &subject.person), clock::now()).await?;
        let gone: Vec<String> = pictures.iter().flat_map(pictures::names).collect();
        for name in &gone {
            storage::discard(write, name).await?;
        }
        Ok(gone.into_iter().collect())
    }
}
