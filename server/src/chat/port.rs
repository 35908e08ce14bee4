//! The chat, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::chat::port::Chat;
use bandstand_domain::{
    FieldErrors, PersonId, Refusal,
    accounts::Role,
    chat::{ChatError, ChatPage, ChatPlace, ChatReason, MessageId, check_message},
};

use super::{
    access,
    store::{self, Deletion, Draft, Posted},
};
use crate::{
    caller::Caller,
    clock,
    crowd::Crowds,
    http::limits::{Limit, by_address},
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
    async fn post(&self, place: ChatPlace, id: MessageId, text: String) -> Result<(), ChatError> {
        let text = text.replace("\r\n", "\n").trim().to_owned();
        if let Some(complaint) = check_message(&text) {
            return Err(FieldErrors::one("text", complaint).into());
        }
        let entry = access::enter(&self.caller, place).await?;
        entry.writable()?;
        let (from_artist, badge, viewer) = (entry.is_artist(), entry.badge, entry.viewer);
        // By place as well: who talks at two shows is heard at both.
        self.caller.limited(Limit::Chat, (place, &viewer.person))?;
        // Guests cost nothing to make.
        if viewer.role == Role::Guest {
            self.caller.limited(Limit::GuestChat, by_address(self.caller.address))?;
        }
        let (author, name) = (viewer.person, viewer.name);
        let draft = Draft { id, author, name, from_artist, badge, text };
        match store::post(&self.caller.services.database, place, draft, clock::now()).await {
            // Before, too: who sends it again has heard nothing of it, and others may not have either.
            Ok(Posted::Now | Posted::Before) => {
                self.caller.services.announce([place.into()]).await;
                Ok(())
            }
            Ok(Posted::Taken) => Err(Refusal::Forbidden),
            Ok(Posted::Muted) => Err(Refusal::Because(ChatReason::Muted)),
            Err(error) => Err(error.into()),
        }
    }

    async fn delete(&self, place: ChatPlace, id: MessageId) -> Result<(), ChatError> {
        let entry = access::enter(&self.caller, place).await?;
        let (database, person) = (&self.caller.services.database, &entry.viewer.person);
        let any = entry.moderates(&self.caller).await?;
        // Looked at before anything is written: nobody keeps the only writer busy with what isn't theirs.
        let author = store::author(database, place, id).await?;
        if author.ok_or(Refusal::NotFound)? != *person && !any {
            return Err(Refusal::Forbidden);
        }
        self.caller.limited(Limit::Moderation, (place, person))?;
        match store::delete(database, place, id, person, any, clock::now()).await {
            Ok(Deletion::Now) => {
                self.caller.services.announce([place.into()]).await;
                Ok(())
            }
            Ok(Deletion::Before) => Ok(()),
            Ok(Deletion::NotFound) => Err(Refusal::NotFound),
            Ok(Deletion::Forbidden) => Err(Refusal::Forbidden),
            Err(error) => Err(error.into()),
        }
    }

    async fn mute(&self, place: ChatPlace, person: PersonId, muted: bool) -> Result<(), ChatError> {
        let entry = access::enter(&self.caller, place).await?;
        // Nobody is muted by themselves, and nobody mutes the artist.
        if !entry.moderates(&self.caller).await? || !entry.outranks(&self.caller, &person).await? {
            return Err(Refusal::Forbidden);
        }
        let database = &self.caller.services.database;
        // Only who was there: the list can't be filled with inventions.
        let known = !muted
            || entry.has(&self.caller, &self.crowds, &person).await?
            || store::has_written(database, place, &person).await?;
        if !known {
            return Err(Refusal::NotFound);
        }
        self.caller.limited(Limit::Moderation, (place, &entry.viewer.person))?;
        if store::mute(database, place, &person, muted, clock::now()).await? {
            self.caller.services.announce([place.into()]).await;
        }
        Ok(())
    }

    async fn history(&self, place: ChatPlace, before: i64) -> Result<ChatPage, ChatError> {
        access::read(&self.caller, place).await?;
        Ok(store::page(&self.caller.services.database, place, before).await?)
    }
}
