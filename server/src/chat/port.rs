//! The chat, for the person who makes the current request.

use std::time::Duration;

use async_trait::async_trait;
use bandstand_app::chat::port::Chat;
use bandstand_domain::{
    PersonId, Refusal,
    accounts::Role,
    chat::{
        ChatError, ChatMessage, ChatPage, ChatPlace, ChatReason, HeldWhy, MessageId, ModerationAct,
        Reaction, ReactionCount,
    },
    uploads::RoomFileId,
};

use super::{
    access::{self, ChatEntry},
    carrying::remove_files,
    checks::{captioned, checked, chosen},
    followers::ChatFollowers,
    moderation::note,
    news,
    store::{
        self, Deletion, Draft, Edited, Holding, NewText, Pinning, PlaceRules, Posted, Reacted, Told,
    },
    words::has_word,
};
use crate::{
    caller::Caller,
    clock,
    crowd::Crowds,
    database::{Database, DatabaseError, Write},
    http::limits::{Limit, by_address},
    notifications, rooms,
    services::Services,
};

/// The port of the chat.
#[derive(Clone, Debug)]
pub struct ChatPort {
    /// Caller of the request.
    pub caller: Caller,
    /// Presence at the shows.
    pub crowds: Crowds,
    /// The people who follow chats.
    pub followers: ChatFollowers,
}

#[async_trait]
impl Chat for ChatPort {
    async fn post(
        &self,
        place: ChatPlace,
        id: MessageId,
        text: String,
        replies_to: Option<MessageId>,
        files: Vec<RoomFileId>,
    ) -> Result<Option<HeldWhy>, ChatError> {
        let files = chosen(files)?;
        let text = if files.is_empty() { checked(&text)? } else { captioned(&text)? };
        let entry = self.writer(place).await?;
        let (slow, why) = self.ruled(&entry, &text).await?;
        let _turn = self.caller.services.turns.take(place.into()).await;
        let mut write = self.begin_as(place, &entry.viewer.person).await?;
        let mentioned =
            store::resolve(&mut write, place, &text, |it| self.is_present(place, it)).await?;
        let (from_artist, badge, viewer) = (entry.is_artist(), entry.badge, entry.viewer);
        let (author, name) = (viewer.person, viewer.name);
        let draft =
            Draft { id, author, name, from_artist, badge, text, replies_to, mentioned, files };
        if let Some(why) = why {
            if let Some(held) = self.hold(write, place, &draft, (why, slow)).await? {
                return Ok(Some(held));
            }
            write = self.begin_as(place, &draft.author).await?;
        }
        match store::post(&mut write, place, draft, slow, clock::now()).await? {
            Posted::Now(posted) => {
                let told = news::tell(&mut write, place, &posted, clock::now()).await?;
                write.commit_unrevised().await?;
                notifications::announce(&self.caller.services, told).await;
            }
            // Told again: who sends it again has heard nothing of it, and others may not have either.
            Posted::Before => drop(write),
            Posted::Taken => return Err(Refusal::Forbidden),
            Posted::Muted => return Err(Refusal::Because(ChatReason::Muted)),
            Posted::Unanswerable => return Err(Refusal::NotFound),
            Posted::TooSoon(retry_after) => return Err(Refusal::TooMany { retry_after }),
            Posted::NoSuchFile => return Err(Refusal::Because(ChatReason::NoSuchFile)),
        }
        self.announce(place).await;
        Ok(None)
    }

    async fn edit(&self, place: ChatPlace, id: MessageId, text: String) -> Result<(), ChatError> {
        let text = checked(&text)?;
        let entry = self.writer(place).await?;
        if self.ruled(&entry, &text).await?.1.is_some() {
            return Err(Refusal::Because(ChatReason::EditHeld));
        }
        let person = entry.viewer.person;
        // Looked at before anything is written: nobody keeps the only writer busy with what isn't theirs.
        let author = store::author(self.database(), place, id).await?;
        if author.ok_or(Refusal::NotFound)? != person {
            return Err(Refusal::Forbidden);
        }
        let mut write = self.begin_as(place, &person).await?;
        let mentioned =
            store::resolve(&mut write, place, &text, |it| self.is_present(place, it)).await?;
        let new = NewText { text, mentioned: mentioned.clone() };
        match store::edit(&mut write, place, id, &person, new, clock::now()).await? {
            Edited::Now => {
                let now = clock::now();
                let mut told = news::take_back(&mut write, place, id, now).await?;
                if let Some(edited) = store::edited(&mut write, place, id, mentioned).await? {
                    told.extend(news::tell(&mut write, place, &edited, now).await?);
                }
                write.commit().await?;
                notifications::announce(&self.caller.services, told).await;
            }
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
        let author = author.ok_or(Refusal::NotFound)?;
        if author != *person && !any {
            return Err(Refusal::Forbidden);
        }
        self.caller.limited(Limit::Moderation, (place, person))?;
        let mut write = self.database().begin().await?;
        let now = clock::now();
        // Noted with the name that goes.
        if author != *person {
            note(&mut write, &entry, ModerationAct::Deleted, Some((&author, "")), now).await?;
        }
        match store::delete(&mut write, place, id, person, any, now).await? {
            Deletion::Now => {
                let told = news::take_back(&mut write, place, id, now).await?;
                let files = remove_files(&mut write, place, id).await?;
                write.commit().await?;
                self.caller.services.files.remove(&files).await;
                notifications::announce(&self.caller.services, told).await;
            }
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
        let now = clock::now();
        if store::mute(&mut write, place, &person, muted, now).await? {
            let act = if muted { ModerationAct::Muted } else { ModerationAct::Unmuted };
            let name = self.name_of(place, &person);
            note(&mut write, &entry, act, Some((&person, &name)), now).await?;
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
        self.ruled(&entry, "").await?;
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
            Pinning::Now => {
                let act = if pinned { ModerationAct::Pinned } else { ModerationAct::Unpinned };
                let author = store::author(self.database(), place, id).await?;
                let whom = author.as_ref().map(|it| (it, ""));
                note(&mut write, &entry, act, whom, clock::now()).await?;
                write.commit().await?;
            }
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

    /// Begins a change of `place` by `person`, who may be there still: in a room, its turn is taken.
    async fn begin_as(&self, place: ChatPlace, person: &PersonId) -> Result<Write, ChatError> {
        let mut write = self.database().begin().await?;
        if let ChatPlace::Room(room) = place
            && !rooms::may_write_still(&mut write, room, person).await?
        {
            return Err(Refusal::NotFound);
        }
        Ok(write)
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

    /// Seconds between messages of the caller, and why `text` waits for approval; none for who moderates.
    async fn ruled(
        &self,
        entry: &ChatEntry,
        text: &str,
    ) -> Result<(Option<u32>, Option<HeldWhy>), ChatError> {
        let rules = store::rules(&self.database().read, entry.place).await?;
        if rules == PlaceRules::default() || entry.moderates(&self.caller).await? {
            return Ok((None, None));
        }
        let guest = entry.viewer.role == Role::Guest;
        if guest && rules.public.guests_muted_until.is_some_and(|until| clock::now() < until) {
            return Err(Refusal::Because(ChatReason::GuestsMuted));
        }
        let has_word = has_word(text, rules.words.lines());
        if has_word && !rules.hold_words {
            return Err(Refusal::Because(ChatReason::Word));
        }
        let why =
            if has_word { Some(HeldWhy::Word) } else { rules.public.hold.then_some(HeldWhy::Rule) };
        Ok((Some(rules.public.slow), why))
    }

    /// Has a message wait; none when it needn't, because it was approved before.
    async fn hold(
        &self,
        mut write: Write,
        place: ChatPlace,
        draft: &Draft,
        (why, slow): (HeldWhy, Option<u32>),
    ) -> Result<Option<HeldWhy>, ChatError> {
        if store::author(self.database(), place, draft.id).await?.is_some() {
            return Ok(None);
        }
        match store::hold(&mut write, place, draft, why, slow, clock::now()).await? {
            Holding::Now => {
                write.commit_unrevised().await?;
                self.tell_held(place, None).await;
                Ok(Some(why))
            }
            Holding::Before => Ok(Some(why)),
            Holding::Taken => Err(Refusal::Forbidden),
            Holding::Muted => Err(Refusal::Because(ChatReason::Muted)),
            Holding::Full => Err(Refusal::Because(ChatReason::TooManyHeld)),
            Holding::TooSoon(retry_after) => Err(Refusal::TooMany { retry_after }),
            Holding::NoSuchFile => Err(Refusal::Because(ChatReason::NoSuchFile)),
        }
    }

    /// The name of who follows the chat at present; empty for others.
    fn name_of(&self, place: ChatPlace, person: &PersonId) -> String {
        self.followers.of(place, person).into_iter().next().map(|it| it.name).unwrap_or_default()
    }

    /// Tells whether `person` is at the show; members of a room are asked for in the database.
    pub(super) fn is_present(&self, place: ChatPlace, person: &PersonId) -> bool {
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
