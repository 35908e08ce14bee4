//! Erasing what was personal of accounts that nobody comes back to.
//!
//! What others rely on stays: the shows that were given, the places of messages, who was muted. Its
//! person becomes nobody in particular.

use std::sync::Arc;

use bandstand_domain::{Millis, PersonId};

use super::{GRACE, store};
use crate::{chat, clock, database::DatabaseError, factors, live::keys, people, venue::Venue};

/// How long an address may stay unconfirmed, in milliseconds. The account goes then, and its handle is
/// free again: nobody has met it on a stage.
const UNCONFIRMED: i64 = 30 * 24 * Millis::HOUR;

/// Erases the accounts whose time has come.
///
/// # Errors
/// When the database fails; those before are erased then.
pub async fn erase_due(venue: &Arc<Venue>) -> Result<(), DatabaseError> {
    let now = clock::now();
    let database = &venue.database;
    for account in store::due(database, now.plus(-GRACE), now.plus(-UNCONFIRMED)).await? {
        let mut write = database.begin().await?;
        chat::forget_author(&mut write, &PersonId::new(account.person)).await?;
        keys::forget(&mut write, &account.id).await?;
        factors::forget(&mut write, &account.id).await?;
        let picture = people::forget(&mut write, &account.id).await?;
        store::erase(&mut write, &account.id, account.frees_handle, now).await?;
        write.commit().await?;
        if let Some(picture) = picture {
            people::discard(&venue.files, &picture).await;
        }
        tracing::info!("an account was erased");
    }
    Ok(())
}
