//! Shows, for the person who makes the current request.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bandstand_app::shows::port::Shows;
use bandstand_domain::{
    FieldErrors, Refusal, ShowId,
    channel::{Event, Topic},
    shows::{
        MAX_UPCOMING, Section, ShowDraft, ShowError, ShowEvent, ShowList, ShowPage, ShowReason,
        WhatsOn, check_times,
    },
    text,
};

use super::{
    MAX_OWN, ShowFacts, announce, append_changed, facts, list, page, store,
    times::{self, Times},
};
use crate::{
    accounts::{Account, store::lock},
    background::bus::BusMessage,
    caller::Caller,
    channel::event_log,
    clock,
    database::Write,
    http::limits::Limit,
    ids::AccountId,
    rights::{self, Action, Relation, Resource},
};

/// Audience count of shows; known to the crowd.
pub trait AudienceCount: fmt::Debug + Send + Sync {
    /// Returns the number of people in the crowd of `show`.
    fn count(&self, show: ShowId) -> u32;
}

/// The port of the shows.
#[derive(Debug)]
pub struct ShowsPort {
    /// The caller of the port.
    pub caller: Caller,
    /// The audience count of each show.
    pub audience: Arc<dyn AudienceCount>,
}

/// Checks that `caller` may do `action` to the show, and that it wasn't deleted.
async fn check(caller: &Caller, facts: &ShowFacts, action: Action) -> Result<(), ShowError> {
    if !caller.may(&facts.artist_account, Resource::Show, action).await? {
        Err(Refusal::Forbidden)
    } else if facts.deleted {
        Err(Refusal::Gone)
    } else {
        Ok(())
    }
}

impl Caller {
    /// The artist who asks.
    async fn artist(&self) -> Result<Account, ShowError> {
        let account = self.own_account().await?;
        let relations: &[Relation] = if account.artist { &[Relation::Artist] } else { &[] };
        if rights::may(relations, Resource::Show, Action::Create) {
            Ok(account)
        } else {
            Err(Refusal::Because(ShowReason::NotAnArtist))
        }
    }

    /// The show `id`, deleted or not, to which the account that asks may do `action`. Asked before anything is written,
    /// so that who may not keeps nobody else waiting for the database's writer.
    async fn show_to(&self, id: ShowId, action: Action) -> Result<(Account, ShowFacts), ShowError> {
        let account = self.own_account().await?;
        let facts = facts(&self.services.database, id).await?;
        let facts = facts.ok_or(Refusal::NotFound)?;
        if self.may(&facts.artist_account, Resource::Show, action).await? {
            Ok((account, facts))
        } else {
            Err(Refusal::Forbidden)
        }
    }

    /// A transaction that changes the show `id` of the account `artist`, and the show as it is now. Until
    /// it ends, the artist's shows change nowhere else.
    async fn change_show(
        &self,
        id: ShowId,
        artist: &AccountId,
    ) -> Result<(Write, ShowFacts), ShowError> {
        let mut write = self.services.database.begin().await?;
        lock(&mut write, artist).await?;
        let facts = store::facts(&mut *write, id).await?;
        let facts = facts.filter(|facts| !facts.deleted).ok_or(Refusal::Gone)?;
        Ok((write, facts))
    }
}

/// The form with its text as it is kept: trimmed, lines ended by `\n`, each genre once.
fn normal(mut draft: ShowDraft) -> ShowDraft {
    draft.title = draft.title.trim().to_owned();
    draft.description = draft.description.replace("\r\n", "\n").trim().to_owned();
    draft.genres.sort();
    draft.genres.dedup();
    draft
}

/// Refuses times at which another show of the artist stands.
async fn check_free(
    write: &mut Write,
    artist: &AccountId,
    times: &Times,
    except: Option<ShowId>,
) -> Result<(), ShowError> {
    match store::overlapping(write, artist, times, except).await? {
        Some(title) => {
            Err(FieldErrors::one("starts", text!(server.shows.taken, title = title)).into())
        }
        None => Ok(()),
    }
}

#[async_trait]
impl Shows for ShowsPort {
    async fn whats_on(&self) -> Result<WhatsOn, ShowError> {
        list::whats_on(&self.caller.services.database, &*self.audience).await
    }

    async fn more(&self, section: Section, next: String) -> Result<ShowList, ShowError> {
        list::more(&self.caller.services.database, section, &next).await
    }

    async fn show(&self, id: ShowId) -> Result<ShowPage, ShowError> {
        let account = self.caller.account().await?;
        page(&self.caller.services.database, id, account.as_ref().map(|account| &account.id)).await
    }

    async fn mine(&self) -> Result<ShowList, ShowError> {
        let artist = self.caller.artist().await?;
        let shows =
            store::of_artist(&self.caller.services.database.read, &artist.id, MAX_OWN).await?;
        Ok(ShowList { shows, next: None })
    }

    async fn draft(&self, id: ShowId) -> Result<ShowDraft, ShowError> {
        self.caller.own_account().await?;
        let database = &self.caller.services.database;
        let facts = facts(database, id).await?.ok_or(Refusal::NotFound)?;
        check(&self.caller, &facts, Action::Change).await?;
        Ok(store::draft(&database.read, id).await?)
    }

    async fn create(&self, draft: ShowDraft) -> Result<ShowId, ShowError> {
        let artist = self.caller.artist().await?;
        draft.check()?;
        let draft = normal(draft);
        let times = times::read(&draft.starts, &draft.ends, &draft.time_zone)?;
        check_times(times.starts_at, times.ends_at, clock::now(), None)?;
        self.caller.limited(Limit::Shows, &artist.id)?;

        let mut write = self.caller.services.database.begin().await?;
        lock(&mut write, &artist.id).await?;
        check_free(&mut write, &artist.id, &times, None).await?;
        let ahead = store::ahead(&mut write, &artist.id, MAX_UPCOMING).await?;
        if ahead.len() as i64 >= MAX_UPCOMING {
            return Err(Refusal::Because(ShowReason::TooManyAhead));
        }
        let id = store::insert(&mut write, &artist.id, &draft, &times).await?;
        append_changed(&mut write, id).await?;
        write.commit().await?;
        announce(&self.caller.services, id).await;
        Ok(id)
    }

    async fn update(&self, id: ShowId, draft: ShowDraft) -> Result<(), ShowError> {
        let (account, facts) = self.caller.show_to(id, Action::Change).await?;
        draft.check()?;
        let draft = normal(draft);
        self.caller.limited(Limit::Shows, &account.id)?;
        let (mut write, facts) = self.caller.change_show(id, &facts.artist_account).await?;
        let before = store::draft(&mut *write, id).await?;
        let same_times = (&draft.starts, &draft.ends, &draft.time_zone)
            == (&before.starts, &before.ends, &before.time_zone);
        let times = if same_times {
            // As they are to the millisecond, which the form doesn't show.
            Times {
                starts_at: facts.starts_at,
                ends_at: facts.ends_at,
                time_zone: facts.time_zone.clone(),
            }
        } else {
            let now = clock::now();
            if facts.is_over(now) {
                return Err(Refusal::Because(ShowReason::Over));
            }
            let times = times::read(&draft.starts, &draft.ends, &draft.time_zone)?;
            if facts.stage.is_on_air() && times.starts_at != facts.starts_at {
                return Err(Refusal::Because(ShowReason::Live));
            }
            check_times(times.starts_at, times.ends_at, now, Some(facts.starts_at))?;
            check_free(&mut write, &facts.artist_account, &times, Some(id)).await?;
            times
        };
        store::update(&mut write, id, &draft, &times).await?;
        append_changed(&mut write, id).await?;
        write.commit().await?;
        announce(&self.caller.services, id).await;
        if draft.members_only && !before.members_only {
            let closed = BusMessage::ShowClosedToGuests(id);
            self.caller.services.bus.publish(closed).await;
        }
        Ok(())
    }

    async fn delete(&self, id: ShowId) -> Result<(), ShowError> {
        let (account, facts) = self.caller.show_to(id, Action::Delete).await?;
        self.caller.limited(Limit::Shows, &account.id)?;
        let (mut write, _) = self.caller.change_show(id, &facts.artist_account).await?;
        store::delete(&mut write, id).await?;
        let deleted = Event::Show(ShowEvent::Deleted { show: id });
        for topic in [Topic::Shows, Topic::Show(id)] {
            event_log::append(&mut write, topic, &deleted, clock::now()).await?;
        }
        write.commit().await?;
        announce(&self.caller.services, id).await;
        self.caller.services.bus.publish(BusMessage::ShowDeleted(id)).await;
        Ok(())
    }
}
