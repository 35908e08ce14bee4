//! Stages in the database.

use bandstand_domain::{
    Millis, ShowId,
    channel::{Event, Topic},
    shows::ShowEvent,
    stage::{REOPENING, StageEvent, StageState},
};
use sqlx::{Row, any::AnyRow};

use super::state::{InputRefused, StageInput, StageRecord};
use crate::{
    channel::event_log,
    database::{Database, DatabaseError, parsed},
    shows::{self, stage_sql},
};

/// The outcome of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The stage is like this now, and there are events to announce.
    Changed(StageRecord),
    /// It was so before.
    Same,
    /// It can't happen.
    InputRefused(InputRefused),
    /// There is no such show, or it was deleted.
    Gone,
}

/// Lets something happen on the stage of `show`: the new state and the events that tell it are one
/// transaction.
///
/// # Errors
/// Returns an error when the database fails; then nothing happened.
pub async fn happen(
    database: &Database,
    show: ShowId,
    input: StageInput,
    now: Millis,
) -> Result<Outcome, DatabaseError> {
    let mut write = database.begin().await?;
    // An update, so that the row is this transaction's until it ends.
    let row = sqlx::query(
        "UPDATE shows SET stage_at = stage_at WHERE id = $1 AND deleted_at IS NULL \
         RETURNING stage, publication, live_since, ended_at, ends_at, stage_kept, records, recorded",
    )
    .bind(show.to_string())
    .fetch_optional(&mut *write)
    .await?;
    let Some(row) = row else { return Ok(Outcome::Gone) };
    let before = decode(&row)?;
    let stage = match before.after(input, now) {
        Ok(Some(stage)) => stage,
        Ok(None) => return Ok(Outcome::Same),
        Err(why) => return Ok(Outcome::InputRefused(why)),
    };
    sqlx::query(
        "UPDATE shows SET stage = $2, stage_at = $3, publication = $4, live_since = $5, \
         ended_at = $6, stage_kept = $7, records = $8, recorded = $9 WHERE id = $1",
    )
    .bind(show.to_string())
    .bind(stage.state.as_str())
    .bind(now.0)
    .bind(stage.publication)
    .bind(stage.live_since.map(|at| at.0))
    .bind(stage.ended_at.map(|at| at.0))
    .bind(i64::from(stage.kept))
    .bind(i64::from(stage.records))
    .bind(i64::from(stage.recorded))
    .execute(&mut *write)
    .await?;
    let StageRecord { state, publication, live_since, ended_at, kept, records, recorded, .. } =
        stage;
    let event = Event::Stage(StageEvent::Changed {
        state,
        publication,
        live_since,
        ended_at,
        kept,
        records,
        recorded,
    });
    event_log::append(&mut write, Topic::Show(show), &event, now).await?;
    if stage.state != before.state
        && let Some(card) = shows::card(&mut write, show).await?
    {
        let event = Event::Show(ShowEvent::Changed { show: card, description: None });
        event_log::append(&mut write, Topic::Show(show), &event, now).await?;
        if shows::is_listed(&mut write, show).await? {
            event_log::append(&mut write, Topic::Shows, &event, now).await?;
        }
    }
    write.commit().await?;
    Ok(Outcome::Changed(stage))
}

/// Counts one more taking of the stage of `show`, by a number above `given`; `None` when the show is over
/// or gone.
pub async fn take(
    database: &Database,
    show: ShowId,
    given: i64,
) -> Result<Option<i64>, DatabaseError> {
    let mut write = database.begin().await?;
    let row = sqlx::query(concat!(
        "UPDATE shows SET publication = \
             CASE WHEN publication > $2 THEN publication ELSE $2 END + 1 \
         WHERE id = $1 AND deleted_at IS NULL AND ",
        stage_sql!(not_ended),
        " RETURNING publication",
    ))
    .bind(show.to_string())
    .bind(given)
    .fetch_optional(&mut *write)
    .await?;
    let publication = row.map(|row| row.try_get(0)).transpose()?;
    write.commit().await?;
    Ok(publication)
}

/// The number of the latest taking of the stage of `show`; `None` when the show is over or gone.
pub async fn publication(database: &Database, show: ShowId) -> Result<Option<i64>, DatabaseError> {
    let row = sqlx::query(concat!(
        "SELECT publication FROM shows WHERE id = $1 AND deleted_at IS NULL AND ",
        stage_sql!(not_ended),
    ))
    .bind(show.to_string())
    .fetch_optional(&database.read)
    .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// Tells whether the stage of `show` is kept for whoever is on it.
pub async fn is_kept(database: &Database, show: ShowId) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT stage_kept FROM shows WHERE id = $1")
        .bind(show.to_string())
        .fetch_optional(&database.read)
        .await?;
    row.map_or(Ok(false), |row| Ok(row.try_get::<i64, _>(0)? != 0))
}

/// The shows on whose stage somebody is said to be.
pub async fn on_stage(database: &Database) -> Result<Vec<ShowId>, DatabaseError> {
    let rows = sqlx::query(concat!(
        "SELECT id FROM shows WHERE ",
        stage_sql!(performed),
        " AND deleted_at IS NULL",
    ))
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// The shows whose artist was lost and whose end was `by` then or before. One whose end was taken back is
/// dropped from then on, and its artist has as long to come back as they had to take it back.
pub async fn abandoned(
    database: &Database,
    by: Millis,
    now: Millis,
) -> Result<Vec<ShowId>, DatabaseError> {
    let rows = sqlx::query(concat!(
        "SELECT id FROM shows WHERE ",
        stage_sql!(dropped),
        " AND ends_at <= $1 AND stage_at <= $2 AND deleted_at IS NULL",
    ))
    .bind(by.0)
    .bind(now.plus(-REOPENING).0)
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// Counts the shows in each state that has an artist, by the state's name.
pub async fn counts(database: &Database) -> Result<[(&'static str, i64); 3], DatabaseError> {
    let mut counts =
        [StageState::Live, StageState::Paused, StageState::Dropped].map(|it| (it.as_str(), 0));
    let rows = sqlx::query(concat!(
        "SELECT stage, COUNT(*) FROM shows WHERE ",
        stage_sql!(on_air),
        " AND deleted_at IS NULL GROUP BY stage",
    ))
    .fetch_all(&database.read)
    .await?;
    for row in rows {
        let name: String = row.try_get(0)?;
        for (state, count) in &mut counts {
            if *state == name {
                *count = row.try_get(1)?;
            }
        }
    }
    Ok(counts)
}

fn decode(row: &AnyRow) -> Result<StageRecord, DatabaseError> {
    let live_since: Option<i64> = row.try_get("live_since")?;
    let ended_at: Option<i64> = row.try_get("ended_at")?;
    Ok(StageRecord {
        state: shows::stage(row)?,
        publication: row.try_get("publication")?,
        live_since: live_since.map(Millis),
        ended_at: ended_at.map(Millis),
        ends_at: Millis(row.try_get("ends_at")?),
        kept: row.try_get::<i64, _>("stage_kept")? != 0,
        records: row.try_get::<i64, _>("records")? != 0,
        recorded: row.try_get::<i64, _>("recorded")? != 0,
    })
}
