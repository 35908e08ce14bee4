//! Links in mails: they open something once, and for a while.
//!
//! The token in the mail is 128 random bits; the database holds their SHA-256 alone. A link is made
//! when its mail is composed, so it never waits in the queue of jobs.

use bandstand_domain::{Millis, Secret};
use sqlx::Row;

use crate::{
    clock,
    crypto::random::{hash, secret},
    database::{Database, DatabaseError, Write},
    ids::AccountId,
};

/// Purpose of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Confirms the address by which an account was made.
    Confirm,
    /// Confirms another address.
    Email,
    /// Sets a password.
    Reset,
}

impl LinkKind {
    fn name(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Email => "email",
            Self::Reset => "reset",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Confirm, Self::Email, Self::Reset].into_iter().find(|it| it.name() == name)
    }

    /// Lifetime of a link, in milliseconds.
    pub const fn life(self) -> i64 {
        match self {
            Self::Confirm => 3 * 24 * Millis::HOUR,
            Self::Email => 24 * Millis::HOUR,
            Self::Reset => Millis::HOUR,
        }
    }
}

/// Proof that a redeemed link has given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The account.
    pub account: AccountId,
    /// For what.
    pub purpose: LinkKind,
    /// Address at which the person who opened the link reads mails.
    pub email: String,
}

/// Makes a link for `account`, to be sent to `email`. Earlier ones stay good until one is used.
pub async fn make(
    write: &mut Write,
    account: &AccountId,
    purpose: LinkKind,
    email: &str,
) -> Result<Secret, DatabaseError> {
    let link = secret();
    sqlx::query(
        "INSERT INTO links (hash, account, purpose, email, expires_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(hash(&link))
    .bind(account)
    .bind(purpose.name())
    .bind(email)
    .bind(clock::now().plus(purpose.life()).0)
    .execute(&mut **write)
    .await?;
    Ok(Secret::new(link))
}

/// Returns whether `link` is good for one of `purposes`; doesn't use it up.
pub async fn is_good(
    database: &Database,
    link: &Secret,
    purposes: &[LinkKind],
) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT purpose FROM links WHERE hash = $1 AND expires_at > $2")
        .bind(hash(link.reveal()))
        .bind(clock::now().0)
        .fetch_optional(&database.read)
        .await?;
    let purpose = row.map(|row| row.try_get::<String, _>(0)).transpose()?;
    Ok(purpose.and_then(|name| LinkKind::from_name(&name)).is_some_and(|it| purposes.contains(&it)))
}

/// Uses `link` up, with all others of the same account and purpose; `None` when it isn't good for one
/// of `purposes`. Of many who use it at once, one gets the proof.
pub async fn redeem(
    write: &mut Write,
    link: &Secret,
    purposes: &[LinkKind],
) -> Result<Option<Proof>, DatabaseError> {
    let row = sqlx::query(
        "DELETE FROM links WHERE hash = $1 AND expires_at > $2 RETURNING account, purpose, email",
    )
    .bind(hash(link.reveal()))
    .bind(clock::now().0)
    .fetch_optional(&mut **write)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (account, name): (AccountId, String) = (row.try_get(0)?, row.try_get(1)?);
    let Some(purpose) = LinkKind::from_name(&name).filter(|it| purposes.contains(it)) else {
        return Ok(None);
    };
    sqlx::query("DELETE FROM links WHERE account = $1 AND purpose = $2")
        .bind(&account)
        .bind(name)
        .execute(&mut **write)
        .await?;
    Ok(Some(Proof { account, purpose, email: row.try_get(2)? }))
}

/// Takes back all links of `account`.
pub async fn take_back(write: &mut Write, account: &AccountId) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM links WHERE account = $1").bind(account).execute(&mut **write).await?;
    Ok(())
}

/// Forgets links that have run out.
pub async fn sweep(database: &Database) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("DELETE FROM links WHERE expires_at <= $1")
        .bind(clock::now().0)
        .execute(&mut *write)
        .await?;
    write.commit().await
}
