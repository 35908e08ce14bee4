//! Personal data in files that somebody shared in rooms.

use async_trait::async_trait;
use serde_json::json;

use super::{names, removing::remove_of, store};
use crate::{
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
    storage::{self, FileOwner},
};

/// Files that a person shared in rooms. What is on its way is in the data folder, and is swept.
#[derive(Clone, Copy, Debug)]
pub struct UploadData;

#[async_trait]
impl PersonalData for UploadData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        let files = store::of_account(database, &subject.account).await?;
        let files = files.into_iter().map(|it| {
            json!({
                "room": it.room,
                "address": it.file.path(it.room),
                "name": it.file.name,
                "stored_names": names(it.file.id),
                "shared_at": it.file.at,
                "media_type": it.media,
                "bytes": it.file.bytes,
            })
        });
        Ok(Some(("room_files", files.collect::<Vec<_>>().into())))
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        remove_of(write, &subject.account, &subject.person).await?;
        // Those from before there was an account; the others are discarded with all that the account owns.
        storage::discard_owned(write, &FileOwner::guest(subject.person.as_str())).await
    }
}
