//! Stream keys: by which a program such as OBS goes on its artist's stage.
//!
//! A key belongs to an artist and not to a show: it is typed into a program once and stays there from
//! show to show, as people know it from other places. Whoever has it can do one thing, send media to
//! its artist's stage, until it is revoked.
//!
//! Only the hash of a key is kept. What can't be guessed needs no slow hash: 192 random bits. The row of a
//! revoked key stays for some weeks: a program that still has it is refused, and its artist told.

pub mod personal_data;
pub mod port;
mod store;

use bandstand_domain::{
    Millis, Refusal, Secret, ShowId,
    api_tokens::ApiScope,
    stage::{StageError, StageReason},
    stream_keys::{MAX_KEYS, NewStreamKey, StreamKey, StreamKeyId, check_key_name},
    visible::tidy_name,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    accounts::{self, store::lock},
    api_tokens::{self, KnownToken},
    background::bus::BusMessage,
    caller::Caller,
    clock,
    crypto::secret_hash::SecretHash,
    database::{Database, DatabaseError},
    http::limits::Limit,
    ids::AccountId,
    shows::ShowFacts,
};

/// Prefix of every key, so that it is known for what it is wherever it turns up.
const PREFIX: &str = "bandstand_";
/// The most bytes of a key, or of an API token.
const MAX_SECRET: usize = 64;

/// Whose a key is. The key can be an API token, too, as far as the stage goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The stream key.
    pub key: StreamKeyId,
    /// The private identity of the artist's account.
    pub account: AccountId,
}

/// A key that there is or was.
#[derive(Clone, Debug)]
struct Known {
    holder: Holder,
    name: String,
    is_token: bool,
    revoked: bool,
}

/// The caller's keys.
///
/// # Errors
/// `NotLoggedIn`, `Forbidden` for who is no artist, `Broken`.
pub async fn list(caller: &Caller) -> Result<Vec<StreamKey>, StageError> {
    let artist = caller.own_stage().await?;
    Ok(store::of_account(&caller.services.database, &artist.id).await?)
}

/// Makes a key for the caller.
///
/// # Errors
/// As [`list`]; `Invalid` for its name; `TooMany`; [`StageReason::TooManyKeys`],
/// [`StageReason::Unconfirmed`].
pub async fn make(caller: &Caller, name: &str) -> Result<NewStreamKey, StageError> {
    let artist = caller.own_stage().await?;
    if !artist.confirmed {
        return Err(Refusal::Because(StageReason::Unconfirmed));
    }
    check_key_name(name)?;
    caller.limited(Limit::StreamKeys, &artist.id)?;
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>()));
    let key = StreamKey {
        id: StreamKeyId(Uuid::now_v7()),
        name: tidy_name(name),
        // ASCII from end to end.
        ending: secret[secret.len() - 4..].to_owned(),
        made_at: clock::now(),
        used_at: None,
    };
    let mut write = caller.services.database.begin().await?;
    // So that no two requests count at the same time.
    lock(&mut write, &artist.id).await?;
    let count = store::count(&mut write, &artist.id).await?;
    if usize::try_from(count).is_ok_and(|count| count >= MAX_KEYS) {
        return Err(Refusal::Because(StageReason::TooManyKeys));
    }
    store::insert(&mut write, &artist.id, &key, &hash(&secret)).await?;
    write.commit().await?;
    tracing::info!(key = %key.id, "a stream key was made");
    Ok(NewStreamKey { secret: Secret::new(secret), key })
}

/// Makes a key of the caller useless, and takes off the stage whoever is there with it.
///
/// # Errors
/// As [`list`]; `NotFound` when there is no such key of theirs.
pub async fn revoke(caller: &Caller, id: StreamKeyId) -> Result<(), StageError> {
    let artist = caller.own_stage().await?;
    caller.limited(Limit::StreamKeys, &artist.id)?;
    let mut write = caller.services.database.begin().await?;
    if !store::revoke(&mut write, &artist.id, id, clock::now()).await? {
        return Err(Refusal::NotFound);
    }
    write.commit().await?;
    tracing::info!(key = %id, "a stream key was revoked");
    caller.services.bus.publish(BusMessage::StreamKeyRevoked(id)).await;
    Ok(())
}

/// Result of trying a secret as a stream key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The holder may go on stage.
    Good(Holder),
    /// The key was revoked.
    Revoked {
        /// The private identity of the artist's account.
        account: AccountId,
        /// Name that the artist gave the key, or the program itself when it has a token.
        name: String,
        /// It is an API token.
        is_token: bool,
    },
    /// It is no key, or its artist may not go on stage.
    Nothing,
}

/// Whose the key `secret` is.
pub async fn tried(database: &Database, secret: &str) -> Result<Tried, DatabaseError> {
    if !secret.starts_with(PREFIX) || secret.len() > MAX_SECRET {
        return Ok(Tried::Nothing);
    }
    let known = match store::known(database, &hash(secret)).await? {
        Some(known) => Some(known),
        None => token(database, secret).await?,
    };
    let Some(known) = known else { return Ok(Tried::Nothing) };
    let Known { holder, name, is_token, revoked } = known;
    Ok(match may_perform(database, &holder.account).await? {
        false => Tried::Nothing,
        true if revoked => Tried::Revoked { account: holder.account, name, is_token },
        true => Tried::Good(holder),
    })
}

/// The API token `secret` as a key, when it lets its account on stage.
async fn token(database: &Database, secret: &str) -> Result<Option<Known>, DatabaseError> {
    let token = api_tokens::known(database, secret).await?;
    let token = token.filter(|it| it.holder.scopes.contains(&ApiScope::PublishStage));
    Ok(token.map(|KnownToken { holder, name, revoked, .. }| {
        let key = api_tokens::as_key(holder.token);
        let holder = Holder { key, account: holder.account };
        Known { holder, name, is_token: true, revoked }
    }))
}

/// Tells whether an artist may be on stage with `key`, a stream key or an API token.
pub async fn is_good(database: &Database, key: StreamKeyId) -> Result<bool, DatabaseError> {
    let account = match store::account_of(database, key).await? {
        Some(account) => Some(account),
        None => api_tokens::publisher(database, key).await?,
    };
    match account {
        Some(account) => may_perform(database, &account).await,
        None => Ok(false),
    }
}

/// Tells whether the account is open, and an artist's who may go on stage.
pub async fn may_perform(database: &Database, account: &AccountId) -> Result<bool, DatabaseError> {
    let account = accounts::store::find(database, account).await?;
    Ok(account.is_some_and(|it| it.artist && it.confirmed))
}

/// Notes that somebody went on stage with `key`; false when it was revoked meanwhile.
pub async fn used(database: &Database, key: StreamKeyId) -> Result<bool, DatabaseError> {
    Ok(store::used(database, key, clock::now()).await? || api_tokens::used(database, key).await?)
}

/// The show that the holder plays now when they don't say which.
pub async fn show_now(
    database: &Database,
    holder: &Holder,
) -> Result<Option<ShowId>, DatabaseError> {
    store::show_now(database, &holder.account, clock::now()).await
}

/// Tells whether a program may go on the stage of the show that it names. A program isn't asked whether it
/// means it, and what it has shown can't be taken back: long before the announced time it may only come to
/// a show that its artist has begun.
pub fn is_due(show: &ShowFacts, now: Millis) -> bool {
    show.stage.is_on_air() || show.starts_at <= now.plus(store::EARLY)
}

/// Forgets keys that were revoked long ago.
pub async fn prune(database: &Database) -> Result<(), DatabaseError> {
    store::prune(database, clock::now()).await
}

/// Hash by which a secret is found again.
pub fn hash(secret: &str) -> SecretHash {
    SecretHash::new(URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes())))
}
