//! The venue's database: SQLite in the data folder, or PostgreSQL, behind the same statements.

mod migrations;

use std::{
    error::Error,
    fs::OpenOptions,
    ops::{Deref, DerefMut},
    panic::Location,
    path::Path,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bandstand_domain::Refusal;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{
    Any, AnyConnection, AnyPool, Executor, Row, Transaction,
    any::{AnyPoolOptions, AnyRow, install_default_drivers},
    error::BoxDynError,
    migrate::MigrateError,
};
use thiserror::Error;
use tower_sessions::session;

/// The SQLSTATE of a text with U+0000, which PostgreSQL can't hold (`character_not_in_repertoire`).
const NOT_IN_REPERTOIRE: &str = "22021";

/// Failure of the database, with the statement at which it happened.
#[derive(Debug, Error)]
#[error("{source}")]
pub struct DatabaseError {
    source: Box<sqlx::Error>,
    statement: &'static Location<'static>,
}

impl DatabaseError {
    /// A row that had to be there isn't.
    #[track_caller]
    pub fn row_not_found() -> Self {
        sqlx::Error::RowNotFound.into()
    }

    /// A column holds something that its type doesn't know.
    #[track_caller]
    pub fn decode(error: impl Into<BoxDynError>) -> Self {
        sqlx::Error::Decode(error.into()).into()
    }

    /// Returns whether the failure is the violation of a unique key.
    pub fn is_unique_violation(&self) -> bool {
        self.source.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }

    /// Logs the failure with the caller's line. Whoever turns it into an answer calls this, once.
    #[track_caller]
    pub fn log(&self) {
        let (statement, operation) = (self.statement, Location::caller());
        tracing::error!(error = %self, %statement, %operation, "the database failed");
    }

    fn is_not_in_repertoire(&self) -> bool {
        let code = self.source.as_database_error().and_then(|it| it.code());
        code.as_deref() == Some(NOT_IN_REPERTOIRE)
    }
}

impl From<sqlx::Error> for DatabaseError {
    #[track_caller]
    fn from(source: sqlx::Error) -> Self {
        Self { source: Box::new(source), statement: Location::caller() }
    }
}

impl From<MigrateError> for DatabaseError {
    #[track_caller]
    fn from(source: MigrateError) -> Self {
        sqlx::Error::from(source).into()
    }
}

/// Sessions fail only where the database does: their store is a table.
impl From<session::Error> for DatabaseError {
    #[track_caller]
    fn from(source: session::Error) -> Self {
        sqlx::Error::AnyDriverError(Box::new(source)).into()
    }
}

/// Logs the failure, at the boundary of a feature, and answers what people may know of it.
impl<E: Error> From<DatabaseError> for Refusal<E> {
    #[track_caller]
    fn from(error: DatabaseError) -> Self {
        if error.is_not_in_repertoire() {
            // Nothing there can be called so; who asks for it is no fault of the database.
            return Self::NotFound;
        }
        error.log();
        Self::Broken
    }
}

/// Parses the text in `column`.
///
/// # Errors
/// Returns an error when the text is no `T`.
pub fn parsed<T>(row: &AnyRow, column: &str) -> Result<T, DatabaseError>
where
    T: FromStr<Err: Into<BoxDynError>>,
{
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|error: T::Err| DatabaseError::decode(error))
}

/// The value whose JSON stands in `column`.
///
/// # Errors
/// Returns an error when it is no such JSON.
pub fn from_json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, DatabaseError> {
    serde_json::from_str(row.try_get(column)?).map_err(DatabaseError::decode)
}

/// `value` as JSON, for a column of text.
///
/// # Errors
/// Returns an error when it can't be written as JSON.
pub fn to_json(value: &impl Serialize) -> Result<String, DatabaseError> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()).into())
}

/// Revision of what this process has committed: what was read at one revision holds for as long as it is
/// the current one, as far as this process can tell. Other processes of the venue are not counted.
/// Cloning gives another handle to the same.
#[derive(Clone, Debug, Default)]
pub struct Revision(Arc<AtomicU64>);

impl Revision {
    /// The current revision.
    pub fn current(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// Raises the revision when it is dropped. A commit whose caller hangs up meanwhile may have happened all
/// the same, and so may one that failed.
struct RaiseRevision(Revision);

impl Drop for RaiseRevision {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::Release);
    }
}

/// A transaction that may write. Dropped without [`Write::commit`], it changes nothing.
#[derive(Debug)]
pub struct Write {
    transaction: Transaction<'static, Any>,
    revision: Revision,
}

impl Write {
    /// Makes the changes last, and raises the revision before it returns.
    ///
    /// # Errors
    /// [`DatabaseError`]; then nothing was changed.
    #[track_caller]
    pub fn commit(self) -> impl Future<Output = Result<(), DatabaseError>> + Send {
        let (statement, raise) = (Location::caller(), RaiseRevision(self.revision.clone()));
        async move {
            let committed = self.end(statement).await;
            drop(raise);
            committed
        }
    }

    /// Makes changes last that come by the hundred when a show begins, and that no page needs to show at
    /// once: sessions, messages, likes, counts of listeners and crowds, and the queue of jobs. The revision stays.
    ///
    /// # Errors
    /// [`DatabaseError`]; then nothing was changed.
    #[track_caller]
    pub fn commit_unrevised(self) -> impl Future<Output = Result<(), DatabaseError>> + Send {
        self.end(Location::caller())
    }

    async fn end(self, statement: &'static Location<'static>) -> Result<(), DatabaseError> {
        let committed = self.transaction.commit().await;
        committed.map_err(|error| DatabaseError { source: Box::new(error), statement })
    }
}

impl Deref for Write {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

/// Two ways to the same database. SQLite has one writer: giving it a connection of its own lets
/// writers queue in order instead of failing when they meet, and readers never wait for them.
#[derive(Clone, Debug)]
pub struct Database {
    /// For statements that only read.
    pub read: AnyPool,
    /// Revision of what was committed.
    pub revision: Revision,
    write: AnyPool,
}

impl Database {
    /// Opens the database at `url` (`sqlite:…` or `postgres:…`) and brings its tables up to date.
    ///
    /// # Errors
    /// Returns an error when it can't be reached, or holds tables of a newer version.
    pub async fn open(url: &str) -> Result<Self, DatabaseError> {
        install_default_drivers();
        let sqlite = url.starts_with("sqlite:");
        make_private(url)?;
        let pool = |size: u32| {
            AnyPoolOptions::new()
                .max_connections(size)
                .acquire_timeout(Duration::from_secs(10))
                .after_connect(move |connection, _| {
                    Box::pin(async move {
                        if sqlite {
                            connection
                                .execute(
                                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                                     PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000",
                                )
                                .await?;
                        }
                        Ok(())
                    })
                })
        };
        let write = pool(if sqlite { 1 } else { 8 }).connect(url).await?;
        migrations::all().run(&write).await?;
        let read = pool(8).connect(url).await?;
        Ok(Self { read, revision: Revision::default(), write })
    }

    /// The address of an SQLite database in the file `path`, which is made when it isn't there.
    pub fn sqlite_url(path: &Path) -> String {
        format!("sqlite://{}?mode=rwc", path.display())
    }

    /// Begins a transaction that may write. Dropped without `commit`, it changes nothing.
    ///
    /// # Errors
    /// Returns an error when the database can't be reached.
    pub async fn begin(&self) -> Result<Write, DatabaseError> {
        let transaction = self.write.begin().await?;
        Ok(Write { transaction, revision: self.revision.clone() })
    }

    /// Waits for what is under way and closes.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// Makes the file of an SQLite database before SQLite does, for the venue's own user alone, whatever its
/// folder lets others do. SQLite gives its other files the same mode.
fn make_private(url: &str) -> Result<(), DatabaseError> {
    let Some((path, "mode=rwc")) = url.strip_prefix("sqlite://").and_then(|it| it.split_once('?'))
    else {
        return Ok(());
    };
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(sqlx::Error::Io)?;
    Ok(())
}
