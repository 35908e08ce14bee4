//! The chat, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::chat::port::Chat;
use bandstand_domain::{
    FieldErrors, PersonId, Refusal, ShowId,
    accounts::Role,
    channel::Topic,
    chat::{ChatError, ChatPage, ChatReason, MessageId, check_message},
};

use super::store::{self, Deletion, Draft, Posted};
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
    async fn post(&self, show: ShowId, id: MessageId, text: String) -> Result<(), ChatError> {
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
        let draft = Draft { id, author: viewer.person, name: viewer.name, from_artist, text };
        match store::post(&self.caller.services.database, show, draft, clock::now()).await {
            // Before, too: who sends it again has heard nothing of it, and others may not have either.
            Ok(Posted::Now | Posted::Before) => {
                self.caller.services.announce([Topic::Show(show)]).await;
                Ok(())
            }
            Ok(Posted::Taken) => Err(Refusal::Forbidden),
            Ok(Posted::Muted) => Err(Refusal::Because(ChatReason::Muted)),
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

    async fn history(&self, show: ShowId, before: i64) -> Result<ChatPage, ChatError> {
        // Once show and encore are over, its chat is a part of its page, unless it was for members only.
        let facts = access::facts(&self.caller.services.database, show).await?;
        if facts.members_only || !facts.is_closed(clock::now()) {
            access::enter(&self.caller, show).await?;
        }
        Ok(store::page(&self.caller.services.database, show, before).await?)
    }
}
