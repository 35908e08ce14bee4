//! Erasing what was personal of accounts that nobody comes back to.
//!
//! What others rely on stays: the shows that were given, how often they were liked, the places of
//! messages, the handle. Its person becomes nobody in particular.

use bandstand_domain::{Millis, PersonId};

use crate::{
    accounts::store,
    chat, clock, crowd,
    database::{Database, DatabaseError},
    factors,
    ids::AccountId,
    people,
    services::Services,
    shows, stream_keys,
};

/// How long a deleted account can be taken back, in milliseconds.
pub const GRACE: i64 = 14 * 24 * Millis::HOUR;
/// How long an address may stay unconfirmed, in milliseconds. The account goes then, and its handle is
/// free again: nobody has met it on a stage.
const UNCONFIRMED: i64 = 30 * 24 * Millis::HOUR;

/// Erases the accounts whose time has come.
///
/// # Errors
/// When the database fails; those before are erased then.
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
    let cutoffs = (now.plus(-GRACE), now.plus(-UNCONFIRMED));
    let Some(person) = store::erase(&mut write, id, cutoffs, now).await? else { return Ok(()) };
    let person = PersonId::new(person);
    chat::forget_person(&mut write, &person).await?;
    crowd::forget_person(&mut write, &person).await?;
    stream_keys::forget(&mut write, id).await?;
    factors::forget(&mut write, id).await?;
    let picture = people::forget(&mut write, id).await?;
    // After its names, which the logs then hold no more.
    shows::forget_artist(&mut write, id).await?;
    write.commit().await?;
    if let Some(picture) = picture {
        people::discard(&services.files, &picture).await;
    }
    tracing::info!("an account was erased");
    Ok(())
}
