//! The shows feature's server side: announcing, changing and listing shows.

pub mod access;
mod artwork;
pub(crate) mod ical;
mod list;
pub mod personal_data;
pub mod port;
mod store;
pub mod times;
pub mod topic;
mod tracklist;

use std::collections::HashMap;

use bandstand_domain::{
    Millis, Refusal, ShowId,
    channel::{Event, Topic},
    shows::{Section, ShowCard, ShowError, ShowEvent, ShowList, ShowPage, Track},
    stage::encore_until,
};

pub use artwork::artwork_routes;
pub use ical::routes;
pub(crate) use store::stage_sql;
pub use store::{ShowFacts, call_off, change_text, is_listed, replace_tracks, set_replay, stage};
pub use tracklist::note_track;

use crate::{
    background::bus::BusMessage,
    channel::event_log,
    clock,
    database::{Database, DatabaseError, Write},
    ids::AccountId,
    services::Services,
};

/// The most shows of either kind, to come and past, in an artist's own list.
const MAX_OWN: i64 = 200;
/// The most past shows on an artist's page.
const MAX_PAST: usize = 24;

/// Returns the facts that decide about the show `id`; none when there never was one.
pub async fn facts(database: &Database, id: ShowId) -> Result<Option<ShowFacts>, DatabaseError> {
    store::facts(&database.read, id).await
}

/// The show `id` as `write` leaves it; none when it is deleted.
pub async fn card(write: &mut Write, id: ShowId) -> Result<Option<ShowCard>, DatabaseError> {
    store::card(&mut **write, id).await
}

/// The show `id` as lists show it; none when it is deleted.
pub async fn card_of(database: &Database, id: ShowId) -> Result<Option<ShowCard>, DatabaseError> {
    store::card(&database.read, id).await
}

/// The tracks of the show `id`, the first one first.
pub async fn tracks(database: &Database, id: ShowId) -> Result<Vec<Track>, DatabaseError> {
    store::tracks(&database.read, id).await
}

/// The title of the show `id`; none when it is deleted.
pub async fn title(database: &Database, id: ShowId) -> Result<Option<String>, DatabaseError> {
    store::title(&database.read, id).await
}

/// Tells whether it is the time of another show of the account `artist` than `id`, which isn't over.
pub async fn plays_another(
    database: &Database,
    artist: &AccountId,
    id: ShowId,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let at_once = (now, now.plus(1));
    Ok(store::overlapping(&database.read, artist, at_once, Some(id)).await?.is_some())
}

/// The page of the show `id` as `viewer` sees it, an account's private identity.
///
/// # Errors
/// Returns an error when there is no such show, or it was deleted, or the database fails.
pub async fn page(
    database: &Database,
    id: ShowId,
    viewer: Option<&AccountId>,
) -> Result<ShowPage, ShowError> {
    // Before the show: an event in between is then sent once more than needed, never lost.
    let cursor = event_log::latest(database, Topic::Show(id)).await?;
    let facts = facts(database, id).await?.ok_or(Refusal::NotFound)?;
    let card = store::card(&database.read, id).await?.ok_or(Refusal::Gone)?;
    let details = store::details(&database.read, id).await?;
    // What played for members is told to members.
    let tracks = match card.members_only && viewer.is_none() {
        true => Vec::new(),
        false => store::tracks(&database.read, id).await?,
    };
    Ok(ShowPage {
        card,
        description: details.description,
        live_since: facts.live_since,
        ended_at: facts.ended_at,
        kept: facts.stage_kept,
        records: facts.records,
        recorded: facts.recorded,
        peak: details.peak,
        likes: details.likes,
        tracks,
        mine: viewer == Some(&facts.artist_account),
        cursor,
        now: clock::now(),
    })
}

/// Appends to the logs of both topics that the show `id` is new or changed; to the list's only when it
/// stands there. After the commit, both have
/// to be woken: see [`announce`].
///
/// # Errors
/// Returns an error when the database fails, or the show is deleted.
pub async fn append_changed(write: &mut Write, id: ShowId) -> Result<(), DatabaseError> {
    let show = card(write, id).await?.ok_or(DatabaseError::row_not_found())?;
    let description = store::details(&mut **write, id).await?.description;
    let now = clock::now();
    let listed = Event::Show(ShowEvent::Changed { show: show.clone(), description: None });
    let own = Event::Show(ShowEvent::Changed { show, description: Some(description) });
    if is_listed(write, id).await? {
        event_log::append(write, Topic::Shows, &listed, now).await?;
    }
    event_log::append(write, Topic::Show(id), &own, now).await?;
    Ok(())
}

/// Appends to the log of the list that the shows ahead of the account `artist` are gone from it.
pub async fn append_artist_closed(
    write: &mut Write,
    artist: &AccountId,
) -> Result<(), DatabaseError> {
    for show in store::ahead(write, artist, MAX_OWN).await? {
        event_log::append(
            write,
            Topic::Shows,
            &Event::Show(ShowEvent::Deleted { show }),
            clock::now(),
        )
        .await?;
    }
    Ok(())
}

/// The shows of the account `artist` for their page: live ones, those to come, the first page of past
/// ones.
pub async fn of_artist(
    database: &Database,
    artist: &AccountId,
) -> Result<(Vec<ShowCard>, ShowList, ShowList), DatabaseError> {
    let now = clock::now();
    let (mut live, mut upcoming, mut past) = (Vec::new(), ShowList::default(), ShowList::default());
    for show in store::of_artist(&database.read, artist, MAX_OWN).await? {
        match show.section(now) {
            Section::Live => live.push(show),
            Section::Upcoming => upcoming.shows.push(show),
            Section::Past => past.shows.push(show),
        }
    }
    past.shows.truncate(MAX_PAST);
    Ok((live, upcoming, past))
}

/// Appends to the logs that the shows ahead of the account `artist` have changed: they carry the artist's
/// name and handle. After the commit, they have to be woken: see [`announce`].
pub async fn append_artist_changed(
    write: &mut Write,
    artist: &AccountId,
) -> Result<Vec<ShowId>, DatabaseError> {
    let shows = store::ahead(write, artist, MAX_OWN).await?;
    for show in &shows {
        append_changed(write, *show).await?;
    }
    Ok(shows)
}

/// Notes how many listen to each of these shows, once every so many `seconds`; each in a transaction of its
/// own, so that none holds one show's row while it waits for another's.
///
/// # Errors
/// Returns an error when the database fails for one of them; the others are noted all the same.
pub async fn note_listeners(
    database: &Database,
    listeners: &HashMap<ShowId, usize>,
    seconds: u32,
) -> Result<(), DatabaseError> {
    let mut done = Ok(());
    for (show, count) in listeners {
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        done = store::note_listeners(database, *show, count, seconds.into()).await.and(done);
    }
    done
}

/// Wakes those who follow the list of shows and those at the show `id`.
pub async fn announce(services: &Services, id: ShowId) {
    services.announce([Topic::Shows, Topic::Show(id)]).await;
}

/// Tells whoever waits for `shows` that they were called off; whoever is on stage is off it.
pub async fn called_off(services: &Services, shows: Vec<ShowId>) {
    for show in shows {
        announce(services, show).await;
        services.bus.publish(BusMessage::ShowDeleted(show)).await;
    }
}

impl ShowFacts {
    /// Tells whether nothing can happen any more: it was ended, or its time passed with nobody on stage.
    pub fn is_over(&self, now: Millis) -> bool {
        self.stage.is_over(self.ends_at, now)
    }

    /// Tells whether hands and chat are closed: the show is over, and so is its encore.
    pub fn is_closed(&self, now: Millis) -> bool {
        self.is_over(now) && encore_until(self.ended_at, now).is_none()
    }
}
