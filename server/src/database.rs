//! The venue's database: SQLite in the data folder, or PostgreSQL, behind the same statements.

use std::{fs::OpenOptions, path::Path, str::FromStr, time::Duration};

use bandstand_domain::Refusal;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{
    Any, AnyPool, Executor, Row, Transaction,
    any::{AnyPoolOptions, AnyRow, install_default_drivers},
    error::BoxDynError,
};

/// Why the database can't be used. Callers log it at the boundary and answer `Refusal::Broken`.
pub type DatabaseError = sqlx::Error;

/// The SQLSTATE of a text with U+0000, which PostgreSQL can't hold (`character_not_in_repertoire`).
const NOT_IN_REPERTOIRE: &str = "22021";

/// Notes why the database failed, at the boundary of a feature, and answers what people may know of it.
pub fn broken<E: std::error::Error>(error: DatabaseError) -> Refusal<E> {
    if error.as_database_error().and_then(|it| it.code()).as_deref() == Some(NOT_IN_REPERTOIRE) {
        // Nothing there can be called so; who asks for it is no fault of the database.
        return Refusal::NotFound;
    }
    tracing::error!(%error, "the database failed");
    Refusal::Broken
}

/// What the text in `column` stands for.
///
/// # Errors
/// When it is none of these.
pub fn parsed<T>(row: &AnyRow, column: &str) -> Result<T, DatabaseError>
where
    T: FromStr<Err: Into<BoxDynError>>,
{
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|error: T::Err| DatabaseError::Decode(error.into()))
}

/// The value whose JSON stands in `column`.
///
/// # Errors
/// When it is no such JSON.
pub fn from_json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, DatabaseError> {
    serde_json::from_str(row.try_get(column)?).map_err(|error| DatabaseError::Decode(error.into()))
}

/// `value` as JSON, for a column of text.
///
/// # Errors
/// When it can't be written as JSON.
pub fn to_json(value: &impl Serialize) -> Result<String, DatabaseError> {
    serde_json::to_string(value).map_err(|error| DatabaseError::Encode(error.into()))
}

/// A transaction that may write.
pub type Write = Transaction<'static, Any>;

/// Two ways to the same database. SQLite has one writer: giving it a connection of its own lets
/// writers queue in order instead of failing when they meet, and readers never wait for them.
#[derive(Clone, Debug)]
pub struct Database {
    /// For statements that only read.
    pub read: AnyPool,
    write: AnyPool,
}

impl Database {
    /// Opens the database at `url` (`sqlite:…` or `postgres:…`) and brings its tables up to date.
    ///
    /// # Errors
    /// When it can't be reached, or holds tables of a newer version.
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
        sqlx::migrate!("./migrations").run(&write).await?;
        let read = pool(8).connect(url).await?;
        Ok(Self { read, write })
    }

    /// The address of an SQLite database in the file `path`, which is made when it isn't there.
    pub fn sqlite_url(path: &Path) -> String {
        format!("sqlite://{}?mode=rwc", path.display())
    }

    /// Begins a transaction that may write. Dropped without `commit`, it changes nothing.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub async fn begin(&self) -> Result<Write, DatabaseError> {
        self.write.begin().await
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
    options.open(path).map(drop).map_err(DatabaseError::Io)
}
