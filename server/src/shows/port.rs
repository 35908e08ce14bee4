//! Shows, for the person who makes the current request.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bandstand_app::shows::port::Shows;
use bandstand_domain::{
    FieldErrors, Millis, Refusal, ShowId,
    channel::{Event, Topic},
    people::PeopleError,
    shows::{
        MAX_HOURS, MAX_UPCOMING, Medium, Section, ShowDraft, ShowError, ShowEvent, ShowFigures,
        ShowList, ShowPage, ShowReason, WhatsOn, check_length,
    },
    text,
};

use super::{
    MAX_OWN, ShowFacts, announce, append_changed, artwork, facts, list, page, store,
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

/// Time by which a show is extended, in milliseconds; it is while no more than that is left.
const EXTENSION: i64 = 15 * Millis::MINUTE;
/// The most hours by which a show becomes longer, so, than one may be announced for.
const EXTRA_HOURS: u32 = 1;

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
    pub(super) async fn show_to(
        &self,
        id: ShowId,
        action: Action,
    ) -> Result<(Account, ShowFacts), ShowError> {
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
    pub(super) async fn change_show(
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

/// Returns whether both forms say the same times.
fn has_times_of(draft: &ShowDraft, other: &ShowDraft) -> bool {
    (&draft.starts, &draft.ends, &draft.time_zone) == (&other.starts, &other.ends, &other.time_zone)
}

/// The form with its text as it is kept: trimmed, lines ended by `\n`, each genre once.
fn normal(mut draft: ShowDraft) -> ShowDraft {
    draft.title = draft.title.trim().to_owned();
    draft.description = draft.description.replace("\r\n", "\n").trim().to_owned();
    draft.genres.sort();
    draft.genres.dedup();
    draft
}

/// Checks a form with its times, so that all that is wrong with it is said at once. `before` as in
/// [`bandstand_domain::shows::check_times`], and so is `most`.
fn check_whole(
    draft: &ShowDraft,
    now: Millis,
    before: Option<Millis>,
    most: u32,
) -> Result<Times, FieldErrors> {
    let times = times::read(draft, now, before, most);
    let Err(mut errors) = draft.check() else { return times };
    if let Err(others) = times {
        errors.merge(others);
    }
    Err(errors)
}

impl ShowsPort {
    fn with_hours(&self, draft: ShowDraft) -> ShowDraft {
        ShowDraft { audio_hours: self.most_hours(Medium::Audio), ..draft }
    }

    /// The most hours of a show.
    fn most_hours(&self, medium: Medium) -> u32 {
        match medium {
            Medium::Video => MAX_HOURS,
            Medium::Audio => self.caller.services.config.max_audio_hours,
        }
    }
}

/// Refuses times at which another show of the artist stands.
async fn check_free(
    write: &mut Write,
    artist: &AccountId,
    times: &Times,
    except: Option<ShowId>,
) -> Result<(), ShowError> {
    match store::overlapping(&mut **write, artist, (times.starts_at, times.ends_at), except).await?
    {
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
        Ok(self.with_hours(store::draft(&database.read, id).await?))
    }

    async fn next_draft(&self) -> Result<ShowDraft, ShowError> {
        let artist = self.caller.artist().await?;
        let read = &self.caller.services.database.read;
        Ok(self.with_hours(store::next_draft(read, &artist.id, clock::now()).await?))
    }

    async fn create(&self, draft: ShowDraft) -> Result<ShowId, ShowError> {
        let artist = self.caller.artist().await?;
        let draft = normal(draft);
        let times = check_whole(&draft, clock::now(), None, self.most_hours(draft.medium))?;
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
        let draft = normal(draft);
        let before = store::draft(&self.caller.services.database.read, id).await?;
        if has_times_of(&draft, &before) || facts.is_over(clock::now()) {
            draft.check()?;
        } else {
            check_whole(
                &draft,
                clock::now(),
                Some(facts.starts_at),
                self.most_hours(draft.medium),
            )?;
        }
        self.caller.limited(Limit::Shows, &account.id)?;
        let (mut write, facts) = self.caller.change_show(id, &facts.artist_account).await?;
        // As they are while nothing else changes them.
        let before = store::draft(&mut *write, id).await?;
        let times = if has_times_of(&draft, &before) {
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
            let times =
                times::read(&draft, now, Some(facts.starts_at), self.most_hours(draft.medium))?;
            if facts.stage.is_on_air() && times.starts_at != facts.starts_at {
                return Err(Refusal::Because(ShowReason::Live));
            }
            check_free(&mut write, &facts.artist_account, &times, Some(id)).await?;
            times
        };
        if draft.medium != before.medium {
            if facts.stage.is_on_air() {
                return Err(Refusal::Because(ShowReason::Live));
            }
            // Also of one that is over: its end may be taken back.
            let most = self.most_hours(draft.medium);
            if let Some(complaint) = check_length(times.starts_at, times.ends_at, most) {
                return Err(FieldErrors::one("ends", complaint).into());
            }
        }
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
        let gone = artwork::change(&mut write, id, None).await?;
        let deleted = Event::Show(ShowEvent::Deleted { show: id });
        for topic in [Topic::Shows, Topic::Show(id)] {
            event_log::append(&mut write, topic, &deleted, clock::now()).await?;
        }
        write.commit().await?;
        announce(&self.caller.services, id).await;
        self.caller.services.bus.publish(BusMessage::ShowDeleted(id)).await;
        self.caller.services.files.remove(&gone).await;
        Ok(())
    }

    async fn extend(&self, id: ShowId) -> Result<(), ShowError> {
        let (account, facts) = self.caller.show_to(id, Action::Change).await?;
        self.caller.limited(Limit::Shows, &account.id)?;
        let (mut write, facts) = self.caller.change_show(id, &facts.artist_account).await?;
        if !facts.stage.is_on_air() {
            return Err(Refusal::Because(ShowReason::NotOnAir));
        }
        let now = clock::now();
        if facts.ends_at.since(now) > EXTENSION {
            return Err(Refusal::Because(ShowReason::TimeLeft));
        }
        let from = facts.ends_at.max(now);
        let ends_at = from.plus(EXTENSION);
        let most = self.most_hours(facts.medium) + EXTRA_HOURS;
        if check_length(facts.starts_at, ends_at, most).is_some() {
            return Err(Refusal::Because(ShowReason::LongEnough));
        }
        let next =
            store::overlapping(&mut *write, &facts.artist_account, (from, ends_at), Some(id))
                .await?;
        if next.is_some() {
            return Err(Refusal::Because(ShowReason::NextBegins));
        }
        store::move_end(&mut write, id, ends_at).await?;
        append_changed(&mut write, id).await?;
        write.commit().await?;
        announce(&self.caller.services, id).await;
        Ok(())
    }

    async fn figures(&self, id: ShowId) -> Result<ShowFigures, ShowError> {
        let (_, facts) = self.caller.show_to(id, Action::Change).await?;
        if facts.deleted {
            return Err(Refusal::Gone);
        }
        Ok(store::figures(&self.caller.services.database.read, id).await?)
    }

    async fn remove_artwork(&self, id: ShowId) -> Result<(), PeopleError> {
        let account = self.caller.own_account().await?;
        self.caller.limited(Limit::Picture, &account.id)?;
        artwork::replace(&self.caller, id, None).await
    }
}
