//! Personal data in recordings, which go with their artist.

use async_trait::async_trait;
use serde_json::json;

use super::{store, stored_name};
use crate::{
    crowd,
    database::{Database, DatabaseError, Write},
    personal_data::{DataSubject, ErasedFiles, ExportMember, PersonalData},
    storage::{self, FileOwner},
};

/// Recordings of an artist. Their files in the data folder that are in no storage yet are swept.
#[derive(Clone, Copy, Debug)]
pub struct RecordingData;

#[async_trait]
impl PersonalData for RecordingData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        let mut recordings = Vec::new();
        for row in store::of_artist(database, &subject.account).await? {
            let files = store::files_of(database, row.show).await?;
            let files = files.iter().map(|it| {
                json!({
                    "address": format!("/recordings/{}", it.file.id),
                    "name": stored_name(it.file.id),
                    "began_at": it.began_at,
                    "milliseconds": it.file.duration,
                    "media_type": it.file.media_type,
                    "bytes": it.file.bytes,
                })
            });
            let mp3 = store::mp3(database, row.show).await?.and_then(|it| it.file);
            let mp3 = mp3.map(|it| {
                json!({
                    "address": it.path(),
                    "name": stored_name(it.id),
                    "milliseconds": it.duration,
                    "bytes": it.bytes,
                })
            });
            recordings.push(json!({
                "show": row.show,
                "began_at": row.began_at,
                "links": store::links(database, row.show).await?,
                "files": files.collect::<Vec<_>>(),
                "mp3": mp3,
            }));
        }
        Ok(Some(("recordings", recordings.into())))
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        let names = storage::discard_owned(write, &FileOwner::recordings(&subject.account)).await?;
        store::delete_of_artist(write, &subject.account).await?;
        crowd::forget_moments_of(write, &subject.account).await?;
        Ok(names)
    }
}

/// Bookmarks of a person in recordings of anybody.
#[derive(Clone, Copy, Debug)]
pub struct BookmarkData;

#[async_trait]
impl PersonalData for BookmarkData {
    async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        let bookmarks = store::bookmarks_of(database, &subject.account).await?;
        let bookmark = |(show, second)| json!({ "show": show, "second": second });
        let bookmarks = bookmarks.into_iter().map(bookmark).collect::<Vec<_>>();
        Ok(Some(("bookmarks", bookmarks.into())))
    }

    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        store::forget_bookmarks(write, &subject.account).await?;
        Ok(ErasedFiles::new())
    }
}
