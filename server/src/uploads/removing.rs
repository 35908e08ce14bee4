//! Files are removed: by who brought them, by who keeps the room in order, with their room.

use std::collections::BTreeSet;

use bandstand_domain::{
    Millis, PersonId, RoomId,
    channel::{Cursor, Topic},
    uploads::{RoomFileId, UploadEvent},
};

use super::{FileCarrier, names, place, store};
use crate::{
    channel::event_log,
    clock,
    database::{DatabaseError, Write},
    ids::AccountId,
    services::Services,
    storage,
};

/// Removes files, each of the room that stands with it, also from the messages that carry them.
///
/// # Errors
/// Fails when the database does.
pub async fn remove(
    services: &Services,
    carrier: &dyn FileCarrier,
    files: &BTreeSet<(RoomId, RoomFileId)>,
) -> Result<(), DatabaseError> {
    let (mut gone, mut told) = (Vec::new(), BTreeSet::new());
    let mut write = services.database.begin().await?;
    lock_topics(&mut write, &files.iter().map(|(room, _)| *room).collect()).await?;
    for (room, id) in files {
        if let Some((position, message)) = store::delete_file(&mut write, *id).await? {
            tell_removed(&mut write, *room, *id, position).await?;
            if let Some(message) = message {
                carrier.lost(&mut write, *room, message).await?;
            }
            gone.push(*id);
            told.insert(Topic::Room(*room));
        }
    }
    let gone: Vec<_> = gone.into_iter().flat_map(names).collect();
    storage::discard_all(&mut write, &gone).await?;
    write.commit_unrevised().await?;
    services.announce(told).await;
    services.files.remove(&gone).await;
    Ok(())
}

/// Makes all else in these rooms wait, in the same order as all do who write into several: before any row of a file is
/// deleted, for which somebody may wait who has the topic.
async fn lock_topics(write: &mut Write, rooms: &BTreeSet<RoomId>) -> Result<(), DatabaseError> {
    for room in rooms {
        event_log::lock(write, Topic::Room(*room)).await?;
    }
    Ok(())
}

/// Removes the files that came for messages which nobody sent before an instant.
///
/// # Errors
/// Fails when the database does.
pub(super) async fn remove_unsent(
    services: &Services,
    before: Millis,
) -> Result<(), DatabaseError> {
    for (room, id) in store::unsent_before(&services.database, before).await? {
        let mut write = services.database.begin().await?;
        lock_topics(&mut write, &BTreeSet::from([room])).await?;
        // It may have been sent meanwhile.
        if store::delete_unsent(&mut write, id).await? {
            let gone = names(id);
            storage::discard_all(&mut write, &gone).await?;
            write.commit_unrevised().await?;
            services.files.remove(&gone).await;
        }
    }
    Ok(())
}

/// Tells that a file is gone, also who catches up, and takes away what was told of it: nothing of one that isn't in the
/// list yet.
pub(super) async fn tell_removed(
    write: &mut Write,
    room: RoomId,
    file: RoomFileId,
    position: i64,
) -> Result<(), DatabaseError> {
    if position < 0 {
        return Ok(());
    }
    let topic = Topic::Room(room);
    let event = UploadEvent::FileRemoved { file }.into();
    event_log::append(write, topic, &event, clock::now()).await?;
    event_log::replace(write, topic, Cursor(position), &event).await
}

/// Removes all files and uploads of `room` in the transaction that deletes it; answers the names of files to be
/// removed after the commit ([`Files::remove`](crate::storage::files::Files::remove)). What is told of them in the
/// room's log is left to who deletes that.
///
/// # Errors
/// Fails when the database does.
pub async fn remove_all(write: &mut Write, room: RoomId) -> Result<Vec<String>, DatabaseError> {
    store::delete_of_room(write, room).await?;
    storage::discard_place(write, &place(room)).await
}

/// Removes all rows of a person's files; their bytes are discarded by their owner.
pub(super) async fn remove_of(
    write: &mut Write,
    account: &AccountId,
    person: &PersonId,
) -> Result<(), DatabaseError> {
    let rooms = store::rooms_of(write, account, person).await?;
    lock_topics(write, &rooms).await?;
    for (room, id, position) in store::delete_of(write, account, person).await? {
        if let (Ok(room), Ok(id)) = (room.parse(), id.parse()) {
            tell_removed(write, room, id, position).await?;
        }
    }
    Ok(())
}
