//! Moderation of a chat, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::chat::moderation_port::ChatModeration;
use bandstand_domain::{
    Millis, PersonId, Refusal, RoomId,
    channel::ServerFrame,
    chat::{
        ChatBan, ChatError, ChatNews, ChatPlace, ChatReason, HeldMessage, MAX_GUESTS_MUTED,
        MessageId, ModerationAct, ModerationPage, RulesForm,
    },
};

use super::{
    access::ChatEntry,
    carrying::remove_files,
    news,
    port::ChatPort,
    store::{self, Draft, Moderated, Posted},
};
use crate::{
    clock,
    database::{DatabaseError, Write},
    http::limits::Limit,
    notifications,
    rooms::RoomLog,
};

#[async_trait]
impl ChatModeration for ChatPort {
    async fn rules(&self, place: ChatPlace) -> Result<RulesForm, ChatError> {
        self.moderator(place).await?;
        Ok(store::rules(&self.database().read, place).await?.form())
    }

    async fn set_rules(&self, place: ChatPlace, form: RulesForm) -> Result<(), ChatError> {
        let entry = self.acting_moderator(place).await?;
        form.check()?;
        let words: Vec<_> = form.list().collect();
        let words = words.join("\n");
        let now = clock::now();
        let mut write = self.database().begin().await?;
        let changed = store::set_rules(
            &mut write,
            place,
            |rules| {
                (rules.public.slow, rules.public.hold) = (form.slow, form.hold);
                (rules.words, rules.hold_words) = (words, form.hold_words);
            },
            now,
        );
        if changed.await? {
            note(&mut write, &entry, ModerationAct::Ruled, None, now).await?;
            write.commit().await?;
            self.announce(place).await;
        }
        Ok(())
    }

    async fn mute_guests(&self, place: ChatPlace, minutes: u32) -> Result<(), ChatError> {
        let entry = self.acting_moderator(place).await?;
        let now = clock::now();
        let minutes = minutes.min(MAX_GUESTS_MUTED);
        let until = (minutes > 0).then(|| now.plus(i64::from(minutes) * Millis::MINUTE));
        let mut write = self.database().begin().await?;
        let change = |rules: &mut store::PlaceRules| rules.public.guests_muted_until = until;
        if store::set_rules(&mut write, place, change, now).await? {
            let act = match until {
                Some(_) => ModerationAct::GuestsMuted,
                None => ModerationAct::GuestsUnmuted,
            };
            note(&mut write, &entry, act, None, now).await?;
            write.commit().await?;
            self.announce(place).await;
        }
        Ok(())
    }

    async fn held(&self, place: ChatPlace) -> Result<Vec<HeldMessage>, ChatError> {
        let entry = super::access::enter(&self.caller, place).await?;
        let all = entry.moderates(&self.caller).await?;
        let author = (!all).then_some(&entry.viewer.person);
        Ok(store::held(self.database(), place, author).await?)
    }

    async fn decide(
        &self,
        place: ChatPlace,
        id: MessageId,
        approved: bool,
    ) -> Result<(), ChatError> {
        let entry = self.acting_moderator(place).await?;
        let now = clock::now();
        let mut write = self.database().begin().await?;
        let Some(held) = store::take_held(&mut write, place, id).await? else {
            return Err(Refusal::NotFound);
        };
        let message = held.message;
        let (author, name) = (message.author.clone(), message.name.clone());
        let (mut told, mut gone) = (Vec::new(), Vec::new());
        if !approved {
            gone = remove_files(&mut write, place, id).await?;
        } else {
            entry.writable()?;
            let text = message.text;
            let mentioned =
                store::resolve(&mut write, place, &text, |it| self.is_present(place, it)).await?;
            // What is deleted by now isn't missed.
            let files: Vec<_> =
                message.files.iter().filter_map(|it| it.file.as_ref()).map(|it| it.id).collect();
            if text.is_empty() && files.is_empty() {
                return Err(Refusal::NotFound);
            }
            let mut draft = Draft {
                id,
                author: message.author,
                name: message.name,
                from_artist: message.from_artist,
                badge: message.badge,
                text,
                replies_to: message.replies_to,
                mentioned,
                files,
            };
            // What it answers may be gone since.
            if let Some(original) = draft.replies_to
                && store::quoted(self.database(), place, &[original]).await?.is_empty()
            {
                draft.replies_to = None;
            }
            match store::post(&mut write, place, draft, None, now).await? {
                Posted::Now(posted) => told = news::tell(&mut write, place, &posted, now).await?,
                Posted::Muted => return Err(Refusal::Because(ChatReason::Muted)),
                // Nothing is left to be decided.
                Posted::Before
                | Posted::Taken
                | Posted::Unanswerable
                | Posted::TooSoon(_)
                | Posted::NoSuchFile => return Err(Refusal::NotFound),
            }
        }
        let act = if approved { ModerationAct::Approved } else { ModerationAct::Rejected };
        note(&mut write, &entry, act, Some((&author, &name)), now).await?;
        write.commit().await?;
        notifications::announce(&self.caller.services, told).await;
        self.caller.services.files.remove(&gone).await;
        if approved || !gone.is_empty() {
            self.announce(place).await;
        }
        self.tell_held(place, (!approved).then_some((id, &author))).await;
        Ok(())
    }

    async fn ban(&self, place: ChatPlace, person: PersonId, banned: bool) -> Result<(), ChatError> {
        // Rooms have bans of their own.
        let ChatPlace::Show(_) = place else { return Err(Refusal::NotFound) };
        let entry = self.acting_moderator(place).await?;
        if !entry.outranks(&self.caller, &person).await? {
            return Err(Refusal::Forbidden);
        }
        let now = clock::now();
        if !banned {
            let mut write = self.database().begin().await?;
            if let Some(name) = store::lift_ban(&mut write, place, &person).await? {
                note(&mut write, &entry, ModerationAct::Unbanned, Some((&person, &name)), now)
                    .await?;
                write.commit_unrevised().await?;
            }
            return Ok(());
        }
        if !store::is_banned(self.database(), place, &person, None, now).await? {
            let following = self.followers.of(place, &person);
            let written = store::last_name(self.database(), place, &person).await?;
            // Only who was there: the list can't be filled with inventions.
            let name = following.first().map(|it| it.name.clone()).or(written);
            let name = name.ok_or(Refusal::NotFound)?;
            // A guest is whoever comes from there; an account is itself.
            let origin = following.iter().find_map(|it| it.origin.clone());
            let mut write = self.database().begin().await?;
            if store::ban(&mut write, place, &person, &name, origin.as_deref(), now).await? {
                note(&mut write, &entry, ModerationAct::Banned, Some((&person, &name)), now)
                    .await?;
                write.commit_unrevised().await?;
            }
        }
        // In any case: they may have come in while that was written.
        for it in self.followers.of(place, &person) {
            if let Some(session) = &it.session {
                self.caller.services.open_sessions.end(session);
            }
        }
        self.followers.cut(place, &person);
        Ok(())
    }

    async fn bans(&self, place: ChatPlace) -> Result<Vec<ChatBan>, ChatError> {
        self.moderator(place).await?;
        Ok(store::bans(self.database(), place).await?)
    }

    async fn moderation_log(
        &self,
        place: ChatPlace,
        before: i64,
    ) -> Result<ModerationPage, ChatError> {
        self.moderator(place).await?;
        Ok(store::log(self.database(), place, before).await?)
    }
}

impl ChatPort {
    /// Lets the caller do something as a moderator of `place`, and counts it.
    pub(super) async fn acting_moderator(&self, place: ChatPlace) -> Result<ChatEntry, ChatError> {
        let entry = self.moderator(place).await?;
        self.caller.limited(Limit::Moderation, (place, &entry.viewer.person))?;
        Ok(entry)
    }

    /// Tells those who moderate how many messages wait, and an author that one was rejected.
    pub(super) async fn tell_held(
        &self,
        place: ChatPlace,
        rejected: Option<(MessageId, &PersonId)>,
    ) {
        let waiting = match store::count_held(self.database(), place).await {
            Ok(waiting) => waiting,
            Err(error) => return error.log(),
        };
        let frame = ServerFrame::ChatNews { place, news: ChatNews::Waiting(waiting) };
        self.followers.tell(place, &frame, |it| it.moderates);
        if let Some((id, author)) = rejected {
            let frame = ServerFrame::ChatNews { place, news: ChatNews::Rejected(id) };
            self.followers.tell(place, &frame, |it| it.person == *author);
        }
    }
}

/// Notes what a moderator does, in the transaction that does it.
pub(super) async fn note(
    write: &mut Write,
    entry: &ChatEntry,
    act: ModerationAct,
    whom: Option<(&PersonId, &str)>,
    now: Millis,
) -> Result<(), DatabaseError> {
    let by = (&entry.viewer.person, entry.viewer.name.as_str());
    store::note(write, entry.place, Moderated { by, act, whom }, now).await
}

/// The log of a room's chat, in which what is done about its members stands as well.
#[derive(Clone, Copy, Debug)]
pub struct ChatLog;

#[async_trait]
impl RoomLog for ChatLog {
    async fn note(
        &self,
        write: &mut Write,
        room: RoomId,
        by: (&PersonId, &str),
        act: ModerationAct,
        whom: (&PersonId, &str),
    ) -> Result<(), DatabaseError> {
        let done = Moderated { by, act, whom: Some(whom) };
        store::note(write, ChatPlace::Room(room), done, clock::now()).await
    }
}
