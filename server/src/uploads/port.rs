//! Files of rooms, for the person who makes the current request.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use bandstand_app::uploads::port::Uploads;
use bandstand_domain::{
    Refusal, RoomId,
    channel::Topic,
    uploads::{FILES_PAGE, FilePage, MAX_OWN_FILES, OwnFiles, RoomFileId, UploadError},
};

use super::{owner, removing::remove, store, tus::may_share};
use crate::{
    caller::Caller,
    channel::event_log,
    http::limits::Limit,
    rights::{Action, Resource},
    rooms::access::enter,
};

#[async_trait]
impl Uploads for Caller {
    async fn list(&self, room: RoomId, before: Option<i64>) -> Result<FilePage, UploadError> {
        let entry = enter(self, room).await?;
        let services = &self.services;
        // First, so that what is newer comes as an event.
        let cursor = event_log::latest(&services.database, Topic::Room(room)).await?;
        let before = before.unwrap_or(i64::MAX);
        let mut files = store::page(&services.database, room, before, FILES_PAGE + 1).await?;
        let more = files.len() > FILES_PAGE as usize;
        files.truncate(FILES_PAGE as usize);
        Ok(FilePage {
            files,
            more,
            may_share: may_share(&entry).is_ok(),
            moderates: entry.may(Resource::RoomFiles, Action::Delete),
            viewer: Some(entry.viewer.person),
            max_bytes: services.config.uploads.max_file_bytes,
            cursor,
        })
    }

    async fn mine(&self) -> Result<OwnFiles, UploadError> {
        let viewer = self.viewer().await?.ok_or(Refusal::NotLoggedIn)?;
        let account = self.account().await?.map(|account| account.id);
        let services = &self.services;
        let files = store::own(&services.database, &viewer.person, MAX_OWN_FILES).await?;
        // Whatever room: what counts in one's own quota counts in all of them together.
        let owner = owner(account.as_ref(), &viewer, RoomId(uuid::Uuid::nil()));
        let (used, most) = services.files.used(&owner).await?;
        Ok(OwnFiles { files, used, most })
    }

    async fn remove(&self, ids: Vec<RoomFileId>) -> Result<(), UploadError> {
        let viewer = self.viewer().await?.ok_or(Refusal::NotLoggedIn)?;
        self.limited(Limit::Uploads, &viewer.person)?;
        let database = &self.services.database;
        let (mut files, mut rooms) = (BTreeSet::new(), BTreeMap::new());
        for id in ids.into_iter().take(MAX_OWN_FILES).collect::<BTreeSet<_>>() {
            let Some(row) = store::file(database, id).await? else { continue };
            if row.file.person != viewer.person {
                let may = match rooms.get(&row.room) {
                    Some(may) => *may,
                    None => {
                        let entry = enter(self, row.room).await?;
                        entry.may(Resource::RoomFiles, Action::Delete)
                    }
                };
                rooms.insert(row.room, may);
                if !may {
                    return Err(Refusal::Forbidden);
                }
            }
            files.insert((row.room, id));
        }
        if !files.is_empty() {
            remove(&self.services, &files).await?;
        }
        Ok(())
    }
}
