//! Erasing what was personal of accounts that nobody comes back to.
//!
//! What others rely on stays: the shows that were given, how often they were liked, the places of
//! messages, the handle. Its person becomes nobody in particular.

use std::sync::Arc;

use bandstand_domain::{Millis, PersonId};

use super::{GRACE, store};
use crate::{
    app::venue::Venue,
    chat, clock, crowd,
    database::{Database, DatabaseError},
    factors, people, shows, stream_keys,
};

/// How long an address may stay unconfirmed, in milliseconds. The account goes then, and its handle is
/// free again: nobody has met it on a stage.
const UNCONFIRMED: i64 = 30 * 24 * Millis::HOUR;

/// Erases the accounts whose time has come.
///
/// # Errors
/// When the database fails; those before are erased then.
pub async fn erase_due(venue: &Arc<Venue>) -> Result<(), DatabaseError> {
    let now = clock::now();
    for account in due(&venue.database, now).await? {
        erase(venue, &account, now).await?;
    }
    Ok(())
}

/// The accounts whose time has come.
///
/// # Errors
/// When the database fails.
pub async fn due(database: &Database, now: Millis) -> Result<Vec<String>, DatabaseError> {
    store::due(database, now.plus(-GRACE), now.plus(-UNCONFIRMED)).await
}

/// Erases the account `id`, unless its person has taken it back or confirmed its address since it was due.
///
/// # Errors
/// When the database fails.
pub async fn erase(venue: &Arc<Venue>, id: &str, now: Millis) -> Result<(), DatabaseError> {
    let mut write = venue.database.begin().await?;
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
        people::discard(&venue.files, &picture).await;
    }
    tracing::info!("an account was erased");
    Ok(())
}
