//! Messages for features beside the chat that work on what somebody reads.

use std::error::Error;

use bandstand_domain::{
    PersonId, Refusal,
    chat::{ChatMessage, ChatPlace, MessageId},
};

use super::{access, store};
use crate::caller::Caller;

/// Messages of `place` by their identities, for the caller, and who they are there if they have a name. Those
/// that were deleted are not there, nor those of people whom the caller has hidden.
///
/// # Errors
/// As [`access::enter`].
pub async fn readable<E: Error>(
    caller: &Caller,
    place: ChatPlace,
    ids: &[MessageId],
) -> Result<(Option<PersonId>, Vec<ChatMessage>), Refusal<E>> {
    let person = access::read(caller, place).await?;
    let database = &caller.services.database;
    let mut messages = store::quoted(database, place, ids).await?;
    if let Some(account) = caller.account().await? {
        let hidden = store::hidden(database, &account.id).await?;
        messages.retain(|message| hidden.iter().all(|it| it.person != message.author));
    }
    Ok((person, messages))
}
