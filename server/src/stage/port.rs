//! The stage, for the person who makes the current request.

use std::sync::Arc;

use async_trait::async_trait;
use bandstand_app::stage::port::StageControl;
use bandstand_domain::{
    FieldErrors, PersonId, Refusal, Secret, ShowId,
    chat::ChatPlace,
    shows::check_title,
    stage::{DoorToken, JoinToken, PublishToken, StageError, StageReason, StageState},
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
    ids::SessionName,
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
        let place = ChatPlace::Show(show);
        let origin = chat::guest_origin(&self.caller, place).await?;
        let person = &entry.viewer.person;
        if chat::is_banned(&self.caller, place, person, origin.as_deref()).await? {
            return Err(Refusal::Because(StageReason::Banned));
        }
        let artist = entry.is_artist();
        let moderates =
            self.caller.may(&entry.facts.artist_account, Resource::Chat, Action::Moderate).await?;
        let ShowEntry { viewer, look, .. } = entry;
        let muted =
            chat::is_muted(&self.caller.services.database, show.into(), &viewer.person).await?;
        let (person, name) = (viewer.person, viewer.name);
        let session = self.caller.session_name().await?;
        let claims = Claims {
            person: person.clone(),
            name: name.clone(),
            show,
            grant: Grant::Join,
            artist,
            session,
            look,
        };
        let (token, ice_servers) = self.issue(claims);
        Ok(JoinToken { token, person, name, artist, moderates, muted, ice_servers })
    }

    async fn look(&self, show: ShowId) -> Result<DoorToken, StageError> {
        self.caller.limited(Limit::Look, by_address(self.caller.address))?;
        let facts = access::facts(&self.caller.services.database, show).await?;
        if facts.members_only {
            return Err(Refusal::Because(StageReason::MembersOnly));
        }
        if !facts.stage.is_on_air() {
            return Err(Refusal::Because(StageReason::NotOnStage));
        }
        // Whoever it is: there are doors at which nobody is asked.
        let claims = Claims {
            person: PersonId::new("nobody"),
            name: String::new(),
            show,
            grant: Grant::Door,
            artist: false,
            session: SessionName::new("nobody"),
            look: None,
        };
        let (token, ice_servers) = self.issue(claims);
        Ok(DoorToken { token, ice_servers })
    }

    async fn stage(&self, show: ShowId, had: Option<i64>) -> Result<PublishToken, StageError> {
        let entry = self.own_stage(show).await?;
        if let Some(had) = had
            && self.stages.is_taken_since(show, had).await
        {
            return Err(Refusal::Because(StageReason::TakenOver));
        }
        self.publish_token(entry, Grant::Stage).await
    }

    async fn rehearsal(&self, show: ShowId) -> Result<PublishToken, StageError> {
        let entry = self.own_stage(show).await?;
        if entry.facts.stage != StageState::Empty {
            return Err(Refusal::Because(StageReason::OnAir));
        }
        self.publish_token(entry, Grant::Rehearsal).await
    }

    async fn pause(&self, show: ShowId, paused: bool) -> Result<(), StageError> {
        let entry = allowed(&self.caller, show, Action::Change).await?;
        self.caller.limited(Limit::Stage, (show, &entry.viewer.person))?;
        answer(self.stages.pause(show, paused).await)
    }

    async fn set_title(&self, show: ShowId, title: String) -> Result<(), StageError> {
        let entry = allowed(&self.caller, show, Action::Change).await?;
        self.caller.limited(Limit::Stage, (show, &entry.viewer.person))?;
        if !entry.facts.stage.is_on_air() {
            return Err(Refusal::Because(StageReason::NotOnStage));
        }
        if let Some(complaint) = check_title(&title) {
            return Err(FieldErrors::one("title", complaint).into());
        }
        self.stages.set_title(show, title.trim());
        Ok(())
    }

    async fn keep_stage(&self, show: ShowId, keep: bool) -> Result<(), StageError> {
        let entry = allowed(&self.caller, show, Action::Change).await?;
        self.caller.limited(Limit::Stage, (show, &entry.viewer.person))?;
        answer(self.stages.keep(show, keep).await)
    }

    async fn record(&self, show: ShowId, record: bool) -> Result<(), StageError> {
        let entry = allowed(&self.caller, show, Action::Change).await?;
        self.caller.limited(Limit::Stage, (show, &entry.viewer.person))?;
        answer(self.stages.record(show, record).await)
    }

    async fn end(&self, show: ShowId) -> Result<(), StageError> {
        let entry = allowed(&self.caller, show, Action::Delete).await?;
        self.caller.limited(Limit::Stage, (show, &entry.viewer.person))?;
        answer(self.stages.end(show, entry.is_artist()).await)
    }

    async fn reopen(&self, show: ShowId) -> Result<(), StageError> {
        let entry = allowed(&self.caller, show, Action::Enter).await?;
        self.caller.limited(Limit::Stage, (show, &entry.viewer.person))?;
        answer(self.stages.reopen(show).await)
    }
}

impl StagePort {
    /// A show whose stage is the caller's own, and that isn't over.
    async fn own_stage(&self, show: ShowId) -> Result<ShowEntry, StageError> {
        self.caller.limited(Limit::Join, by_address(self.caller.address))?;
        let entry = allowed(&self.caller, show, Action::Enter).await?;
        if entry.facts.is_over(clock::now()) {
            return Err(Refusal::Because(StageReason::Over));
        }
        if !entry.viewer.confirmed {
            return Err(Refusal::Because(StageReason::Unconfirmed));
        }
        Ok(entry)
    }

    async fn publish_token(
        &self,
        entry: ShowEntry,
        grant: Grant,
    ) -> Result<PublishToken, StageError> {
        let ShowEntry { viewer, facts, .. } = entry;
        let (person, name) = (viewer.person, viewer.name);
        let session = self.caller.session_name().await?;
        let claims =
            Claims { person, name, show: facts.id, grant, artist: true, session, look: None };
        let (token, ice_servers) = self.issue(claims);
        Ok(PublishToken { token, ice_servers })
    }

    /// A token that says `claims`, and the servers by which its bearer may reach the media core.
    fn issue(&self, claims: Claims) -> (Secret, Option<Secret>) {
        let (services, now) = (&self.caller.services, clock::now());
        let token = services.tokens.issue(claims, now);
        (token, ice_servers::configuration(&services.config.ice, now))
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
        Outcome::InputRefused(InputRefused::TooLate) => Err(Refusal::Because(StageReason::TooLate)),
        Outcome::InputRefused(InputRefused::NobodyThere) => {
            Err(Refusal::Because(StageReason::NotOnStage))
        }
        Outcome::Gone => Err(Refusal::Gone),
    }
}
