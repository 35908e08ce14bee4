//! Accounts in the database.

mod email_keys;
pub mod email_tokens;
mod ending;
mod epoch;
pub mod helpers;
mod look;
mod operator;

use bandstand_domain::{
    Language, Millis, PersonId, accounts::Registration, crowd::ChosenLook, people::Picture,
    visible::tidy_name,
};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use crate::{
    clock,
    crypto::secret_hash::SecretHash,
    database::{Database, DatabaseError, Write, to_json},
    ids::AccountId,
    mail::address::key,
};
pub use email_keys::settle_email_keys;
pub use ending::{delete, due, erase, export, forget, restore};
pub use epoch::{EpochGate, begin_epoch};
pub use look::set_look;
pub use operator::{set_disabled, set_operator};

/// A statement that reads of the account `$which` what makes an [`Account`], and the columns `$more`.
macro_rules! accounts {
    ($more:literal, $which:literal) => {
        concat!(
            "SELECT id, person, handle, display_name, stage_name, confirmed_at, operator, picture, \
             epoch, look",
            $more,
            " FROM accounts WHERE ",
            $which
        )
    };
}

/// An account, as the server's features know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its private identity, never sent to anybody.
    pub id: AccountId,
    /// Public identity.
    pub person: PersonId,
    /// Name of the person: the stage name for an artist, else the display name.
    pub name: String,
    /// The unique name in addresses.
    pub handle: String,
    /// True if they may put on shows.
    pub artist: bool,
    /// True if they have confirmed their e-mail address.
    pub confirmed: bool,
    /// True if they run the venue.
    pub operator: bool,
    /// Profile picture, if there is one.
    pub picture: Option<Picture>,
    /// The version of how it is entered; see [`begin_epoch`].
    pub epoch: i64,
    /// Look of the person's figure, if they chose one.
    pub look: Option<ChosenLook>,
}

/// An account with what only logging in has to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The account.
    pub account: Account,
    /// The password's hash, as a PHC string.
    pub password: SecretHash,
    /// True if an operator closed it.
    pub disabled: bool,
    /// Time of its deletion by its person.
    pub deleted_at: Option<Millis>,
}

/// Recipient of mails: name, address and language of an account's person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The account's private identity.
    pub account: AccountId,
    /// The unique name in addresses.
    pub handle: String,
    /// Name of the person, as in [`Account::name`].
    pub name: String,
    /// Their address.
    pub email: String,
    /// True if they have confirmed it.
    pub confirmed: bool,
    /// In which language.
    pub language: Language,
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
        confirmed: row.try_get::<Option<i64>, _>("confirmed_at")?.is_some(),
        operator: row.try_get::<i64, _>("operator")? != 0,
        picture: row.try_get::<Option<String>, _>("picture")?.map(Picture::new),
        epoch: row.try_get("epoch")?,
        look: look::look(row)?,
    })
}

fn known(row: &AnyRow) -> Result<Known, DatabaseError> {
    Ok(Known {
        account: account(row)?,
        password: row.try_get("password")?,
        disabled: row.try_get::<Option<i64>, _>("disabled_at")?.is_some(),
        deleted_at: row.try_get::<Option<i64>, _>("deleted_at")?.map(Millis),
    })
}

fn to_contact(row: &AnyRow) -> Result<Contact, DatabaseError> {
    let known = account(row)?;
    let language: String = row.try_get("language")?;
    Ok(Contact {
        account: known.id,
        handle: known.handle,
        name: known.name,
        email: row.try_get("email")?,
        confirmed: known.confirmed,
        language: Language::from_tag(&language).unwrap_or_default(),
    })
}

/// The account that `statement` finds by `key`, as `read` reads its row.
async fn one<T>(
    database: &Database,
    statement: &'static str,
    key: &str,
    read: fn(&AnyRow) -> Result<T, DatabaseError>,
) -> Result<Option<T>, DatabaseError> {
    let row = sqlx::query(statement).bind(key).fetch_optional(&database.read).await?;
    row.as_ref().map(read).transpose()
}

/// The account `id`, unless it was closed or deleted.
pub async fn find(database: &Database, id: &AccountId) -> Result<Option<Account>, DatabaseError> {
    let statement = accounts!("", "id = $1 AND disabled_at IS NULL AND deleted_at IS NULL");
    one(database, statement, id.as_str(), account).await
}

/// The account that logs in as `login`, a handle or a confirmed e-mail address.
pub async fn by_login(database: &Database, login: &str) -> Result<Option<Known>, DatabaseError> {
    // A handle has no @ and an e-mail address has one: never two accounts.
    let statement = accounts!(
        ", password, disabled_at, deleted_at",
        "(handle_key = $1 OR email_key = $1) AND erased_at IS NULL"
    );
    one(database, statement, &key(login), known).await
}

/// The account with the handle `handle`, unless it was closed or deleted.
pub async fn by_handle(
    database: &Database,
    handle: &str,
) -> Result<Option<Account>, DatabaseError> {
    let statement = accounts!("", "handle_key = $1 AND disabled_at IS NULL AND deleted_at IS NULL");
    one(database, statement, &handle.to_lowercase(), account).await
}

/// The account `id` with what logging in has to know of it.
pub async fn known_by_id(
    database: &Database,
    id: &AccountId,
) -> Result<Option<Known>, DatabaseError> {
    let statement =
        accounts!(", password, disabled_at, deleted_at", "id = $1 AND erased_at IS NULL");
    one(database, statement, id.as_str(), known).await
}

/// Finds the contact of the account `id`, unless it was erased.
pub async fn contact(
    database: &Database,
    id: &AccountId,
) -> Result<Option<Contact>, DatabaseError> {
    let statement = accounts!(", email, language", "id = $1 AND erased_at IS NULL");
    one(database, statement, id.as_str(), to_contact).await
}

/// Finds the contact of the account that logs in as `login`, unless it was closed or deleted.
pub async fn contact_by_login(
    database: &Database,
    login: &str,
) -> Result<Option<Contact>, DatabaseError> {
    let statement = accounts!(
        ", email, language",
        "(handle_key = $1 OR email_key = $1) \
         AND erased_at IS NULL AND deleted_at IS NULL AND disabled_at IS NULL"
    );
    one(database, statement, &key(login), to_contact).await
}

/// Finds the contact of the account that has confirmed the address `email`.
pub async fn contact_by_email(
    database: &Database,
    email: &str,
) -> Result<Option<Contact>, DatabaseError> {
    let statement = accounts!(", email, language", "email_key = $1 AND erased_at IS NULL");
    one(database, statement, &key(email), to_contact).await
}

/// Makes an account from a form that was checked. Its address isn't confirmed, so it may be somebody
/// else's: the database doesn't look.
///
/// # Errors
/// A unique violation when handle or person are in use; else when the database fails.
pub async fn insert(
    write: &mut Write,
    form: &Registration,
    (person, look): (PersonId, Option<ChosenLook>),
    password: &SecretHash,
    language: Language,
) -> Result<Account, DatabaseError> {
    let handle = form.handle.trim();
    let display_name = tidy_name(&form.display_name);
    let stage_name = form.artist.as_ref().map(|artist| tidy_name(&artist.stage_name));
    let mut genres = form.artist.as_ref().map(|artist| artist.genres.clone()).unwrap_or_default();
    genres.sort();
    genres.dedup();
    let account = Account {
        id: AccountId::new(Uuid::new_v4().to_string()),
        person,
        name: stage_name.clone().unwrap_or_else(|| display_name.clone()),
        handle: handle.to_owned(),
        artist: stage_name.is_some(),
        confirmed: false,
        operator: false,
        picture: None,
        epoch: 0,
        look,
    };
    sqlx::query(
        "INSERT INTO accounts (id, person, handle, handle_key, email, email_key, display_name, \
         stage_name, genres, password, created_at, language, look) \
         VALUES ($1, $2, $3, $4, $5, $1, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(&account.id)
    .bind(account.person.as_str())
    .bind(handle)
    .bind(handle.to_lowercase())
    .bind(form.email.trim())
    .bind(display_name)
    .bind(stage_name)
    .bind(to_json(&genres)?)
    .bind(password)
    .bind(clock::now().0)
    .bind(language.tag())
    .bind(look::number(look))
    .execute(&mut **write)
    .await?;
    Ok(account)
}

/// Returns whether an account has the handle.
pub async fn is_handle_taken(database: &Database, handle: &str) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT 1 FROM accounts WHERE handle_key = $1")
        .bind(handle.trim().to_lowercase())
        .fetch_optional(&database.read)
        .await?;
    Ok(row.is_some())
}

/// Gives the account an address that it has proved to read; answers the one that it had confirmed
/// before, if any.
///
/// # Errors
/// A unique violation when another account has confirmed the address; else when the database fails.
pub async fn confirm(
    write: &mut Write,
    id: &AccountId,
    email: &str,
) -> Result<Option<String>, DatabaseError> {
    let row = sqlx::query("SELECT email, confirmed_at FROM accounts WHERE id = $1")
        .bind(id)
        .fetch_one(&mut **write)
        .await?;
    let confirmed: Option<i64> = row.try_get(1)?;
    let before = confirmed.is_some().then(|| row.try_get::<String, _>(0)).transpose()?;
    sqlx::query(
        "UPDATE accounts SET email = $2, email_key = $3, \
         confirmed_at = COALESCE(confirmed_at, $4) WHERE id = $1",
    )
    .bind(id)
    .bind(email)
    .bind(key(email))
    .bind(clock::now().0)
    .execute(&mut **write)
    .await?;
    Ok(before)
}

/// Gives an account whose address isn't confirmed another one.
pub async fn set_unconfirmed_email(
    write: &mut Write,
    id: &AccountId,
    email: &str,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE accounts SET email = $2 WHERE id = $1 AND confirmed_at IS NULL")
        .bind(id)
        .bind(email)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Gives an account another password, by which a new epoch begins.
pub async fn set_password(
    write: &mut Write,
    id: &AccountId,
    hash: &SecretHash,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE accounts SET password = $2, epoch = epoch + 1 WHERE id = $1")
        .bind(id)
        .bind(hash)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Hashes the password of `known` anew, which stays the same: no new epoch begins.
pub async fn rehash(
    database: &Database,
    known: &Known,
    hash: &SecretHash,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("UPDATE accounts SET password = $3 WHERE id = $1 AND password = $2")
        .bind(&known.account.id)
        .bind(&known.password)
        .bind(hash)
        .execute(&mut *write)
        .await?;
    write.commit().await
}

/// Gives an account another handle.
///
/// # Errors
/// A unique violation when it is taken; else when the database fails.
pub async fn set_handle(
    write: &mut Write,
    id: &AccountId,
    handle: &str,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE accounts SET handle = $2, handle_key = $3 WHERE id = $1")
        .bind(id)
        .bind(handle)
        .bind(handle.to_lowercase())
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Sets in which language an account's mails are.
pub async fn set_language(
    write: &mut Write,
    id: &AccountId,
    language: Language,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE accounts SET language = $2 WHERE id = $1")
        .bind(id)
        .bind(language.tag())
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Makes other transactions that lock the same account wait until `write` ends, on both databases.
pub async fn lock(write: &mut Write, id: &AccountId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE accounts SET id = id WHERE id = $1").bind(id).execute(&mut **write).await?;
    Ok(())
}
