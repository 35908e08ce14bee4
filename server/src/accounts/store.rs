//! Accounts in the database.

use bandstand_domain::{PersonId, accounts::Registration};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use crate::{
    clock,
    database::{Database, DatabaseError, Write},
};

/// An account, as the server's features know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its private identity, never sent to anybody.
    pub id: String,
    /// Who it is to others.
    pub person: PersonId,
    /// How they are called: the stage name for an artist, else the display name.
    pub name: String,
    /// The unique name in addresses.
    pub handle: String,
    /// Whether they may put on shows.
    pub artist: bool,
}

fn account(row: &AnyRow) -> Result<Account, DatabaseError> {
    let stage_name: Option<String> = row.try_get("stage_name")?;
    let artist = stage_name.is_some();
    Ok(Account {
        id: row.try_get("id")?,
        person: PersonId::new(row.try_get::<String, _>("person")?),
        name: stage_name.map_or_else(|| row.try_get("display_name"), Ok)?,
        handle: row.try_get("handle")?,
        artist,
    })
}

/// The account `id`.
///
/// # Errors
/// When the database fails.
pub async fn find(database: &Database, id: &str) -> Result<Option<Account>, DatabaseError> {
    sqlx::query("SELECT id, person, handle, display_name, stage_name FROM accounts WHERE id = $1")
        .bind(id)
        .fetch_optional(&database.read)
        .await?
        .as_ref()
        .map(account)
        .transpose()
}

/// The account that logs in as `login` (handle or e-mail, in lower case), with its password's hash.
///
/// # Errors
/// When the database fails.
pub async fn by_login(
    database: &Database,
    login: &str,
) -> Result<Option<(Account, String)>, DatabaseError> {
    // A handle has no @ and an e-mail address has one: never two accounts.
    sqlx::query(
        "SELECT id, person, handle, display_name, stage_name, password FROM accounts \
         WHERE handle_key = $1 OR email_key = $1",
    )
    .bind(login)
    .fetch_optional(&database.read)
    .await?
    .map(|row| Ok((account(&row)?, row.try_get("password")?)))
    .transpose()
}

/// Makes an account from a form that was checked.
///
/// # Errors
/// A unique violation when handle, e-mail or person are in use; else when the database fails.
pub async fn insert(
    database: &Database,
    form: &Registration,
    person: PersonId,
    password: &str,
) -> Result<Account, DatabaseError> {
    let handle = form.handle.trim();
    let email = form.email.trim();
    let display_name = form.display_name.trim();
    let stage_name = form.artist.as_ref().map(|artist| artist.stage_name.trim());
    let mut genres = form.artist.as_ref().map(|artist| artist.genres.clone()).unwrap_or_default();
    genres.sort();
    genres.dedup();
    let account = Account {
        id: Uuid::new_v4().to_string(),
        person,
        name: stage_name.unwrap_or(display_name).to_owned(),
        handle: handle.to_owned(),
        artist: stage_name.is_some(),
    };
    let mut write = database.begin().await?;
    sqlx::query(
        "INSERT INTO accounts (id, person, handle, handle_key, email, email_key, display_name, \
         stage_name, genres, password, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(account.id.as_str())
    .bind(account.person.as_str())
    .bind(handle)
    .bind(handle.to_lowercase())
    .bind(email)
    .bind(email.to_lowercase())
    .bind(display_name)
    .bind(stage_name)
    .bind(serde_json::to_string(&genres).map_err(|error| DatabaseError::Encode(error.into()))?)
    .bind(password)
    .bind(clock::now().0)
    .execute(&mut *write)
    .await?;
    write.commit().await?;
    Ok(account)
}

/// Which of the form's handle and e-mail are in use.
///
/// # Errors
/// When the database fails.
pub async fn taken(
    database: &Database,
    form: &Registration,
) -> Result<(bool, bool), DatabaseError> {
    let rows = sqlx::query(
        "SELECT handle_key, email_key FROM accounts WHERE handle_key = $1 OR email_key = $2",
    )
    .bind(form.handle.trim().to_lowercase())
    .bind(form.email.trim().to_lowercase())
    .fetch_all(&database.read)
    .await?;
    let mut taken = (false, false);
    for row in rows {
        taken.0 |= row.try_get::<String, _>(0)? == form.handle.trim().to_lowercase();
        taken.1 |= row.try_get::<String, _>(1)? == form.email.trim().to_lowercase();
    }
    Ok(taken)
}

/// Makes other transactions that lock the same account wait until `write` ends, on both databases.
///
/// # Errors
/// When the database fails.
pub async fn lock(write: &mut Write, id: &str) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE accounts SET id = id WHERE id = $1").bind(id).execute(&mut **write).await?;
    Ok(())
}
