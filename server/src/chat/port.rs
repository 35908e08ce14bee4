//! The chat, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::chat::port::Chat;
use bandstand_domain::{
    FieldErrors, PersonId, Refusal, ShowId,
    accounts::Role,
    channel::Topic,
    chat::{ChatError, ChatMessage, ChatPage, ChatReason, MessageId, Reaction, check_message},
};

use super::store::{self, Deletion, Draft, MessageChange, Posted};
use crate::{
    caller::Caller,
    clock,
    crowd::Crowds,
    http::limits::{Limit, by_address},
    rights::{Action, Resource},
    shows::access::{self, ShowEntry},
};

/// The port of the chat.
#[derive(Debug)]
pub struct ChatPort {
    /// Caller of the request.
    pub caller: Caller,
    /// Presence at the shows.
    pub crowds: Crowds,
}

#[async_trait]
impl Chat for ChatPort {
    async fn post(
        &self,
        show: ShowId,
        id: MessageId,
        text: String,
        replies_to: Option<MessageId>,
    ) -> Result<(), ChatError> {
        let text = text.replace("\r\n", "\n").trim().to_owned();
        if let Some(complaint) = check_message(&text) {
            return Err(FieldErrors::one("text", complaint).into());
        }
        let entry = access::enter(&self.caller, show).await?;
        let from_artist = entry.is_artist();
        let ShowEntry { viewer, facts, .. } = entry;
        if facts.is_closed(clock::now()) {
            return Err(Refusal::Because(ChatReason::Over));
        }
        // By show as well: who talks at two shows is heard at both.
        self.caller.limited(Limit::Chat, (show, &viewer.person))?;
        // Guests cost nothing to make.
        if viewer.role == Role::Guest {
            self.caller.limited(Limit::GuestChat, by_address(self.caller.address))?;
        }
        let (author, name) = (viewer.person, viewer.name);
        let draft = Draft { id, author, name, from_artist, text, replies_to };
        match store::post(&self.caller.services.database, show, draft, clock::now()).await {
            // Before, too: who sends it again has heard nothing of it, and others may not have either.
            Ok(Posted::Now | Posted::Before) => {
                self.caller.services.announce([Topic::Show(show)]).await;
                Ok(())
            }
            Ok(Posted::Taken) => Err(Refusal::Forbidden),
            Ok(Posted::Muted) => Err(Refusal::Because(ChatReason::Muted)),
            Ok(Posted::Unanswerable) => Err(Refusal::NotFound),
            Err(error) => Err(error.into()),
        }
    }

    async fn delete(&self, show: ShowId, id: MessageId) -> Result<(), ChatError> {
        let entry = access::enter(&self.caller, show).await?;
        let (database, person) = (&self.caller.services.database, &entry.viewer.person);
        let any =
            self.caller.may(&entry.facts.artist_account, Resource::Message, Action::Delete).await?;
        // Looked at before anything is written: nobody keeps the only writer busy with what isn't theirs.
        let author = store::author(database, show, id).await?;
        if author.ok_or(Refusal::NotFound)? != *person && !any {
            return Err(Refusal::Forbidden);
        }
        self.caller.limited(Limit::Moderation, (show, person))?;
        match store::delete(database, show, id, person, any, clock::now()).await {
            Ok(Deletion::Now) => {
                self.caller.services.announce([Topic::Show(show)]).await;
                Ok(())
            }
            Ok(Deletion::Before) => Ok(()),
            Ok(Deletion::NotFound) => Err(Refusal::NotFound),
            Ok(Deletion::Forbidden) => Err(Refusal::Forbidden),
            Err(error) => Err(error.into()),
        }
    }

    async fn mute(&self, show: ShowId, person: PersonId, muted: bool) -> Result<(), ChatError> {
        let entry = access::enter(&self.caller, show).await?;
        let moderates =
            self.caller.may(&entry.facts.artist_account, Resource::Chat, Action::Moderate).await?;
        // Nobody is muted by themselves, and nobody mutes the artist.
        if !moderates || person == entry.viewer.person || person == entry.facts.artist_person {
            return Err(Refusal::Forbidden);
        }
        let database = &self.caller.services.database;
        // Only who was there: the list can't be filled with inventions.
        let known = !muted
            || self.crowds.contains(show, &person)
            || store::has_written(database, show, &person).await?;
        if !known {
            return Err(Refusal::NotFound);
        }
        self.caller.limited(Limit::Moderation, (show, &entry.viewer.person))?;
        let changed = store::mute(database, show, &person, muted, clock::now()).await;
        if changed? {
            self.caller.services.announce([Topic::Show(show)]).await;
        }
        Ok(())
    }

    async fn react(
        &self,
        show: ShowId,
        id: MessageId,
        reaction: Reaction,
        on: bool,
    ) -> Result<(), ChatError> {
        let entry = access::enter(&self.caller, show).await?;
        if entry.facts.is_closed(clock::now()) {
            return Err(Refusal::Because(ChatReason::Over));
        }
        let (database, person) = (&self.caller.services.database, &entry.viewer.person);
        self.caller.limited(Limit::Reaction, (show, person))?;
        if entry.viewer.role == Role::Guest {
            self.caller.limited(Limit::GuestChat, by_address(self.caller.address))?;
        }
        if store::is_muted(database, show, person).await? {
            return Err(Refusal::Because(ChatReason::Muted));
        }
        let change = store::react(database, show, id, person, (reaction, on), clock::now()).await;
        self.told(show, change?).await
    }

    async fn pin(&self, show: ShowId, id: Option<MessageId>) -> Result<(), ChatError> {
        let entry = access::enter(&self.caller, show).await?;
        if !self.caller.may(&entry.facts.artist_account, Resource::Chat, Action::Moderate).await? {
            return Err(Refusal::Forbidden);
        }
        self.caller.limited(Limit::Moderation, (show, &entry.viewer.person))?;
        let change = store::pin(&self.caller.services.database, show, id, clock::now()).await;
        self.told(show, change?).await
    }

    async fn history(&self, show: ShowId, before: i64) -> Result<ChatPage, ChatError> {
        let viewer = self.may_read(show).await?;
        let database = &self.caller.services.database;
        let mut page = store::page(database, show, before, viewer.as_ref()).await?;
        if before == i64::MAX {
            page.pinned = store::pinned(database, show).await?;
        }
        Ok(page)
    }

    async fn message(&self, show: ShowId, id: MessageId) -> Result<ChatMessage, ChatError> {
        self.may_read(show).await?;
        let message = store::message(&self.caller.services.database, show, id).await?;
        message.ok_or(Refusal::NotFound)
    }
}

impl ChatPort {
    /// Asks whether the caller may read the chat of `show`; returns who they are there. Once show and encore
    /// are over, its chat is a part of its page, unless it was for members only.
    async fn may_read(&self, show: ShowId) -> Result<Option<PersonId>, ChatError> {
        let facts = access::facts(&self.caller.services.database, show).await?;
        if facts.members_only || !facts.is_closed(clock::now()) {
            return Ok(Some(access::enter(&self.caller, show).await?.viewer.person));
        }
        Ok(self.caller.viewer().await?.map(|it| it.person))
    }

    async fn told(&self, show: ShowId, change: MessageChange) -> Result<(), ChatError> {
        match change {
            MessageChange::Now => {
                self.caller.services.announce([Topic::Show(show)]).await;
                Ok(())
            }
            MessageChange::Before => Ok(()),
            MessageChange::NotFound => Err(Refusal::NotFound),
        }
    }
}
