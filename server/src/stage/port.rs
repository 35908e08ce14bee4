//! The stage, for the person who makes the current request.

use std::sync::Arc;

use async_trait::async_trait;
use bandstand_app::stage::port::StageControl;
use bandstand_domain::{
    Refusal, ShowId,
    stage::{JoinToken, PublishToken, StageError, StageReason},
};

use super::{stages::Stages, state::InputRefused, store::Outcome};
use crate::{
    accounts::guests,
    caller::Caller,
    chat, clock,
    crypto::token::{Claims, Grant},
    database::DatabaseError,
    http::limits::{Limit, by_address},
    ice_servers,
    rights::{Action, Resource},
    shows::access::{self, ShowEntry},
};

/// The port of the stage.
#[derive(Debug)]
pub struct StagePort {
    /// The caller of the port.
    pub caller: Caller,
    /// The stages and their performers.
    pub stages: Arc<Stages>,
}

#[async_trait]
impl StageControl for StagePort {
    async fn join(&self, show: ShowId, name: Option<String>) -> Result<JoinToken, StageError> {
        self.caller.limited(Limit::Join, by_address(self.caller.address))?;
        if let Some(name) = name {
            guests::enter(&self.caller, &name).await?;
        }
        let entry = match access::enter(&self.caller, show).await {
            Err(Refusal::NotLoggedIn) => Err(Refusal::Because(StageReason::Nameless)),
            Err(Refusal::Forbidden) => Err(Refusal::Because(StageReason::MembersOnly)),
            other => other,
        }?;
        let artist = entry.is_artist();
        let moderates =
            self.caller.may(&entry.facts.artist_account, Resource::Chat, Action::Moderate).await?;
        let viewer = entry.viewer;
        let muted = chat::is_muted(&self.caller.services.database, show, &viewer.person).await?;
        let (person, name) = (viewer.person, viewer.name);
        let session = self.caller.session_name().await?;
        let claims = Claims {
            person: person.clone(),
            name: name.clone(),
            show,
            grant: Grant::Join,
            artist,
            session,
        };
        let token = self.caller.services.tokens.issue(claims, clock::now());
        let ice_servers =
            ice_servers::configuration(&self.caller.services.config.ice, clock::now());
        Ok(JoinToken { token, person, name, artist, moderates, muted, ice_servers })
    }

    async fn stage(&self, show: ShowId, had: Option<i64>) -> Result<PublishToken, StageError> {
        self.caller.limited(Limit::Join, by_address(self.caller.address))?;
        let ShowEntry { viewer, facts } = allowed(&self.caller, show, Action::Enter).await?;
        if facts.is_over(clock::now()) {
            return Err(Refusal::Because(StageReason::Over));
        }
        if !viewer.confirmed {
            return Err(Refusal::Because(StageReason::Unconfirmed));
        }
        if let Some(had) = had
            && self.stages.is_taken_since(show, had).await
        {
            return Err(Refusal::Because(StageReason::TakenOver));
        }
        let (person, name) = (viewer.person, viewer.name);
        let session = self.caller.session_name().await?;
        let claims = Claims { person, name, show, grant: Grant::Stage, artist: true, session };
        let now = clock::now();
        Ok(PublishToken {
            token: self.caller.services.tokens.issue(claims, now),
            ice_servers: ice_servers::configuration(&self.caller.services.config.ice, now),
        })
    }

    async fn pause(&self, show: ShowId, paused: bool) -> Result<(), StageError> {
        let entry = allowed(&self.caller, show, Action::Change).await?;
        self.caller.limited(Limit::Stage, (show, &entry.viewer.person))?;
        answer(self.stages.pause(show, paused).await)
    }

    async fn end(&self, show: ShowId) -> Result<(), StageError> {
        let entry = allowed(&self.caller, show, Action::Delete).await?;
        self.caller.limited(Limit::Stage, (show, &entry.viewer.person))?;
        answer(self.stages.end(show).await)
    }
}

/// A show with whose stage the caller may do `action`.
pub async fn allowed(
    caller: &Caller,
    show: ShowId,
    action: Action,
) -> Result<ShowEntry, StageError> {
    let entry = access::enter(caller, show).await?;
    if caller.may(&entry.facts.artist_account, Resource::Stage, action).await? {
        Ok(entry)
    } else {
        Err(Refusal::Forbidden)
    }
}

fn answer(outcome: Result<Outcome, DatabaseError>) -> Result<(), StageError> {
    match outcome? {
        Outcome::Changed(_) | Outcome::Same => Ok(()),
        Outcome::InputRefused(InputRefused::Over) => Err(Refusal::Because(StageReason::Over)),
        Outcome::InputRefused(InputRefused::NobodyThere) => {
            Err(Refusal::Because(StageReason::NotOnStage))
        }
        Outcome::Gone => Err(Refusal::Gone),
    }
}
