//! Personal data in sessions: where somebody is logged in, and since when their players have this address.

use async_trait::async_trait;
use serde_json::json;

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

/// Personal data in the session of somebody's players: since when there is one.
#[derive(Clone, Copy, Debug)]
pub struct PlayerSessionData;

#[async_trait]
impl PersonalData for PlayerSessionData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        let player = store::player(database, &subject.account).await?;
        let renewed = |it: store::PlayerSession| json!({ "renewed_at": it.made_at });
        Ok(player.map(|it| ("listening_address", renewed(it))))
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        store::end_player(write, &subject.account).await?;
        Ok(ErasedFiles::new())
    }
}
