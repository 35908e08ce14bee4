//! Shows in the database.

mod deletion;
mod figures;
mod listed;
mod stage_column;
mod tracks;
mod write;

use bandstand_domain::{
    Millis, PersonId, ShowId,
    people::Picture,
    shows::{Artist, Medium, Section, ShowCard, ShowDraft},
    stage::StageState,
};
use sqlx::{Any, Executor, Row, any::AnyRow};

use super::times::{self, Times};
use crate::{
    clock,
    database::{DatabaseError, Write, from_json, parsed},
    ids::AccountId,
};
pub use deletion::{call_off, export, forget_artist};
pub use figures::{figures, note_listeners};
pub use listed::is_listed;
pub use stage_column::stage;
pub(crate) use stage_column::stage_sql;
pub use tracks::{append_track, replace_tracks, tracks};
pub use write::{change_artwork, change_text, delete, insert, move_end, set_replay, update};

/// Statement that selects the columns of show cards, with the rest appended.
macro_rules! cards {
    ($($rest:tt)+) => {
        concat!(
            "SELECT s.id, s.title, s.genres, a.handle, a.stage_name, s.starts_at, s.ends_at, \
             s.time_zone, s.stage, s.members_only, s.medium, s.artwork, s.replay_at FROM shows s JOIN accounts a ON a.id = s.artist ",
            $($rest)+
        )
    };
}

fn members_only(row: &AnyRow) -> Result<bool, DatabaseError> {
    Ok(row.try_get::<i64, _>("members_only")? != 0)
}

fn medium(row: &AnyRow) -> Result<Medium, DatabaseError> {
    Ok(Medium::named(row.try_get("medium")?))
}

/// The card in a row of [`cards!`].
fn card_of(row: &AnyRow, now: Millis) -> Result<ShowCard, DatabaseError> {
    let starts_at = Millis(row.try_get("starts_at")?);
    let time_zone: String = row.try_get("time_zone")?;
    Ok(ShowCard {
        id: parsed(row, "id")?,
        title: row.try_get("title")?,
        genres: from_json(row, "genres")?,
        artist: Artist {
            handle: row.try_get("handle")?,
            stage_name: row.try_get::<Option<String>, _>("stage_name")?.unwrap_or_default(),
        },
        starts_at,
        ends_at: Millis(row.try_get("ends_at")?),
        starts_text: times::text(starts_at, &time_zone, now),
        time_zone,
        stage: stage(row)?,
        members_only: members_only(row)?,
        medium: medium(row)?,
        artwork: row.try_get::<Option<String>, _>("artwork")?.map(Picture::new),
        replay: row.try_get::<Option<i64>, _>("replay_at")?.is_some(),
    })
}

fn cards_of(rows: &[AnyRow]) -> Result<Vec<ShowCard>, DatabaseError> {
    let now = clock::now();
    rows.iter().map(|row| card_of(row, now)).collect()
}

/// Facts that decide about a show, whatever is done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShowFacts {
    /// Identity of the show.
    pub id: ShowId,
    /// The private identity of the artist's account.
    pub artist_account: AccountId,
    /// Public identity of the artist.
    pub artist_person: PersonId,
    /// State of the stage.
    pub stage: StageState,
    /// Scheduled start.
    pub starts_at: Millis,
    /// Scheduled end.
    pub ends_at: Millis,
    /// The artist's time zone.
    pub time_zone: String,
    /// Medium of the show.
    pub medium: Medium,
    /// True while only viewers with an account may enter.
    pub members_only: bool,
    /// Set once the show was deleted.
    pub deleted: bool,
    /// Number of the latest publication; goes up each time somebody takes the stage.
    pub publication: i64,
    /// Time at which the artist first went on stage.
    pub live_since: Option<Millis>,
    /// Time at which the artist ended the show.
    pub ended_at: Option<Millis>,
    /// True while the artist keeps the stage for whoever is on it.
    pub stage_kept: bool,
    /// True if the show is to be recorded while it is live.
    pub records: bool,
    /// True while it is recorded.
    pub recorded: bool,
    /// Set while its recording is published.
    pub replay: bool,
}

/// The facts of the show `id`, deleted or not.
pub async fn facts<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: ShowId,
) -> Result<Option<ShowFacts>, DatabaseError> {
    sqlx::query(
        "SELECT s.id, s.artist, a.person, s.stage, s.starts_at, s.ends_at, s.time_zone, \
         s.medium, s.members_only, s.deleted_at, s.publication, s.live_since, s.ended_at, \
         s.stage_kept, s.records, s.recorded, s.replay_at \
         FROM shows s JOIN accounts a ON a.id = s.artist WHERE s.id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(executor)
    .await?
    .map(|row| {
        Ok(ShowFacts {
            id: parsed(&row, "id")?,
            artist_account: row.try_get("artist")?,
            artist_person: PersonId::new(row.try_get::<String, _>("person")?),
            stage: stage(&row)?,
            starts_at: Millis(row.try_get("starts_at")?),
            ends_at: Millis(row.try_get("ends_at")?),
            time_zone: row.try_get("time_zone")?,
            medium: medium(&row)?,
            members_only: members_only(&row)?,
            deleted: row.try_get::<Option<i64>, _>("deleted_at")?.is_some(),
            publication: row.try_get("publication")?,
            live_since: row.try_get::<Option<i64>, _>("live_since")?.map(Millis),
            ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(Millis),
            stage_kept: row.try_get::<i64, _>("stage_kept")? != 0,
            records: row.try_get::<i64, _>("records")? != 0,
            recorded: row.try_get::<i64, _>("recorded")? != 0,
            replay: row.try_get::<Option<i64>, _>("replay_at")?.is_some(),
        })
    })
    .transpose()
}

/// The show `id` as lists show it; none when it was deleted.
pub async fn card<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: ShowId,
) -> Result<Option<ShowCard>, DatabaseError> {
    sqlx::query(cards!("WHERE s.id = $1 AND s.deleted_at IS NULL"))
        .bind(id.to_string())
        .fetch_optional(executor)
        .await?
        .map(|row| card_of(&row, clock::now()))
        .transpose()
}

/// The title of the show `id`; none when it was deleted.
pub async fn title<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: ShowId,
) -> Result<Option<String>, DatabaseError> {
    sqlx::query("SELECT title FROM shows WHERE id = $1 AND deleted_at IS NULL")
        .bind(id.to_string())
        .fetch_optional(executor)
        .await?
        .map(|row| Ok(row.try_get(0)?))
        .transpose()
}

/// Details that only a show's own page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Plain text.
    pub description: String,
    /// The most persons who were there at once.
    pub peak: u32,
    /// Likes so far.
    pub likes: u64,
    /// Number of times that its form was changed.
    pub revision: i64,
}

/// The details of the show `id`.
///
/// # Errors
/// Returns an error when the database fails, or there is no such show.
pub async fn details<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: ShowId,
) -> Result<Details, DatabaseError> {
    let row = sqlx::query("SELECT description, peak, likes, revision FROM shows WHERE id = $1")
        .bind(id.to_string())
        .fetch_one(executor)
        .await?;
    Ok(Details {
        description: row.try_get(0)?,
        peak: u32::try_from(row.try_get::<i64, _>(1)?).unwrap_or_default(),
        likes: u64::try_from(row.try_get::<i64, _>(2)?).unwrap_or_default(),
        revision: row.try_get(3)?,
    })
}

/// A place in a list: after the show with this start and identity.
pub type ListPosition = (i64, String);

/// At most `most` shows of a section after `after`, for everybody.
pub async fn section<'e>(
    executor: impl Executor<'e, Database = Any>,
    section: Section,
    after: Option<ListPosition>,
    most: i64,
) -> Result<Vec<ShowCard>, DatabaseError> {
    let statement = match section {
        Section::Live => cards!(
            "WHERE a.disabled_at IS NULL AND a.confirmed_at IS NOT NULL \
             AND s.deleted_at IS NULL AND ",
            stage_sql!(on_air),
            " AND $1 = $1 AND (s.starts_at > $2 OR (s.starts_at = $2 AND s.id > $3)) \
             ORDER BY s.peak DESC, s.starts_at, s.id LIMIT $4"
        ),
        Section::Upcoming => cards!(
            "WHERE a.disabled_at IS NULL AND a.confirmed_at IS NOT NULL \
             AND s.deleted_at IS NULL AND ",
            stage_sql!(empty),
            " AND s.ends_at > $1 \
             AND (s.starts_at > $2 OR (s.starts_at = $2 AND s.id > $3)) \
             ORDER BY s.starts_at, s.id LIMIT $4"
        ),
        Section::Past => cards!(
            "WHERE a.disabled_at IS NULL AND a.confirmed_at IS NOT NULL \
             AND s.deleted_at IS NULL AND ",
            stage_sql!(over at "$1"),
            " AND (s.starts_at < $2 OR (s.starts_at = $2 AND s.id < $3)) \
             ORDER BY s.starts_at DESC, s.id DESC LIMIT $4"
        ),
    };
    let first = if section == Section::Past { i64::MAX } else { i64::MIN };
    let (starts_at, id) = after.unwrap_or((first, String::new()));
    let rows = sqlx::query(statement)
        .bind(clock::now().0)
        .bind(starts_at)
        .bind(id)
        .bind(most)
        .fetch_all(executor)
        .await?;
    cards_of(&rows)
}

/// The shows of one artist: those to come and live by start, then past ones backwards; at most `most`
/// of either.
pub async fn of_artist(
    pool: &sqlx::AnyPool,
    artist: &AccountId,
    most: i64,
) -> Result<Vec<ShowCard>, DatabaseError> {
    let now = clock::now().0;
    let coming = sqlx::query(cards!(
        "WHERE s.artist = $1 AND s.deleted_at IS NULL AND ",
        stage_sql!(ahead at "$2"),
        " ORDER BY s.starts_at, s.id LIMIT $3"
    ));
    let past = sqlx::query(cards!(
        "WHERE s.artist = $1 AND s.deleted_at IS NULL AND ",
        stage_sql!(over at "$2"),
        " ORDER BY s.starts_at DESC, s.id DESC LIMIT $3"
    ));
    let mut rows = coming.bind(artist).bind(now).bind(most).fetch_all(pool).await?;
    rows.extend(past.bind(artist).bind(now).bind(most).fetch_all(pool).await?);
    cards_of(&rows)
}

/// The shows of one artist that are live or to come; at most `most`.
pub async fn ahead(
    write: &mut Write,
    artist: &AccountId,
    most: i64,
) -> Result<Vec<ShowId>, DatabaseError> {
    let now = clock::now();
    // Whatever else happens to a show begins with its row, and takes the logs afterwards.
    sqlx::query(concat!(
        "UPDATE shows SET stage_at = stage_at WHERE artist = $1 AND deleted_at IS NULL AND ",
        stage_sql!(ahead at "$2"),
    ))
    .bind(artist)
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    let rows = sqlx::query(concat!(
        "SELECT id FROM shows WHERE artist = $1 AND deleted_at IS NULL AND ",
        stage_sql!(ahead at "$2"),
        " ORDER BY starts_at, id LIMIT $3",
    ))
    .bind(artist)
    .bind(now.0)
    .bind(most)
    .fetch_all(&mut **write)
    .await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// The show `id` as the form that made it.
///
/// # Errors
/// Returns an error when the database fails, or there is no such show.
pub async fn draft<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: ShowId,
) -> Result<ShowDraft, DatabaseError> {
    let row = sqlx::query(
        "SELECT title, description, genres, starts_at, ends_at, time_zone, members_only, medium, \
         artwork \
         FROM shows WHERE id = $1",
    )
    .bind(id.to_string())
    .fetch_one(executor)
    .await?;
    let time_zone: String = row.try_get("time_zone")?;
    Ok(ShowDraft {
        title: row.try_get("title")?,
        description: row.try_get("description")?,
        genres: from_json(&row, "genres")?,
        starts: times::local(Millis(row.try_get("starts_at")?), &time_zone),
        ends: times::local(Millis(row.try_get("ends_at")?), &time_zone),
        time_zone,
        members_only: members_only(&row)?,
        medium: medium(&row)?,
        artwork: row.try_get::<Option<String>, _>("artwork")?.map(Picture::new),
        audio_hours: 0,
    })
}

/// The form of a new show of `artist` as it begins: genres, medium, hours and door of their last show, a week or
/// weeks later. Without one, what the artist plays.
pub async fn next_draft<'e>(
    executor: impl Executor<'e, Database = Any>,
    artist: &AccountId,
    now: Millis,
) -> Result<ShowDraft, DatabaseError> {
    let row = sqlx::query(
        "SELECT COALESCE(s.genres, a.genres) AS genres, s.starts_at, s.ends_at, s.time_zone, \
         COALESCE(s.members_only, 0) AS members_only, COALESCE(s.medium, 'video') AS medium \
         FROM accounts a LEFT JOIN shows s ON s.id = (SELECT id FROM shows \
         WHERE artist = a.id AND deleted_at IS NULL ORDER BY starts_at DESC, id LIMIT 1) \
         WHERE a.id = $1",
    )
    .bind(artist)
    .fetch_one(executor)
    .await?;
    let draft = ShowDraft {
        genres: from_json(&row, "genres")?,
        members_only: members_only(&row)?,
        medium: medium(&row)?,
        ..ShowDraft::default()
    };
    let Some(time_zone) = row.try_get::<Option<String>, _>("time_zone")? else {
        return Ok(draft);
    };
    let (starts_at, ends_at) = (Millis(row.try_get("starts_at")?), Millis(row.try_get("ends_at")?));
    let times = Times { starts_at, ends_at, time_zone };
    let (starts, ends) = times::next_week(&times, now);
    Ok(ShowDraft { starts, ends, time_zone: times.time_zone, ..draft })
}

/// The title of another show of `artist`, which isn't over, that stands in the way of one from `start` to
/// `end`. To make or move a show, it must follow [`crate::accounts::store::lock`] in the same transaction.
pub async fn overlapping<'e>(
    executor: impl Executor<'e, Database = Any>,
    artist: &AccountId,
    (start, end): (Millis, Millis),
    except: Option<ShowId>,
) -> Result<Option<String>, DatabaseError> {
    sqlx::query(concat!(
        "SELECT title FROM shows WHERE artist = $1 AND deleted_at IS NULL AND ",
        stage_sql!(not_ended),
        " AND starts_at < $2 AND ends_at > $3 AND id <> $4 ORDER BY starts_at LIMIT 1",
    ))
    .bind(artist)
    .bind(end.0)
    .bind(start.0)
    .bind(except.map(|id| id.to_string()).unwrap_or_default())
    .fetch_optional(executor)
    .await?
    .map(|row| Ok(row.try_get(0)?))
    .transpose()
}
