//! Reading a chat, for the person who makes the current request: search, unread marks, hidden people.

use async_trait::async_trait;
use bandstand_app::chat::reading_port::ChatReading;
use bandstand_domain::{
    FieldErrors, Refusal,
    accounts::check_name,
    chat::{ChatError, ChatPlace, ChatReason, HiddenPerson, MAX_SEARCH, RoomUnread, SearchPage},
    text,
};

use super::{access, port::ChatPort, store, words::fold};
use crate::{
    clock,
    http::limits::{Limit, by_address},
    rooms,
};

/// The longest name that somebody is hidden by, and the longest identity, in characters.
const MAX_NAME: usize = 64;

#[async_trait]
impl ChatReading for ChatPort {
    async fn search(
        &self,
        place: ChatPlace,
        text: String,
        before: i64,
    ) -> Result<SearchPage, ChatError> {
        access::read(&self.caller, place).await?;
        self.caller.limited(Limit::Search, by_address(self.caller.address))?;
        let words: Vec<_> = fold(&text.chars().take(MAX_SEARCH).collect::<String>())
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        if words.is_empty() {
            return Ok(SearchPage::default());
        }
        Ok(store::search(self.database(), place, &words, before).await?)
    }

    async fn read_to(&self, place: ChatPlace, position: i64) -> Result<(), ChatError> {
        // Shows are over before anything is old.
        let ChatPlace::Room(room) = place else { return Err(Refusal::NotFound) };
        let entry = access::enter(&self.caller, place).await?;
        let person = &entry.viewer.person;
        self.caller.limited(Limit::Reading, person)?;
        Ok(rooms::read_to(self.database(), room, person, position).await?)
    }

    async fn unread(&self) -> Result<Vec<RoomUnread>, ChatError> {
        let Some(viewer) = self.caller.viewer().await? else { return Ok(Vec::new()) };
        self.caller.limited(Limit::RoomLooks, by_address(self.caller.address))?;
        Ok(store::unread(self.database(), &viewer.person).await?)
    }

    async fn hidden(&self) -> Result<Vec<HiddenPerson>, ChatError> {
        let account = self.caller.own_account().await?;
        Ok(store::hidden(self.database(), &account.id).await?)
    }

    async fn hide(&self, hidden: HiddenPerson, hide: bool) -> Result<(), ChatError> {
        let account = self.caller.own_account().await?;
        let complaint = check_name(text!(complaint.what.name), &hidden.name, MAX_NAME);
        if let Some(complaint) = complaint.filter(|_| hide) {
            return Err(FieldErrors::one("name", complaint).into());
        }
        if hidden.person.as_str().len() > MAX_NAME || hidden.person == account.person {
            return Err(Refusal::Forbidden);
        }
        self.caller.limited(Limit::Reading, &account.person)?;
        if !hide {
            return Ok(store::unhide(self.database(), &account.id, &hidden.person).await?);
        }
        match store::hide(self.database(), &account.id, &hidden, clock::now()).await? {
            true => Ok(()),
            false => Err(Refusal::Because(ChatReason::TooManyHidden)),
        }
    }
}
