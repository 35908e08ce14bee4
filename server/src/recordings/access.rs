//! Who may play a recording, and who may change it.

use bandstand_domain::{
    Refusal, ShowId,
    recordings::{RecordingError, RecordingReason},
};

use crate::{
    accounts::Account,
    caller::Caller,
    listening,
    rights::{Action, Resource},
    shows::{ShowFacts, access},
};

/// Right by which a recording is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayRight {
    /// It is published, and its show is open to all.
    Everybody,
    /// It is published, and its show is for people with an account.
    Personal,
    /// The caller may change it, and has all of it.
    Editor,
}

/// The right of the caller to play the recording of `show`: as a draft to who may change it; published, to who
/// may come to the show.
///
/// # Errors
/// `NotFound`, `Gone`, [`RecordingReason::Unpublished`]; `NotLoggedIn` or `Forbidden` for who may not come.
pub async fn to_play(caller: &Caller, show: ShowId) -> Result<PlayRight, RecordingError> {
    let facts = access::facts(&caller.services.database, show).await?;
    if caller.may(&facts.artist_account, Resource::Show, Action::Change).await? {
        return Ok(PlayRight::Editor);
    }
    if facts.replay
        && let Some(right) = listening::of_caller(caller, show).await?
    {
        let personal = right.is_personal();
        return Ok(if personal { PlayRight::Personal } else { PlayRight::Everybody });
    }
    Err(match (facts.replay, caller.account().await?) {
        (false, _) => Refusal::Because(RecordingReason::Unpublished),
        (true, None) => Refusal::NotLoggedIn,
        (true, Some(_)) => Refusal::Forbidden,
    })
}

/// The caller's account, and the show whose recording it may change.
///
/// # Errors
/// `NotLoggedIn`, `NotFound`, `Gone`, `Forbidden`.
pub async fn to_change(
    caller: &Caller,
    show: ShowId,
) -> Result<(Account, ShowFacts), RecordingError> {
    allowed(caller, show, Action::Change).await
}

/// The caller's account, and the show with which it may do `action`, recording and all.
///
/// # Errors
/// As [`to_change`].
pub async fn allowed(
    caller: &Caller,
    show: ShowId,
    action: Action,
) -> Result<(Account, ShowFacts), RecordingError> {
    let account = caller.own_account().await?;
    let facts = access::facts(&caller.services.database, show).await?;
    if !caller.may(&facts.artist_account, Resource::Show, action).await? {
        return Err(Refusal::Forbidden);
    }
    Ok((account, facts))
}
