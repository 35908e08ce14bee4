//! Sweep of what broke off: bytes without a row, rows without bytes.

use std::{collections::HashSet, fs, io, path::Path, time::Duration};

use bandstand_domain::Millis;
use futures::TryStreamExt;
use object_store::{ObjectStoreExt, path::Path as Name};

use super::{StorageError, files::Files, store};
use crate::clock;

/// For how long what has no counterpart is left alone, in milliseconds: it may be coming in.
pub const ORPHAN_AGE: i64 = Millis::HOUR;
/// From which age on bytes without a row are left alone, in milliseconds. Then the database is another one,
/// or an older one that was restored, and nothing would bring them back.
const FOREIGN_AGE: i64 = 48 * Millis::HOUR;
/// Rows that are compared at once.
const PAGE: i64 = 1_000;

impl Files {
    /// Deletes what nobody keeps: discarded files, files that were never kept, bytes of the last two days
    /// without a row, rows whose bytes are gone. It remembers every name there is, about 100 bytes each.
    ///
    /// # Errors
    /// Returns an error when storage or the database fails.
    pub async fn sweep(&self) -> Result<(), StorageError> {
        let now = clock::now();
        for name in store::unsettled(&self.0.database, now.plus(-ORPHAN_AGE)).await? {
            self.delete(&name).await?;
        }
        if let Some(folder) = self.0.backend.folder.clone() {
            let swept = tokio::task::spawn_blocking(move || sweep_parts(&folder)).await;
            if let Ok(Err(error)) = swept {
                tracing::warn!(%error, "parts of files that broke off could not be deleted");
            }
        }
        let mut there = HashSet::new();
        // What lies elsewhere in the folder or bucket isn't ours.
        for (feature, ..) in store::kept(&self.0.database).await? {
            self.sweep_feature(&feature, now, &mut there).await?;
        }
        self.sweep_rows(&there, now).await
    }

    /// Deletes a feature's bytes without a row; `there` gets the names of the others.
    async fn sweep_feature(
        &self,
        feature: &str,
        now: Millis,
        there: &mut HashSet<String>,
    ) -> Result<(), StorageError> {
        let mut listed = self.0.bytes().list(Some(&Name::parse(feature)?));
        while let Some(found) = listed.try_next().await? {
            let name = found.location.to_string();
            let age = now.0 - found.last_modified.timestamp_millis();
            let orphan = (ORPHAN_AGE..FOREIGN_AGE).contains(&age)
                && !store::is_known(&self.0.database, &name).await?;
            if orphan {
                self.remove_one(&name).await?;
            } else {
                there.insert(name);
            }
        }
        Ok(())
    }

    /// Deletes rows whose bytes are gone, unless so many are gone that it is the wrong place.
    async fn sweep_rows(&self, there: &HashSet<String>, now: Millis) -> Result<(), StorageError> {
        let (mut last, mut count, mut gone) = (String::new(), 0, Vec::new());
        loop {
            let before = now.plus(-ORPHAN_AGE);
            let names = store::kept_names(&self.0.database, before, &last, PAGE).await?;
            let Some(name) = names.last() else { break };
            last.clone_from(name);
            count += names.len();
            gone.extend(names.into_iter().filter(|name| !there.contains(name)));
        }
        if gone.len() * 2 > count {
            tracing::error!(
                gone = gone.len(),
                of = count,
                "most files are not where they are kept: is it the right folder or bucket?"
            );
            return Ok(());
        }
        for name in gone {
            match self.0.bytes().head(&Name::parse(&name)?).await {
                Err(object_store::Error::NotFound { .. }) => self.delete(&name).await?,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Deletes what a program that ended left of files that it was writing into `folder`: `NAME#NUMBER`.
fn sweep_parts(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sweep_parts(&entry.path())?;
            continue;
        }
        let name = entry.file_name();
        let part = name.to_string_lossy().rsplit_once('#').is_some_and(|(_, number)| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        if part && age > Duration::from_millis(ORPHAN_AGE.unsigned_abs()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
