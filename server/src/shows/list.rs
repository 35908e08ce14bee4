//! Lists of shows, page by page.

use std::cmp::Reverse;

use bandstand_domain::{
    FieldErrors, ShowId,
    channel::Topic,
    shows::{Section, ShowCard, ShowError, ShowList, WhatsOn},
    text,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::port::AudienceCount;
use super::store::{self, ListPosition};
use crate::{channel::event_log, clock, database::Database};

/// The most shows that are live in one list.
const MAX_LIVE: i64 = 200;

/// Page size of a section, in shows.
const fn page_size(section: Section) -> usize {
    match section {
        Section::Live => 200,
        Section::Upcoming => 24,
        Section::Past => 12,
    }
}

/// The first page of everything.
pub async fn whats_on(
    database: &Database,
    audience: &dyn AudienceCount,
) -> Result<WhatsOn, ShowError> {
    // Before the lists: an event that comes in between is then sent once more than needed, never lost.
    let cursor = event_log::latest(database, Topic::Shows).await?;
    let mut live = store::section(&database.read, Section::Live, None, MAX_LIVE).await?;
    live.sort_by_cached_key(|show| Reverse(audience.count(show.id)));
    Ok(WhatsOn {
        live,
        upcoming: page(database, Section::Upcoming, None).await?,
        past: page(database, Section::Past, None).await?,
        cursor,
        now: clock::now().minute(),
    })
}

/// A further page.
pub async fn more(
    database: &Database,
    section: Section,
    next: &str,
) -> Result<ShowList, ShowError> {
    if section == Section::Live {
        return Ok(ShowList::default());
    }
    let place =
        read_place(next).ok_or_else(|| FieldErrors::one("next", text!(server.shows.no_more)))?;
    page(database, section, Some(place)).await
}

async fn page(
    database: &Database,
    section: Section,
    after: Option<ListPosition>,
) -> Result<ShowList, ShowError> {
    let size = page_size(section);
    // One more than is shown tells whether there is a next page.
    let most = i64::try_from(size + 1).unwrap_or(i64::MAX);
    let mut shows = store::section(&database.read, section, after, most).await?;
    let next = (shows.len() > size).then(|| {
        shows.truncate(size);
        shows.last().map(write_place).unwrap_or_default()
    });
    Ok(ShowList { shows, next })
}

/// The place after `card`, as text that says nothing to anybody else.
fn write_place(card: &ShowCard) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{}:{}", card.starts_at.0, card.id))
}

fn read_place(text: &str) -> Option<ListPosition> {
    if text.len() > 128 {
        return None;
    }
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (starts_at, id) = text.split_once(':')?;
    let id: ShowId = id.parse().ok()?;
    Some((starts_at.parse().ok()?, id.to_string()))
}
