//! Personal data: what each feature keeps of a person, taken along on demand and erased when they leave.
//!
//! A feature implements [`PersonalData`], the composition root gathers all of them. A test compares the
//! gathered ones with the tables and the folders of files that there are.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bandstand_domain::PersonId;
use serde_json::{Map, Value};

use crate::{
    database::{Database, DatabaseError, Write},
    ids::{AccountId, SessionName},
};

/// The person whose data it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSubject {
    /// Their account.
    pub account: AccountId,
    /// Who they are to others.
    pub person: PersonId,
    /// The session in which they ask for an export.
    pub session: Option<SessionName>,
}

/// The personal data of one feature.
#[async_trait]
pub trait PersonalData: fmt::Debug + Send + Sync {
    /// Folders of the storage in which it keeps files of people.
    fn file_folders(&self) -> &'static [&'static str] {
        &[]
    }

    /// Adds members with what is kept of `subject` to their export.
    async fn export(
        &self,
        _database: &Database,
        _subject: &DataSubject,
        _export: &mut Map<String, Value>,
    ) -> Result<(), DatabaseError> {
        Ok(())
    }

    /// Erases what is kept of `subject`, whose account has lost its names already.
    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError>;
}

/// Names of files that nothing refers to once the erasure is committed.
pub type ErasedFiles = Vec<String>;

/// The personal data of all features, in the order in which it is erased.
#[derive(Clone, Debug)]
pub struct AllPersonalData(pub Arc<[Box<dyn PersonalData>]>);

impl AllPersonalData {
    /// All that is kept of `subject`.
    pub async fn export(
        &self,
        database: &Database,
        subject: &DataSubject,
    ) -> Result<Map<String, Value>, DatabaseError> {
        let mut export = Map::new();
        for data in &*self.0 {
            data.export(database, subject, &mut export).await?;
        }
        Ok(export)
    }

    /// Erases all that is kept of `subject`; answers the files to delete after the commit.
    pub async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError> {
        let mut files = ErasedFiles::new();
        for data in &*self.0 {
            files.extend(data.erase(write, subject).await?);
        }
        Ok(files)
    }

    /// All folders of the storage that hold files of people.
    pub fn file_folders(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().flat_map(|data| data.file_folders()).copied()
    }
}
