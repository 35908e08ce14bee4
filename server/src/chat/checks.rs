//! Checks of what a message is to say and to carry.

use std::collections::BTreeSet;

use bandstand_domain::{
    FieldErrors, Refusal,
    chat::{ChatError, ChatReason, MAX_FILES, check_message},
    uploads::RoomFileId,
};

/// The text of a message as it is kept.
pub(super) fn checked(text: &str) -> Result<String, ChatError> {
    let text = text.replace("\r\n", "\n").trim().to_owned();
    match check_message(&text) {
        Some(complaint) => Err(FieldErrors::one("text", complaint).into()),
        None => Ok(text),
    }
}

/// The text of a message that carries files, as it is kept: it may be empty.
pub(super) fn captioned(text: &str) -> Result<String, ChatError> {
    if text.trim().is_empty() { Ok(String::new()) } else { checked(text) }
}

/// The files that a message is to carry, each once.
pub(super) fn chosen(files: Vec<RoomFileId>) -> Result<Vec<RoomFileId>, ChatError> {
    if files.len() > MAX_FILES {
        return Err(Refusal::Because(ChatReason::TooManyFiles));
    }
    let mut known = BTreeSet::new();
    Ok(files.into_iter().filter(|it| known.insert(*it)).collect())
}
