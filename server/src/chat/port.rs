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
    http::limits::{Limit, by_address},
    rights::{self, Action, Resource},
    stage::access::{self, Entry},
};

#[async_trait]
impl Chat for Caller {
    async fn post(&self, show: ShowId, id: MessageId, text: String) -> Result<(), ChatError> {
        let text = text.replace("\r\n", "\n").trim().to_owned();
        if let Some(complaint) = check_message(&text) {
            return Err(FieldErrors::one("text", complaint).into());
        }
        let entry = access::enter(self, show).await?;
        let from_artist = entry.is_artist();
        let Entry { viewer, facts } = entry;
        if access::is_over(&facts, clock::now()) {
            return Err(Refusal::Because(ChatReason::Over));
        }
        // By show as well: who talks at two shows is heard at both.
        self.limited(Limit::Chat, (show, &viewer.person))?;
        // Guests cost nothing to make.
        if viewer.role == Role::Guest {
            self.limited(Limit::GuestChat, by_address(self.address))?;
        }
        let draft = Draft { id, author: viewer.person, name: viewer.name, from_artist, text };
        match store::post(&self.venue.database, show, draft, clock::now()).await {
            // Before, too: who sends it again has heard nothing of it, and others may not have either.
            Ok(Posted::Now | Posted::Before) => {
                self.venue.live.wake(Topic::Show(show));
                Ok(())
            }
            Ok(Posted::Taken) => Err(Refusal::Forbidden),
            Ok(Posted::Muted) => Err(Refusal::Because(ChatReason::Muted)),
            Err(error) => Err(error.into()),
        }
    }

    async fn delete(&self, show: ShowId, id: MessageId) -> Result<(), ChatError> {
        let entry = access::enter(self, show).await?;
        let (database, person) = (&self.venue.database, &entry.viewer.person);
        let any = rights::allows(self, &entry.facts, Resource::Message, Action::Delete).await?;
        // Looked at before anything is written: nobody keeps the only writer busy with what isn't theirs.
        let author = store::author(database, show, id).await?;
        if author.ok_or(Refusal::NotFound)? != *person && !any {
            return Err(Refusal::Forbidden);
        }
        self.limited(Limit::Moderation, (show, person))?;
        match store::delete(database, show, id, person, any, clock::now()).await {
            Ok(Deletion::Now) => {
                self.venue.live.wake(Topic::Show(show));
                Ok(())
            }
            Ok(Deletion::Before) => Ok(()),
            Ok(Deletion::NotFound) => Err(Refusal::NotFound),
            Ok(Deletion::Forbidden) => Err(Refusal::Forbidden),
            Err(error) => Err(error.into()),
        }
    }

    async fn mute(&self, show: ShowId, person: PersonId, muted: bool) -> Result<(), ChatError> {
        let entry = access::enter(self, show).await?;
        let moderates =
            rights::allows(self, &entry.facts, Resource::Chat, Action::Moderate).await?;
        // Nobody is muted by themselves, and nobody mutes the artist.
        if !moderates || person == entry.viewer.person || person == entry.facts.artist_person {
            return Err(Refusal::Forbidden);
        }
        let database = &self.venue.database;
        // Only who was there: the list can't be filled with inventions.
        let known = !muted
            || self.venue.live.crowds().contains(show, &person)
            || store::has_written(database, show, &person).await?;
        if !known {
            return Err(Refusal::NotFound);
        }
        self.limited(Limit::Moderation, (show, &entry.viewer.person))?;
        let changed = store::mute(database, show, &person, muted, clock::now()).await;
        if changed? {
            self.venue.live.wake(Topic::Show(show));
        }
        Ok(())
    }

    async fn history(&self, show: ShowId, before: i64) -> Result<ChatPage, ChatError> {
        // Once the show is over, its chat is a part of its page, unless it was for members only.
        let facts = access::facts(&self.venue, show).await?;
        if facts.members_only || !access::is_over(&facts, clock::now()) {
            access::enter(self, show).await?;
        }
        Ok(store::page(&self.venue.database, show, before).await?)
    }
}
