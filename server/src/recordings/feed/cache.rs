//! Podcasts that were written of late. They are the same for everybody.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::rss;
use crate::{clock, entity_tags};

/// The most podcasts that are kept; all go when there is another one.
const MAX_FEEDS: usize = 256;
/// The oldest that one gets although nothing has changed as far as this process knows.
const MAX_AGE: Duration = Duration::from_secs(2);

/// Podcast as it was written.
#[derive(Clone, Debug)]
pub(super) struct KeptFeed {
    pub text: Bytes,
    pub etag: String,
    /// Date since which it says this, as far as this process knows, as HTTP has it (RFC 9110 section 5.6.7).
    pub modified: String,
    revision: u64,
    at: Instant,
}

/// Podcasts by handle.
#[derive(Debug, Default)]
pub(super) struct FeedCache(Mutex<HashMap<String, Arc<KeptFeed>>>);

impl FeedCache {
    /// The podcast, if nothing has changed since it was written.
    pub fn find(&self, handle: &str, revision: u64) -> Option<Arc<KeptFeed>> {
        let feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = feeds.get(handle).filter(|it| it.revision == revision);
        kept.filter(|it| it.at.elapsed() < MAX_AGE).cloned()
    }

    /// Keeps a podcast, which was read from the database at a revision.
    pub fn keep(&self, handle: &str, revision: u64, text: String) -> Arc<KeptFeed> {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let etag = entity_tags::strong(Sha256::digest(&text));
        let same = feeds.get(handle).filter(|it| it.etag == etag);
        let modified = same.map_or_else(|| rss::date(clock::now()), |it| it.modified.clone());
        let at = Instant::now();
        let kept = Arc::new(KeptFeed { text: text.into(), etag, modified, revision, at });
        if feeds.len() >= MAX_FEEDS && !feeds.contains_key(handle) {
            feeds.clear();
        }
        feeds.insert(handle.to_owned(), kept.clone());
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn podcast_is_kept_until_something_changes_and_its_date_until_it_says_something_else() {
        let cache = FeedCache::default();
        let first = cache.keep("ada", 1, "one".into());
        assert_eq!(cache.find("ada", 1).unwrap().etag, first.etag);
        assert!(cache.find("ada", 2).is_none() && cache.find("eve", 1).is_none());
        assert_eq!(cache.keep("ada", 2, "one".into()).modified, first.modified);
        assert_ne!(cache.keep("ada", 3, "other".into()).etag, first.etag);
        for number in 0..2 * MAX_FEEDS {
            cache.keep(&number.to_string(), 1, String::new());
        }
        assert!(cache.0.lock().unwrap().len() <= MAX_FEEDS);
    }
}
