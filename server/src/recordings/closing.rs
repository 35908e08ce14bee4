//! Ends of files: how long they are, and what is made of those that were cut off.

use std::{sync::Arc, time::Duration};

use bandstand_domain::recordings::{RecordingFileId, write_seek_points};
use bandstand_recording::SeekIndex;
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{disk, local_path, recorder::millis, store};
use crate::{database::DatabaseError, services::Services};

/// Row of a file that isn't in the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GoneFile {
    /// It stays: the file may come, or the folder be another one.
    Keep,
    /// It goes.
    Forget,
}

/// Makes a file whole that was cut off, and notes that; one of which nothing is of use is deleted. One that isn't
/// where it should be is left to `gone`.
pub(super) async fn close_cut(
    services: &Arc<Services>,
    id: RecordingFileId,
    gone: GoneFile,
) -> Result<(), DatabaseError> {
    let path = local_path(&services.config, id);
    let repaired = tokio::task::spawn_blocking({
        let path = path.clone();
        move || disk::repair(&path)
    });
    match repaired.await {
        Ok(Ok(None)) => Ok(()),
        Ok(Ok(Some(file))) => {
            let bytes = file.length + file.tail.bytes.len() as u64;
            note_closed(services, id, (file.duration, bytes), &file.index).await
        }
        Ok(Err(error)) => match error.kind() {
            std::io::ErrorKind::NotFound if gone == GoneFile::Keep => Ok(()),
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::NotFound => {
                tracing::info!(%error, "nothing was kept of the file of a recording");
                disk::remove(&path);
                store::delete_file(&services.database, id).await
            }
            _ => {
                tracing::error!(%error, "the file of a recording can't be made whole yet");
                Ok(())
            }
        },
        Err(panicked) => {
            tracing::error!(%panicked, "the file of a recording can't be made whole");
            Ok(())
        }
    }
}

pub(super) async fn note_closed(
    services: &Arc<Services>,
    id: RecordingFileId,
    (duration, bytes): (Duration, u64),
    index: &SeekIndex,
) -> Result<(), DatabaseError> {
    let points = index.points().iter().map(|it| (it.time, it.offset));
    let index = STANDARD.encode(write_seek_points(points));
    let length = (millis(duration), bytes);
    if !store::close_file(&services.database, id, length, &index).await? {
        // Its recording was deleted meanwhile.
        disk::remove(&local_path(&services.config, id));
    }
    Ok(())
}
