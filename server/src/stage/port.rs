//! The stage, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::{quality::port::Quality, stage::port::Stage, stream_keys::port::StreamKeys};
use bandstand_domain::{
    Refusal, ShowId,
    quality::{Explanation, Measured, StageQuality},
    stage::{JoinToken, PublishToken, StageError, StageReason},
    stream_keys::{NewStreamKey, StreamKey, StreamKeyId},
};

use super::{
    access::{self, Entry},
    state::NotPossible,
    store::Outcome,
};
use crate::{
    accounts::guests,
    caller::Caller,
    chat, clock,
    crypto::token::{Claims, Right},
    database::DatabaseError,
    http::limits::{Limit, by_address},
    media::ice_configuration,
    quality,
    rights::{self, Action, Resource},
    stream_keys,
};

#[async_trait]
impl Stage for Caller {
    async fn join(&self, show: ShowId, name: Option<String>) -> Result<JoinToken, StageError> {
        self.limited(Limit::Join, by_address(self.address))?;
        if let Some(name) = name {
            guests::enter(self, &name).await?;
        }
        let entry = match access::enter(self, show).await {
            Err(Refusal::NotLoggedIn) => Err(Refusal::Because(StageReason::Nameless)),
            Err(Refusal::Forbidden) => Err(Refusal::Because(StageReason::MembersOnly)),
            other => other,
        }?;
        let artist = entry.is_artist();
        let moderates =
            rights::allows(self, &entry.facts, Resource::Chat, Action::Moderate).await?;
        let viewer = entry.viewer;
        let muted = chat::is_muted(&self.venue.database, show, &viewer.person).await?;
        let (person, name) = (viewer.person, viewer.name);
        let session = self.session_name().await?;
        let claims = Claims {
            person: person.clone(),
            name: name.clone(),
            show,
            right: Right::Join,
            artist,
            session,
        };
        let token = self.venue.live.tokens().issue(claims, clock::now());
        let ice_servers = ice_configuration(&self.venue.config.ice, clock::now());
        Ok(JoinToken { token, person, name, artist, moderates, muted, ice_servers })
    }

    async fn stage(&self, show: ShowId, had: Option<i64>) -> Result<PublishToken, StageError> {
        self.limited(Limit::Join, by_address(self.address))?;
        let Entry { viewer, facts } = allowed(self, show, Action::Enter).await?;
        if access::is_over(&facts, clock::now()) {
            return Err(Refusal::Because(StageReason::Over));
        }
        if !viewer.confirmed {
            return Err(Refusal::Because(StageReason::Unconfirmed));
        }
        if let Some(had) = had
            && self.venue.live.stages().is_taken_since(show, had).await
        {
            return Err(Refusal::Because(StageReason::TakenOver));
        }
        let (person, name) = (viewer.person, viewer.name);
        let session = self.session_name().await?;
        let claims = Claims { person, name, show, right: Right::Stage, artist: true, session };
        let now = clock::now();
        Ok(PublishToken {
            token: self.venue.live.tokens().issue(claims, now),
            ice_servers: ice_configuration(&self.venue.config.ice, now),
        })
    }

    async fn pause(&self, show: ShowId, paused: bool) -> Result<(), StageError> {
        let entry = allowed(self, show, Action::Change).await?;
        self.limited(Limit::Stage, (show, &entry.viewer.person))?;
        answer(self.venue.live.stages().pause(show, paused).await)
    }

    async fn end(&self, show: ShowId) -> Result<(), StageError> {
        let entry = allowed(self, show, Action::Delete).await?;
        self.limited(Limit::Stage, (show, &entry.viewer.person))?;
        answer(self.venue.live.stages().end(show).await)
    }
}

#[async_trait]
impl StreamKeys for Caller {
    async fn list(&self) -> Result<Vec<StreamKey>, StageError> {
        stream_keys::list(self).await
    }

    async fn make(&self, name: String) -> Result<NewStreamKey, StageError> {
        stream_keys::make(self, &name).await
    }

    async fn revoke(&self, id: StreamKeyId) -> Result<(), StageError> {
        stream_keys::revoke(self, id).await
    }
}

#[async_trait]
impl Quality for Caller {
    async fn of_stage(&self, show: ShowId) -> Result<StageQuality, StageError> {
        quality::of_stage(self, show).await
    }

    async fn explain(
        &self,
        show: ShowId,
        session: String,
        measured: Measured,
    ) -> Result<Explanation, StageError> {
        quality::explain(self, show, &session, &measured).await
    }
}

/// A show with whose stage the caller may do `action`.
pub async fn allowed(caller: &Caller, show: ShowId, action: Action) -> Result<Entry, StageError> {
    let entry = access::enter(caller, show).await?;
    if rights::allows(caller, &entry.facts, Resource::Stage, action).await? {
        Ok(entry)
    } else {
        Err(Refusal::Forbidden)
    }
}

fn answer(outcome: Result<Outcome, DatabaseError>) -> Result<(), StageError> {
    match outcome? {
        Outcome::Changed(_) | Outcome::Same => Ok(()),
        Outcome::NotPossible(NotPossible::Over) => Err(Refusal::Because(StageReason::Over)),
        Outcome::NotPossible(NotPossible::NobodyThere) => {
            Err(Refusal::Because(StageReason::NotOnStage))
        }
        Outcome::Gone => Err(Refusal::Gone),
    }
}
