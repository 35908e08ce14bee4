//! Files of rooms, for the person who makes the current request.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use bandstand_app::uploads::port::Uploads;
use bandstand_domain::{
    Refusal, RoomId,
    channel::Topic,
    uploads::{FILES_PAGE, FilePage, MAX_OWN_FILES, OwnFiles, RoomFileId, UploadError},
};

use super::{FileCarrier, owner, removing::remove, store, tus::may_share};
use crate::{
    caller::Caller,
    channel::event_log,
    http::limits::Limit,
    rights::{Action, Resource},
    rooms::access::enter,
};

/// The port of files in rooms.
#[derive(Clone, Debug)]
pub struct UploadsPort {
    /// Caller of the request.
    pub caller: Caller,
    /// Whoever keeps the messages that carry files.
    pub carrier: Arc<dyn FileCarrier>,
}

#[async_trait]
impl Uploads for UploadsPort {
    async fn list(&self, room: RoomId, before: Option<i64>) -> Result<FilePage, UploadError> {
        let entry = enter(&self.caller, room).await?;
        let services = &self.caller.services;
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
        let caller = &self.caller;
        let viewer = caller.viewer().await?.ok_or(Refusal::NotLoggedIn)?;
        let account = caller.account().await?.map(|account| account.id);
        let services = &caller.services;
        let files = store::own(&services.database, &viewer.person, MAX_OWN_FILES).await?;
        // Whatever room: what counts in one's own quota counts in all of them together.
        let owner = owner(account.as_ref(), &viewer, RoomId(uuid::Uuid::nil()));
        let (used, most) = services.files.used(&owner).await?;
        Ok(OwnFiles { files, used, most })
    }

    async fn remove(&self, ids: Vec<RoomFileId>) -> Result<(), UploadError> {
        let caller = &self.caller;
        let viewer = caller.viewer().await?.ok_or(Refusal::NotLoggedIn)?;
        caller.limited(Limit::Uploads, &viewer.person)?;
        let database = &caller.services.database;
        let (mut files, mut rooms) = (BTreeSet::new(), BTreeMap::new());
        for id in ids.into_iter().take(MAX_OWN_FILES).collect::<BTreeSet<_>>() {
            let Some(row) = store::file(database, id).await? else { continue };
            if row.file.person != viewer.person {
                let may = match rooms.get(&row.room) {
                    Some(may) => *may,
                    None => {
                        let entry = enter(caller, row.room).await?;
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
            remove(&caller.services, &*self.carrier, &files).await?;
        }
        Ok(())
    }
}
