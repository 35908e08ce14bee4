//! The chat, for the person who makes the current request.

use std::time::Duration;

use async_trait::async_trait;
use bandstand_app::chat::port::Chat;
use bandstand_domain::{
    FieldErrors, PersonId, Refusal,
    accounts::Role,
    chat::{
        ChatError, ChatMessage, ChatPage, ChatPlace, ChatReason, MessageId, Reaction,
        ReactionCount, check_message,
    },
};

use super::{
    access::{self, ChatEntry},
    store::{self, Deletion, Draft, Edited, NewText, Pinning, Posted, Reacted, Told},
};
use crate::{
    caller::Caller,
    clock,
    crowd::Crowds,
    database::{Database, DatabaseError},
    http::limits::{Limit, by_address},
    services::Services,
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
        place: ChatPlace,
        id: MessageId,
        text: String,
        replies_to: Option<MessageId>,
    ) -> Result<(), ChatError> {
        let text = checked(&text)?;
        let entry = self.writer(place).await?;
        let mut write = self.database().begin().await?;
        let mentioned =
            store::resolve(&mut write, place, &text, |it| self.is_present(place, it)).await?;
        let (from_artist, badge, viewer) = (entry.is_artist(), entry.badge, entry.viewer);
        let (author, name) = (viewer.person, viewer.name);
        let draft = Draft { id, author, name, from_artist, badge, text, replies_to, mentioned };
        match store::post(&mut write, place, draft, clock::now()).await? {
            Posted::Now(_) => write.commit_unrevised().await?,
            // Told again: who sends it again has heard nothing of it, and others may not have either.
            Posted::Before => drop(write),
            Posted::Taken => return Err(Refusal::Forbidden),
            Posted::Muted => return Err(Refusal::Because(ChatReason::Muted)),
            Posted::Unanswerable => return Err(Refusal::NotFound),
        }
        self.announce(place).await;
        Ok(())
    }

    async fn edit(&self, place: ChatPlace, id: MessageId, text: String) -> Result<(), ChatError> {
        let text = checked(&text)?;
        let entry = self.writer(place).await?;
        let person = entry.viewer.person;
        // Looked at before anything is written: nobody keeps the only writer busy with what isn't theirs.
        let author = store::author(self.database(), place, id).await?;
        if author.ok_or(Refusal::NotFound)? != person {
            return Err(Refusal::Forbidden);
        }
        let mut write = self.database().begin().await?;
        let mentioned =
            store::resolve(&mut write, place, &text, |it| self.is_present(place, it)).await?;
        let new = NewText { text, mentioned };
        match store::edit(&mut write, place, id, &person, new, clock::now()).await? {
            Edited::Now => write.commit().await?,
            Edited::Before => return Ok(()),
            Edited::NotFound => return Err(Refusal::NotFound),
            Edited::Forbidden => return Err(Refusal::Forbidden),
            Edited::Muted => return Err(Refusal::Because(ChatReason::Muted)),
            Edited::TooOften => return Err(Refusal::Because(ChatReason::TooManyEdits)),
        }
        self.announce(place).await;
        Ok(())
    }

    async fn delete(&self, place: ChatPlace, id: MessageId) -> Result<(), ChatError> {
        let entry = access::enter(&self.caller, place).await?;
        let person = &entry.viewer.person;
        let any = entry.moderates(&self.caller).await?;
        // Looked at before anything is written: nobody keeps the only writer busy with what isn't theirs.
        let author = store::author(self.database(), place, id).await?;
        if author.ok_or(Refusal::NotFound)? != *person && !any {
            return Err(Refusal::Forbidden);
        }
        self.caller.limited(Limit::Moderation, (place, person))?;
        let mut write = self.database().begin().await?;
        match store::delete(&mut write, place, id, person, any, clock::now()).await? {
            Deletion::Now => write.commit().await?,
            Deletion::Before => return Ok(()),
            Deletion::NotFound => return Err(Refusal::NotFound),
            Deletion::Forbidden => return Err(Refusal::Forbidden),
        }
        self.announce(place).await;
        Ok(())
    }

    async fn mute(&self, place: ChatPlace, person: PersonId, muted: bool) -> Result<(), ChatError> {
        let entry = self.moderator(place).await?;
        // Nobody is muted by themselves, and nobody mutes the artist.
        if !entry.outranks(&self.caller, &person).await? {
            return Err(Refusal::Forbidden);
        }
        // Only who was there: the list can't be filled with inventions.
        let known = !muted
            || entry.has(&self.caller, &self.crowds, &person).await?
            || store::has_written(self.database(), place, &person).await?;
        if !known {
            return Err(Refusal::NotFound);
        }
        self.caller.limited(Limit::Moderation, (place, &entry.viewer.person))?;
        let mut write = self.database().begin().await?;
        if store::mute(&mut write, place, &person, muted, clock::now()).await? {
            write.commit().await?;
            self.announce(place).await;
        }
        Ok(())
    }

    async fn react(
        &self,
        place: ChatPlace,
        id: MessageId,
        reaction: Reaction,
        on: bool,
    ) -> Result<Vec<ReactionCount>, ChatError> {
        let entry = access::enter(&self.caller, place).await?;
        entry.writable()?;
        let person = &entry.viewer.person;
        self.caller.limited(Limit::Reaction, (place, person))?;
        if entry.viewer.role == Role::Guest {
            self.caller.limited(Limit::GuestReaction, by_address(self.caller.address))?;
        }
        if store::is_muted(self.database(), place, person).await? {
            return Err(Refusal::Because(ChatReason::Muted));
        }
        let (now, change) = (clock::now(), (reaction, on));
        let reacted = store::react(self.database(), place, id, person, change, now).await?;
        let Reacted { counts, told } = reacted.ok_or(Refusal::NotFound)?;
        match told {
            Told::Now => self.announce(place).await,
            Told::Later(due) => self.tell_later(place, id, due.since(now)),
            Told::Nothing => {}
        }
        Ok(counts)
    }

    async fn pin(&self, place: ChatPlace, id: MessageId, pinned: bool) -> Result<(), ChatError> {
        let entry = self.moderator(place).await?;
        entry.writable()?;
        self.caller.limited(Limit::Moderation, (place, &entry.viewer.person))?;
        let mut write = self.database().begin().await?;
        match store::pin(&mut write, place, id, pinned, clock::now()).await? {
            Pinning::Now => write.commit().await?,
            Pinning::Before => return Ok(()),
            Pinning::NotFound => return Err(Refusal::NotFound),
            Pinning::Full => return Err(Refusal::Because(ChatReason::TooManyPins)),
        }
        self.announce(place).await;
        Ok(())
    }

    async fn history(&self, place: ChatPlace, before: i64) -> Result<ChatPage, ChatError> {
        let viewer = access::read(&self.caller, place).await?;
        let database = self.database();
        Ok(match before {
            i64::MAX => store::present(database, place, before, viewer.as_ref()).await?,
            _ => store::page(database, place, before, viewer.as_ref()).await?,
        })
    }

    async fn messages(
        &self,
        place: ChatPlace,
        ids: Vec<MessageId>,
    ) -> Result<Vec<ChatMessage>, ChatError> {
        access::read(&self.caller, place).await?;
        Ok(store::quoted(self.database(), place, &ids).await?)
    }

    async fn thread(
        &self,
        place: ChatPlace,
        id: MessageId,
        before: i64,
    ) -> Result<ChatPage, ChatError> {
        let viewer = access::read(&self.caller, place).await?;
        Ok(store::thread(self.database(), place, id, before, viewer.as_ref()).await?)
    }
}

impl ChatPort {
    pub(super) fn database(&self) -> &Database {
        &self.caller.services.database
    }

    pub(super) async fn announce(&self, place: ChatPlace) {
        self.caller.services.announce([place.into()]).await;
    }

    /// Lets the caller write in `place`, and counts it.
    async fn writer(&self, place: ChatPlace) -> Result<ChatEntry, ChatError> {
        let entry = access::enter(&self.caller, place).await?;
        entry.writable()?;
        // By place as well: who talks at two shows is heard at both.
        self.caller.limited(Limit::Chat, (place, &entry.viewer.person))?;
        // Guests cost nothing to make.
        if entry.viewer.role == Role::Guest {
            self.caller.limited(Limit::GuestChat, by_address(self.caller.address))?;
        }
        Ok(entry)
    }

    /// Lets the caller moderate `place`.
    pub(super) async fn moderator(&self, place: ChatPlace) -> Result<ChatEntry, ChatError> {
        let entry = access::enter(&self.caller, place).await?;
        if !entry.moderates(&self.caller).await? {
            return Err(Refusal::Forbidden);
        }
        Ok(entry)
    }

    /// Tells whether `person` is at the show; members of a room are asked for in the database.
    fn is_present(&self, place: ChatPlace, person: &PersonId) -> bool {
        matches!(place, ChatPlace::Show(show) if self.crowds.contains(show, person))
    }

    /// Tells the reactions to a message after `wait` milliseconds, with all that come until then.
    fn tell_later(&self, place: ChatPlace, id: MessageId, wait: i64) {
        let services = self.caller.services.clone();
        let wait = Duration::from_millis(u64::try_from(wait).unwrap_or_default());
        self.caller.services.tasks.spawn(async move {
            tokio::time::sleep(wait).await;
            match store::tell_untold(&services.database, place, id, clock::now()).await {
                Ok(true) => services.announce([place.into()]).await,
                Ok(false) => {}
                // The periodic work tells it.
                Err(error) => error.log(),
            }
        });
    }
}

/// The text of a message as it is kept.
fn checked(text: &str) -> Result<String, ChatError> {
    let text = text.replace("\r\n", "\n").trim().to_owned();
    match check_message(&text) {
        Some(complaint) => Err(FieldErrors::one("text", complaint).into()),
        None => Ok(text),
    }
}

/// Tells the reactions that a process which ended left untold.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn tell_reactions(services: &Services) -> Result<(), DatabaseError> {
    let now = clock::now();
    for (place, id) in store::untold(&services.database, now).await? {
        if store::tell_untold(&services.database, place, id, now).await? {
            services.announce([place.into()]).await;
        }
    }
    Ok(())
}
