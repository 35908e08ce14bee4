//! Personal data of a person in each feature: exported on demand, erased when they leave.
//!
//! A feature implements [`PersonalData`], the composition root gathers all of them. A test compares the
//! gathered ones with the tables that there are. Files have an owner, whose they are in all features.

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
    /// Their public identity.
    pub person: PersonId,
    /// The session in which they ask for an export.
    pub session: Option<SessionName>,
}

/// The personal data of one feature.
#[async_trait]
pub trait PersonalData: fmt::Debug + Send + Sync {
    /// Returns what is kept of `subject` as a member of their export; none by default.
    async fn export(
        &self,
        _database: &Database,
        _subject: &DataSubject,
    ) -> Result<Option<ExportMember>, DatabaseError> {
        Ok(None)
    }

    /// Erases what is kept of `subject`, whose account has lost its names already.
    async fn erase(
        &self,
        write: &mut Write,
        subject: &DataSubject,
    ) -> Result<ErasedFiles, DatabaseError>;
}

/// Name and content of a member of the export, a JSON object.
pub type ExportMember = (&'static str, Value);

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
            let member = data.export(database, subject).await?;
            export.extend(member.map(|(name, content)| (name.to_owned(), content)));
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
}
