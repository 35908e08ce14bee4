//! Bookmarks: moments of a recording that somebody with an account wants to find again, on any device.

use bandstand_domain::{
    Refusal, ShowId,
    recordings::{MAX_BOOKMARKS, RecordingError, RecordingReason},
};

use super::{access::to_play, store};
use crate::{accounts::store::lock, caller::Caller, http::limits::Limit};

/// The bookmarks of the caller in the recording of `show`, which they may play: seconds since its beginning.
///
/// # Errors
/// As [`to_play`]; `NotLoggedIn`.
pub async fn list(caller: &Caller, show: ShowId) -> Result<Vec<u64>, RecordingError> {
    let account = caller.own_account().await?;
    to_play(caller, show).await?;
    Ok(store::bookmarks(&caller.services.database.read, &account.id, show).await?)
}

/// Keeps a bookmark of the caller at a second of the recording of `show`, or forgets it; answers with all of them.
///
/// # Errors
/// As [`list`]; `TooMany`; `NotFound` beyond the end, [`RecordingReason::TooManyBookmarks`].
pub async fn change(
    caller: &Caller,
    show: ShowId,
    second: u64,
    kept: bool,
) -> Result<Vec<u64>, RecordingError> {
    let account = caller.own_account().await?;
    to_play(caller, show).await?;
    caller.limited(Limit::Bookmarks, &account.id)?;
    let database = &caller.services.database;
    let files = store::files_of(database, show).await?;
    let ends = files.iter().map(|it| it.file.offset.saturating_add(it.file.duration)).max();
    if ends.is_none_or(|ends| second > ends / 1_000) {
        return Err(Refusal::NotFound);
    }
    let mut write = database.begin().await?;
    lock(&mut write, &account.id).await?;
    store::set_bookmark(&mut write, &account.id, show, second, kept).await?;
    if kept && store::count_bookmarks(&mut write, &account.id, show).await? > MAX_BOOKMARKS {
        return Err(Refusal::Because(RecordingReason::TooManyBookmarks));
    }
    let bookmarks = store::bookmarks(&mut *write, &account.id, show).await?;
    // Nobody else sees any of it.
    write.commit_unrevised().await?;
    Ok(bookmarks)
}
