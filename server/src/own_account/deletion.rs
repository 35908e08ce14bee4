//! Erasure of accounts that nobody comes back to.
//!
//! Data that others rely on stays: the shows that were given, the number of their likes, the places of
//! messages, the handle. The person of the account is anonymized.

use bandstand_domain::Millis;

use crate::{
    accounts::store,
    clock,
    database::{Database, DatabaseError, Write},
    ids::AccountId,
    personal_data::{AllPersonalData, DataSubject, ErasedFiles},
    services::Services,
};

/// Grace period in which a deleted account can be taken back, in milliseconds.
pub const GRACE: i64 = 14 * 24 * Millis::HOUR;
/// Time limit to confirm an address, in milliseconds. The account goes then, and its handle is free
/// again: nobody has met it on a stage.
const UNCONFIRMED: i64 = 30 * 24 * Millis::HOUR;

/// Erases the accounts whose time has come.
///
/// # Errors
/// Returns an error when the database fails; the accounts before are erased then.
pub async fn erase_due(services: &Services) -> Result<(), DatabaseError> {
    let now = clock::now();
    for account in due(&services.database, now).await? {
        erase(services, &account, now).await?;
    }
    Ok(())
}

/// The accounts whose time has come.
pub async fn due(database: &Database, now: Millis) -> Result<Vec<AccountId>, DatabaseError> {
    store::due(database, now.plus(-GRACE), now.plus(-UNCONFIRMED)).await
}

/// Erases the account `id`, unless its person has taken it back or confirmed its address since it was due.
pub async fn erase(services: &Services, id: &AccountId, now: Millis) -> Result<(), DatabaseError> {
    let mut write = services.database.begin().await?;
    let erased = erase_in(&mut write, &services.personal_data, id, now).await?;
    let Some(files) = erased else { return Ok(()) };
    write.commit().await?;
    services.files.remove(&files).await;
    tracing::info!("an account was erased");
    Ok(())
}

/// Erases the account `id` in a transaction, as [`erase`] does; answers the files to delete after the
/// commit.
pub async fn erase_in(
    write: &mut Write,
    data: &AllPersonalData,
    id: &AccountId,
    now: Millis,
) -> Result<Option<ErasedFiles>, DatabaseError> {
    let cutoffs = (now.plus(-GRACE), now.plus(-UNCONFIRMED));
    let Some(person) = store::erase(write, id, cutoffs, now).await? else { return Ok(None) };
    let subject = DataSubject { account: id.clone(), person, session: None };
    data.erase(write, &subject).await.map(Some)
}
