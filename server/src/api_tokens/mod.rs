//! API tokens: by which programs act for an account, within scopes.
//!
//! A program gets one by a device login, which its person confirms in a browser. Only the hash of a token is
//! kept; it can't be guessed, so that needs no slow hash. The row of a revoked token stays for some weeks: a
//! program that still has it is refused, and its artist told.

pub mod device_login;
pub mod personal_data;
pub mod port;
mod store;

use bandstand_domain::{
    Millis, Refusal,
    api_tokens::{ApiScope, ApiToken, ApiTokenError, ApiTokenId},
    stream_keys::StreamKeyId,
};

use crate::{
    background::bus::BusMessage,
    caller::Caller,
    clock,
    crypto::random,
    database::{Database, DatabaseError, Write},
    http::limits::Limit,
    ids::AccountId,
    services::Services,
};

/// Prefix of every token, so that it is known for what it is wherever it turns up.
const PREFIX: &str = "bandstand_api_";
/// Time for which a use needs not be noted again, in milliseconds.
const NOTED: i64 = Millis::MINUTE;

/// Whose a token is, and what it grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHolder {
    /// The token.
    pub token: ApiTokenId,
    /// The private identity of the account.
    pub account: AccountId,
    /// Its scopes.
    pub scopes: Vec<ApiScope>,
}

/// A token that there is or was.
#[derive(Clone, Debug)]
pub struct KnownToken {
    /// Whose it is.
    pub holder: TokenHolder,
    /// Name of the program that has it.
    pub name: String,
    /// True once it was revoked.
    pub revoked: bool,
    used_at: Option<Millis>,
}

/// The caller's tokens, the oldest first.
///
/// # Errors
/// `NotLoggedIn`, `Broken`.
pub async fn list(caller: &Caller) -> Result<Vec<ApiToken>, ApiTokenError> {
    let account = caller.own_account().await?;
    Ok(store::of_account(&caller.services.database, &account.id).await?)
}

/// Makes a token of the caller useless, and takes off the stage whoever is there with it.
///
/// # Errors
/// As [`list`]; `NotFound` when there is no such token of theirs.
pub async fn revoke(caller: &Caller, id: ApiTokenId) -> Result<(), ApiTokenError> {
    let account = caller.own_account().await?;
    caller.limited(Limit::ApiTokens, &account.id)?;
    if revoke_for(&caller.services, &account.id, id).await? {
        Ok(())
    } else {
        Err(Refusal::NotFound)
    }
}

/// Makes the token `id` of `account` useless; false when there is none that is good.
pub async fn revoke_for(
    services: &Services,
    account: &AccountId,
    id: ApiTokenId,
) -> Result<bool, DatabaseError> {
    let mut write = services.database.begin().await?;
    if !store::revoke(&mut write, account, id, clock::now()).await? {
        return Ok(false);
    }
    write.commit().await?;
    tell_revoked(services, &[id]).await;
    Ok(true)
}

/// Makes all tokens of `account` useless, in the transaction of what throws everybody out; after it,
/// [`tell_revoked`] is called with those that are returned.
pub async fn revoke_all(
    write: &mut Write,
    account: &AccountId,
) -> Result<Vec<ApiTokenId>, DatabaseError> {
    store::revoke_all(write, account, clock::now()).await
}

/// Takes off the stage whoever is there with one of the tokens `revoked`.
pub async fn tell_revoked(services: &Services, revoked: &[ApiTokenId]) {
    for id in revoked {
        tracing::info!(token = %id, "an API token was revoked");
        services.bus.publish(BusMessage::StreamKeyRevoked(as_key(*id))).await;
    }
}

/// Finds the token `secret`.
pub async fn known(database: &Database, secret: &str) -> Result<Option<KnownToken>, DatabaseError> {
    if !secret.starts_with(PREFIX) {
        return Ok(None);
    }
    store::known(database, &random::hash(secret)).await
}

/// Notes that a token was used, unless that was noted a moment ago.
pub async fn note_use(database: &Database, token: &KnownToken) -> Result<(), DatabaseError> {
    let now = clock::now();
    if token.used_at.is_none_or(|at| now.since(at) >= NOTED) {
        used(database, as_key(token.holder.token)).await?;
    }
    Ok(())
}

/// A token as a key of its artist's stage. Identities are unique beyond their table.
pub fn as_key(token: ApiTokenId) -> StreamKeyId {
    StreamKeyId(token.0)
}

/// The account that `key` lets on stage, when it is a good token with that scope.
pub async fn publisher(
    database: &Database,
    key: StreamKeyId,
) -> Result<Option<AccountId>, DatabaseError> {
    let holder = store::holder(database, ApiTokenId(key.0)).await?;
    let holder = holder.filter(|it| it.scopes.contains(&ApiScope::PublishStage));
    Ok(holder.map(|it| it.account))
}

/// Notes that somebody went on stage with `key`, a token; false when it is none, or was revoked meanwhile.
pub async fn used(database: &Database, key: StreamKeyId) -> Result<bool, DatabaseError> {
    store::used(database, ApiTokenId(key.0), clock::now()).await
}

/// Revokes tokens that nobody has used for long; forgets those that were revoked long ago, and device logins that
/// came to nothing.
pub async fn prune(database: &Database) -> Result<(), DatabaseError> {
    store::prune(database, clock::now()).await
}
