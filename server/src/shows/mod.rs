//! The shows feature's server side: announcing, changing and listing shows.

mod leaving;
mod list;
mod store;
mod times;

use async_trait::async_trait;
use bandstand_app::shows::port::Shows;
use bandstand_domain::{
    FieldErrors, Millis, Refusal, ShowId,
    channel::{Event, Topic},
    shows::{
        MOST_AHEAD, Section, ShowCard, ShowDraft, ShowError, ShowList, ShowPage, ShowReason,
        WhatsOn, check_times,
    },
    stage::StageState,
    text,
};

pub use leaving::{call_off, called_off, export, forget_artist};
pub(crate) use store::stage_sql;
pub use store::{ShowFacts, is_listed, stage};
use times::Times;

use crate::{
    accounts::{Account, store::lock},
    app::venue::Venue,
    caller::Caller,
    channel::event_log,
    clock,
    database::{Database, DatabaseError, Write},
    http::limits::Limit,
    rights::{self, Action, Resource, Standing},
};

/// The most shows of either kind, to come and past, in an artist's own list.
const MOST_MINE: i64 = 200;
/// The most past shows on an artist's page.
const MOST_PAST: usize = 24;

/// What decides about the show `id`; none when there never was one.
///
/// # Errors
/// When the database fails.
pub async fn facts(database: &Database, id: ShowId) -> Result<Option<ShowFacts>, DatabaseError> {
    store::facts(&database.read, id).await
}

/// The show `id` as `write` leaves it; none when it is deleted.
///
/// # Errors
/// When the database fails.
pub async fn card(write: &mut Write, id: ShowId) -> Result<Option<ShowCard>, DatabaseError> {
    store::card(&mut **write, id).await
}

/// The page of the show `id` as `viewer` sees it, an account's private identity.
///
/// # Errors
/// When there is no such show, or it was deleted, or the database fails.
pub async fn page(venue: &Venue, id: ShowId, viewer: Option<&str>) -> Result<ShowPage, ShowError> {
    let database = &venue.database;
    // Before the show: an event in between is then sent once more than needed, never lost.
    let cursor = event_log::latest(database, Topic::Show(id)).await?;
    let facts = facts(database, id).await?.ok_or(Refusal::NotFound)?;
    let card = store::card(&database.read, id).await?.ok_or(Refusal::Gone)?;
    let details = store::details(&database.read, id).await?;
    Ok(ShowPage {
        card,
        description: details.description,
        live_since: facts.live_since,
        peak: details.peak,
        likes: details.likes,
        mine: viewer == Some(facts.artist_account.as_str()),
        cursor,
        now: clock::now(),
    })
}

/// Appends to the logs of both topics that the show `id` is new or changed; to the list's only when it
/// stands there. After the commit, both have
/// to be woken: see [`wake`].
///
/// # Errors
/// When the database fails, or the show is deleted.
pub async fn append_changed(write: &mut Write, id: ShowId) -> Result<(), DatabaseError> {
    let show = card(write, id).await?.ok_or(DatabaseError::row_not_found())?;
    let description = store::details(&mut **write, id).await?.description;
    let now = clock::now();
    let listed = Event::ShowChanged { show: show.clone(), description: None };
    let own = Event::ShowChanged { show, description: Some(description) };
    if is_listed(write, id).await? {
        event_log::append(write, Topic::Shows, &listed, now).await?;
    }
    event_log::append(write, Topic::Show(id), &own, now).await?;
    Ok(())
}

/// Appends to the log of the list that the shows ahead of the account `artist` are gone from it.
///
/// # Errors
/// When the database fails.
pub async fn append_artist_closed(write: &mut Write, artist: &str) -> Result<(), DatabaseError> {
    for show in store::ahead(write, artist, MOST_MINE).await? {
        event_log::append(write, Topic::Shows, &Event::ShowDeleted { show }, clock::now()).await?;
    }
    Ok(())
}

/// The shows of the account `artist` for their page: live ones, those to come, the first page of past
/// ones.
///
/// # Errors
/// When the database fails.
pub async fn of_artist(
    database: &Database,
    artist: &str,
) -> Result<(Vec<ShowCard>, ShowList, ShowList), DatabaseError> {
    let now = clock::now();
    let (mut live, mut upcoming, mut past) = (Vec::new(), ShowList::default(), ShowList::default());
    for show in store::of_artist(&database.read, artist, MOST_MINE).await? {
        match show.section(now) {
            Section::Live => live.push(show),
            Section::Upcoming => upcoming.shows.push(show),
            Section::Past => past.shows.push(show),
        }
    }
    past.shows.truncate(MOST_PAST);
    Ok((live, upcoming, past))
}

/// Appends to the logs that the shows ahead of the account `artist` have changed: they carry the artist's
/// name and handle. After the commit, they have to be woken: see [`wake`].
///
/// # Errors
/// When the database fails.
pub async fn append_artist_changed(
    write: &mut Write,
    artist: &str,
) -> Result<Vec<ShowId>, DatabaseError> {
    let shows = store::ahead(write, artist, MOST_MINE).await?;
    for show in &shows {
        append_changed(write, *show).await?;
    }
    Ok(shows)
}

/// Wakes those who follow the list of shows and those at the show `id`.
pub fn wake(venue: &Venue, id: ShowId) {
    venue.live.wake(Topic::Shows);
    venue.live.wake(Topic::Show(id));
}

impl ShowFacts {
    /// Whether somebody is on stage, or was a moment ago.
    fn live(&self) -> bool {
        matches!(self.stage, StageState::Live | StageState::Paused | StageState::Dropped)
    }

    /// Whether it is over.
    fn over(&self, now: Millis) -> bool {
        self.stage == StageState::Ended || (self.stage == StageState::Empty && self.ends_at <= now)
    }

    /// Whether `caller` may do `action` to it.
    async fn check(&self, caller: &Caller, action: Action) -> Result<(), ShowError> {
        if !rights::allows(caller, self, Resource::Show, action).await? {
            Err(Refusal::Forbidden)
        } else if self.deleted {
            Err(Refusal::Gone)
        } else {
            Ok(())
        }
    }
}

impl Caller {
    /// The artist who asks.
    async fn artist(&self) -> Result<Account, ShowError> {
        let account = self.own_account().await?;
        let standings: &[Standing] = if account.artist { &[Standing::Artist] } else { &[] };
        if rights::may(standings, Resource::Show, Action::Create) {
            Ok(account)
        } else {
            Err(Refusal::Because(ShowReason::NotAnArtist))
        }
    }

    /// The show `id`, deleted or not, to which the account that asks may do `action`. Asked before anything is written,
    /// so that who may not keeps nobody else waiting for the database's writer.
    async fn show_to(&self, id: ShowId, action: Action) -> Result<(Account, ShowFacts), ShowError> {
        let account = self.own_account().await?;
        let facts = facts(&self.venue.database, id).await?;
        let facts = facts.ok_or(Refusal::NotFound)?;
        if rights::allows(self, &facts, Resource::Show, action).await? {
            Ok((account, facts))
        } else {
            Err(Refusal::Forbidden)
        }
    }

    /// A transaction that changes the show `id` of the account `artist`, and the show as it is now. Until
    /// it ends, the artist's shows change nowhere else.
    async fn change_show(&self, id: ShowId, artist: &str) -> Result<(Write, ShowFacts), ShowError> {
        let mut write = self.venue.database.begin().await?;
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
    artist: &str,
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
impl Shows for Caller {
    async fn whats_on(&self) -> Result<WhatsOn, ShowError> {
        list::whats_on(&self.venue).await
    }

    async fn more(&self, section: Section, next: String) -> Result<ShowList, ShowError> {
        list::more(&self.venue.database, section, &next).await
    }

    async fn show(&self, id: ShowId) -> Result<ShowPage, ShowError> {
        let account = self.account().await?;
        page(&self.venue, id, account.as_ref().map(|account| account.id.as_str())).await
    }

    async fn mine(&self) -> Result<ShowList, ShowError> {
        let artist = self.artist().await?;
        let shows = store::of_artist(&self.venue.database.read, &artist.id, MOST_MINE).await?;
        Ok(ShowList { shows, next: None })
    }

    async fn draft(&self, id: ShowId) -> Result<ShowDraft, ShowError> {
        self.own_account().await?;
        let database = &self.venue.database;
        let facts = facts(database, id).await?.ok_or(Refusal::NotFound)?;
        facts.check(self, Action::Change).await?;
        Ok(store::draft(&database.read, id).await?)
    }

    async fn create(&self, draft: ShowDraft) -> Result<ShowId, ShowError> {
        let artist = self.artist().await?;
        draft.check()?;
        let draft = normal(draft);
        let times = times::read(&draft.starts, &draft.ends, &draft.time_zone)?;
        check_times(times.starts_at, times.ends_at, clock::now(), None)?;
        self.limited(Limit::Shows, &artist.id)?;

        let mut write = self.venue.database.begin().await?;
        lock(&mut write, &artist.id).await?;
        check_free(&mut write, &artist.id, &times, None).await?;
        let ahead = store::ahead(&mut write, &artist.id, MOST_AHEAD).await?;
        if ahead.len() as i64 >= MOST_AHEAD {
            return Err(Refusal::Because(ShowReason::TooManyAhead));
        }
        let id = store::insert(&mut write, &artist.id, &draft, &times).await?;
        append_changed(&mut write, id).await?;
        write.commit().await?;
        wake(&self.venue, id);
        Ok(id)
    }

    async fn update(&self, id: ShowId, draft: ShowDraft) -> Result<(), ShowError> {
        let (account, facts) = self.show_to(id, Action::Change).await?;
        draft.check()?;
        let draft = normal(draft);
        self.limited(Limit::Shows, &account.id)?;
        let (mut write, facts) = self.change_show(id, &facts.artist_account).await?;
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
            if facts.over(now) {
                return Err(Refusal::Because(ShowReason::Over));
            }
            let times = times::read(&draft.starts, &draft.ends, &draft.time_zone)?;
            if facts.live() && times.starts_at != facts.starts_at {
                return Err(Refusal::Because(ShowReason::Live));
            }
            check_times(times.starts_at, times.ends_at, now, Some(facts.starts_at))?;
            check_free(&mut write, &facts.artist_account, &times, Some(id)).await?;
            times
        };
        store::update(&mut write, id, &draft, &times).await?;
        append_changed(&mut write, id).await?;
        write.commit().await?;
        wake(&self.venue, id);
        if draft.members_only && !before.members_only {
            self.venue.live.cut_guests(&self.venue.database, id).await?;
        }
        Ok(())
    }

    async fn delete(&self, id: ShowId) -> Result<(), ShowError> {
        let (account, facts) = self.show_to(id, Action::Delete).await?;
        self.limited(Limit::Shows, &account.id)?;
        let (mut write, _) = self.change_show(id, &facts.artist_account).await?;
        store::delete(&mut write, id).await?;
        let deleted = Event::ShowDeleted { show: id };
        for topic in [Topic::Shows, Topic::Show(id)] {
            event_log::append(&mut write, topic, &deleted, clock::now()).await?;
        }
        write.commit().await?;
        wake(&self.venue, id);
        self.venue.live.close_show(id).await;
        Ok(())
    }
}
