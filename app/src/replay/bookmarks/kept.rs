//! Keeper of bookmarks: the venue, for who has an account, so that they are there on each of a person's devices; for a
//! guest this browser, which remembers where they stopped as well.

use std::collections::BTreeSet;

use bandstand_domain::{
    ShowId,
    recordings::{MAX_BOOKMARKS, RecordingReason},
};

use crate::{
    recordings::api::{change_bookmark, load_bookmarks},
    texts::told,
    web,
};

/// Bookmarks of a viewer in the recording of a show: seconds since its beginning.
#[derive(Clone, Copy)]
pub struct KeptBookmarks {
    /// The show.
    pub show: ShowId,
    /// True if the viewer has an account.
    pub has_account: bool,
}

impl KeptBookmarks {
    /// All of them, in the order of time; or words for why they can't be had.
    pub async fn load(self) -> Result<Vec<u64>, String> {
        if self.has_account {
            return load_bookmarks(self.show).await.map_err(|refused| refused.to_string());
        }
        Ok(self.remembered().into_iter().collect())
    }

    /// Keeps one or forgets it, and returns all; or words for why that can't be.
    pub async fn change(self, second: u64, is_kept: bool) -> Result<Vec<u64>, String> {
        if self.has_account {
            let changed = change_bookmark(self.show, second, is_kept).await;
            return changed.map_err(|refused| refused.to_string());
        }
        let mut all = self.remembered();
        if !change(&mut all, second, is_kept) {
            return Err(told(&RecordingReason::TooManyBookmarks));
        }
        web::remember(&self.key(), &written(&all));
        Ok(all.into_iter().collect())
    }

    fn remembered(self) -> BTreeSet<u64> {
        read(&web::remembered(&self.key()).unwrap_or_default())
    }

    fn key(self) -> String {
        format!("bandstand.bookmarks.{}", self.show)
    }
}

/// Adds a second or takes it away; false, and nothing, where that is one too many.
fn change(all: &mut BTreeSet<u64>, second: u64, is_kept: bool) -> bool {
    if !is_kept {
        all.remove(&second);
    } else if all.len() < MAX_BOOKMARKS || all.contains(&second) {
        all.insert(second);
    } else {
        return false;
    }
    true
}

fn read(text: &str) -> BTreeSet<u64> {
    text.split(',').filter_map(|it| it.parse().ok()).take(MAX_BOOKMARKS).collect()
}

fn written(all: &BTreeSet<u64>) -> String {
    all.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookmarks_are_remembered_once_each_in_order_and_no_more_than_there_may_be() {
        let mut all = read("30,x,,7,-1");
        assert_eq!(written(&all), "7,30");
        assert!(change(&mut all, 12, true) && change(&mut all, 7, true));
        assert_eq!(written(&all), "7,12,30");
        assert!(change(&mut all, 12, false) && change(&mut all, 99, false));
        assert_eq!(read(&written(&all)), BTreeSet::from([7, 30]));
        let mut full: BTreeSet<u64> = (0..MAX_BOOKMARKS as u64).collect();
        assert!(!change(&mut full, 999, true) && change(&mut full, 3, true));
        assert_eq!(full.len(), MAX_BOOKMARKS);
    }
}
