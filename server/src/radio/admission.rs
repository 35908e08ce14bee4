//! Admission of sources, and of titles beside them: whose stream key it is, and which show it is for.

use std::{net::IpAddr, sync::Arc};

use bandstand_domain::ShowId;
use bandstand_radio::{
    DeclaredType,
    source::{BasicCredentials, TitleUpdate},
};

use super::{Radio, cause, error::RadioError, radio_source::RadioSource};
use crate::{
    clock,
    http::limits::{Limit, by_address},
    shows::{self, ShowFacts},
    stage::{Claim, ClaimProof, notices::Cause, source::OpenedSource},
    stream_keys::{self, Holder},
};

/// Path below which mounts are.
const MOUNTS: &str = "/radio";

/// Request of a source, before its sound comes.
#[derive(Debug)]
pub struct SourceRequest<'a> {
    /// The show that it names; none when it leaves that to the venue.
    pub show: Option<&'a str>,
    /// Format that its sound is said to have.
    pub declared: DeclaredType,
}

/// The show in a mount's path: none in `/radio`.
///
/// # Errors
/// [`RadioError::NoMount`] for a path of something else.
pub fn show_of(path: &str) -> Result<Option<&str>, RadioError> {
    let rest = path.strip_prefix(MOUNTS).ok_or(RadioError::NoMount)?;
    match rest.strip_prefix('/') {
        None if rest.is_empty() => Ok(None),
        None => Err(RadioError::NoMount),
        Some("") => Ok(None),
        Some(show) => Ok(Some(show.trim_end_matches('/'))),
    }
}

/// Lets a source of `holder` on its stage, or beside it while somebody is heard there. Whoever calls it waits
/// for its end: the stage would hold a source that nobody feeds.
///
/// # Errors
/// [`RadioError`]; the artist is told, too, as far as the program's next try doesn't mend it.
pub async fn admit(
    radio: &Radio,
    holder: &Holder,
    request: SourceRequest<'_>,
) -> Result<Arc<RadioSource>, RadioError> {
    let admitted = open(radio, holder, &request).await;
    if let Err(refused) = &admitted
        && let Some(cause) = cause::of(refused)
    {
        radio.stages.notices().tell(&holder.account, &cause, clock::now());
    }
    admitted
}

async fn open(
    radio: &Radio,
    holder: &Holder,
    request: &SourceRequest<'_>,
) -> Result<Arc<RadioSource>, RadioError> {
    if request.declared == DeclaredType::Other {
        return Err(RadioError::NotTaken);
    }
    // Each time is a change in the database, also for who comes back at once.
    let often = radio.services.limits.check(Limit::StageTakes, holder.key);
    often.map_err(RadioError::TooManyTries)?;
    let facts = show(radio, holder, request.show).await?;
    let show = facts.id;
    let claim = Claim { artist: holder.account.clone(), by: ClaimProof::Key(holder.key) };
    let mut opened = None;
    let open = async {
        let waits = radio.stages.is_held(show);
        let source = radio.mounts.open(show, holder.account.clone(), holder.key, waits);
        let id = source.id;
        opened = Some(source);
        Ok::<_, RadioError>(OpenedSource { source: id, waits })
    };
    let taken = radio.stages.take(show, claim, open).await;
    let source = opened.ok_or(RadioError::Broken);
    let publication = match taken {
        Ok(taken) => taken.publication,
        Err(refused) => {
            if let Ok(source) = source {
                radio.mounts.ended(&source);
            }
            return Err(refused.into());
        }
    };
    let source = source?;
    // Taken first and then asked, as by WHIP: who revokes the key meanwhile finds one or the other.
    let key = holder.key;
    let used = stream_keys::used(&radio.services.database, key).await;
    if !matches!(used, Ok(true)) {
        radio.give_up(&source).await;
        used?;
        return Err(RadioError::BadKey);
    }
    tracing::info!(%show, %key, publication, "a source client");
    Ok(source)
}

/// The show that is meant: the one that is named, or the one that is due.
async fn show(
    radio: &Radio,
    holder: &Holder,
    named: Option<&str>,
) -> Result<ShowFacts, RadioError> {
    let Some(named) = named else {
        let show = stream_keys::show_now(&radio.services.database, holder).await?;
        return facts_of(radio, show.ok_or(RadioError::NothingOn)?).await;
    };
    let facts = facts_of(radio, named.parse().map_err(|_| RadioError::NoShow)?).await?;
    if facts.artist_account != holder.account {
        Err(RadioError::OtherShow)
    } else if facts.is_over(clock::now()) {
        Err(RadioError::Over)
    } else if !stream_keys::is_due(&facts, clock::now()) {
        Err(RadioError::TooEarly)
    } else {
        Ok(facts)
    }
}

/// The facts of a show that there is.
async fn facts_of(radio: &Radio, show: ShowId) -> Result<ShowFacts, RadioError> {
    let facts = shows::facts(&radio.services.database, show).await?;
    facts.filter(|it| !it.deleted).ok_or(RadioError::NoShow)
}

/// Finds the holder of a stream key. All wrong ones are answered alike, and are counted by address; a good one
/// is let in whatever others try from there.
///
/// # Errors
/// [`RadioError::NoKey`], [`RadioError::BadKey`], [`RadioError::TooManyTries`].
pub async fn holder(
    radio: &Radio,
    address: IpAddr,
    credentials: Option<&BasicCredentials>,
) -> Result<Holder, RadioError> {
    let credentials = credentials.ok_or(RadioError::NoKey)?;
    let wrong = match radio.stages.holder(credentials.password(), Cause::RevokedPassword).await? {
        Ok(holder) => return Ok(holder),
        Err(wrong) => wrong,
    };
    let tried = radio.services.limits.check(Limit::StreamKeyTries, by_address(address));
    tried.map_err(RadioError::TooManyTries)?;
    radio.stages.tell_wrong(&wrong);
    Err(RadioError::BadKey)
}

/// Takes a title that comes beside the sound (`/admin/metadata`).
///
/// # Errors
/// [`RadioError`].
pub async fn update_title(
    radio: &Radio,
    address: IpAddr,
    credentials: Option<BasicCredentials>,
    query: &str,
) -> Result<(), RadioError> {
    let holder = holder(radio, address, credentials.as_ref()).await?;
    let counted = radio.services.limits.check(Limit::StreamTitles, holder.key);
    counted.map_err(RadioError::TooManyTries)?;
    let update = TitleUpdate::parse(query)?;
    // Programs that know one mount only name whatever they like.
    let named = show_of(&update.mount).ok().flatten();
    let show = match named {
        Some(show) => Some(show.parse().map_err(|_| RadioError::NoShow)?),
        None => None,
    };
    let source = radio.mounts.source_of(&holder, show).ok_or(RadioError::NotOnStage)?;
    radio.mounts.set_title(source, update.title);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_name_a_show_or_none() {
        assert_eq!(show_of("/radio"), Ok(None));
        assert_eq!(show_of("/radio/"), Ok(None));
        assert_eq!(show_of("/radio/018f"), Ok(Some("018f")));
        assert_eq!(show_of("/radio/018f/"), Ok(Some("018f")));
        for other in ["", "/", "/radios", "/live.mp3"] {
            assert_eq!(show_of(other), Err(RadioError::NoMount), "{other}");
        }
    }
}
