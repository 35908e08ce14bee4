//! Files on their way into storage: which are next, and when what didn't arrive is tried again.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use bandstand_domain::{Millis, recordings::RecordingFileId};

use super::store::LocalFile;
use crate::background::retry::RetryDelays;

/// Backoff after an attempt: an outage of the S3 server may last, and what waits is not lost.
const DELAYS: RetryDelays = RetryDelays { first: 5 * Millis::SECOND, most: 10 * Millis::MINUTE };

/// Files that are on their way, and those that didn't arrive.
#[derive(Debug, Default)]
pub(super) struct Uploads(HashMap<RecordingFileId, Upload>);

#[derive(Clone, Copy, Debug, Default)]
struct Upload {
    /// Attempts that failed.
    failures: i64,
    /// Time from which on it is tried again; none while it is on its way.
    due: Option<Instant>,
}

impl Uploads {
    /// Takes the next of the files that are whole, which is on its way from now on: one that wasn't tried yet, or
    /// else the one that is due longest. So those that fail, or hang, hold up no others.
    pub fn begin(&mut self, whole: Vec<LocalFile>, now: Instant) -> Option<LocalFile> {
        let there: HashSet<_> = whole.iter().map(|it| it.id).collect();
        self.0.retain(|id, upload| upload.due.is_none() || there.contains(id));
        let due = |file: &LocalFile| match self.0.get(&file.id) {
            Some(upload) => upload.due.filter(|due| *due <= now).map(Some),
            None => Some(None),
        };
        let due = whole.into_iter().filter_map(|file| Some((due(&file)?, file)));
        let (_, next) = due.min_by_key(|it| it.0)?;
        self.0.entry(next.id).or_default().due = None;
        Some(next)
    }

    /// Notes the end of an attempt; returns the milliseconds until the next one, where it failed.
    pub fn end(&mut self, id: RecordingFileId, arrived: bool, now: Instant) -> Option<i64> {
        if arrived {
            self.0.remove(&id);
            return None;
        }
        let upload = self.0.entry(id).or_default();
        upload.failures += 1;
        let wait = DELAYS.jittered(upload.failures);
        upload.due = Some(now + Duration::from_millis(wait.unsigned_abs()));
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::ShowId;
    use uuid::Uuid;

    use super::*;
    use crate::ids::AccountId;

    fn files(ids: &[u128]) -> Vec<LocalFile> {
        let file = |id: &u128| LocalFile {
            id: RecordingFileId(Uuid::from_u128(*id)),
            show: ShowId(Uuid::nil()),
            artist: AccountId::new("ada"),
            media_type: "video/webm".into(),
            began_at: Millis(0),
            is_closed: true,
        };
        ids.iter().map(file).collect()
    }

    fn begun(uploads: &mut Uploads, ids: &[u128], now: Instant) -> Option<u128> {
        uploads.begin(files(ids), now).map(|it| it.id.0.as_u128())
    }

    #[test]
    fn files_that_fail_or_hang_hold_up_no_others() {
        let (mut uploads, now) = (Uploads::default(), Instant::now());
        let id = |id| RecordingFileId(Uuid::from_u128(id));
        // The first hangs.
        assert_eq!(begun(&mut uploads, &[1, 2, 3], now), Some(1));
        assert_eq!(begun(&mut uploads, &[1, 2, 3], now), Some(2));
        let wait = uploads.end(id(2), false, now).unwrap();
        assert!((2_500..=5_000).contains(&wait), "{wait}");
        assert_eq!(begun(&mut uploads, &[1, 2, 3], now), Some(3));
        assert_eq!(uploads.end(id(3), true, now), None);
        assert_eq!(begun(&mut uploads, &[1, 2], now), None);
        // Later it is tried again, behind what is new.
        let later = now + Duration::from_secs(5);
        assert_eq!(begun(&mut uploads, &[1, 2, 4], later), Some(4));
        assert_eq!(begun(&mut uploads, &[1, 2, 4], later), Some(2));
        let wait = uploads.end(id(2), false, later).unwrap();
        assert!((5_000..=10_000).contains(&wait), "{wait}");
        // One that was deleted is forgotten.
        assert_eq!(begun(&mut uploads, &[1, 4], later), None);
        assert_eq!(uploads.0.len(), 2);
    }
}
