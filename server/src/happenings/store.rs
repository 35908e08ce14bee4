//! Happenings and answers in the database.

mod news;

use bandstand_domain::{
    Millis, PersonId, RoomId,
    happenings::{
        AnswerCounts, HappeningAnswer, HappeningCard, HappeningForm, HappeningId, MAX_NAMES,
        MAX_TO_COME,
    },
};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Row, any::AnyRow};

pub(super) use news::{coming, members, name_of, note_reminded, to_remind};

use crate::{
    clock,
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
    shows::times::{self, Times},
};

/// A happening, and who planned it.
#[derive(Clone, Debug)]
pub(super) struct HappeningRow {
    pub card: HappeningCard,
    pub person: PersonId,
}

/// Statement that selects happenings with the numbers of answers of those who are members, with the rest appended.
macro_rules! happenings {
    ($more:literal, $($rest:tt)+) => {
        concat!(
            "SELECT h.id, h.room, h.person, h.title, h.description, h.place, h.starts_at, h.ends_at, \
             h.time_zone, h.revision, h.cancelled_at, ",
            answers!("yes"), " AS count_yes, ",
            answers!("perhaps"), " AS count_perhaps, ",
            answers!("no"), " AS count_no",
            $more,
            " FROM happenings h ",
            $($rest)+
        )
    };
}

macro_rules! answers {
    ($answer:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM happening_answers a \
             JOIN room_members m ON m.room = h.room AND m.person = a.person \
             WHERE a.happening = h.id AND a.answer = '",
            $answer,
            "')"
        )
    };
}

fn happening(row: &AnyRow) -> Result<HappeningRow, DatabaseError> {
    let count = |column: &str| -> Result<u32, DatabaseError> {
        Ok(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(u32::MAX))
    };
    let starts_at = Millis(row.try_get("starts_at")?);
    let time_zone: String = row.try_get("time_zone")?;
    let card = HappeningCard {
        id: parsed(row, "id")?,
        room: parsed(row, "room")?,
        title: row.try_get("title")?,
        description: row.try_get("description")?,
        place: row.try_get("place")?,
        starts_at,
        ends_at: Millis(row.try_get("ends_at")?),
        starts_text: times::text(starts_at, &time_zone, clock::now()),
        time_zone,
        revision: row.try_get("revision")?,
        cancelled: row.try_get::<Option<i64>, _>("cancelled_at")?.is_some(),
        answers: AnswerCounts {
            yes: count("count_yes")?,
            perhaps: count("count_perhaps")?,
            no: count("count_no")?,
        },
    };
    Ok(HappeningRow { card, person: PersonId::new(row.try_get::<String, _>("person")?) })
}

/// Finds a happening.
pub(super) async fn find(
    connection: &mut AnyConnection,
    id: HappeningId,
) -> Result<Option<HappeningRow>, DatabaseError> {
    let row = sqlx::query(happenings!("", "WHERE h.id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(happening).transpose()
}

/// Lists the happenings of a room that aren't over, the soonest first, each with what a person answered.
pub(super) async fn list(
    database: &Database,
    room: RoomId,
    person: &PersonId,
    now: Millis,
) -> Result<Vec<(HappeningRow, Option<HappeningAnswer>)>, DatabaseError> {
    let rows = sqlx::query(happenings!(
        ", (SELECT o.answer FROM happening_answers o WHERE o.happening = h.id AND o.person = $2) AS own",
        "WHERE h.room = $1 AND h.ends_at > $3 ORDER BY h.starts_at, h.id LIMIT $4"
    ))
    .bind(room.to_string())
    .bind(person.as_str())
    .bind(now.0)
    // Those called off stand among them for a while.
    .bind(i64::try_from(2 * MAX_TO_COME).unwrap_or(i64::MAX))
    .fetch_all(&database.read)
    .await?;
    rows.iter()
        .map(|row| {
            let own: Option<&str> = row.try_get("own")?;
            Ok((happening(row)?, own.and_then(HappeningAnswer::named)))
        })
        .collect()
}

/// The reminder that needs not be sent any more for what starts at `starts_at`: who plans a thing for tonight needs
/// no reminder a day before.
fn reminded(starts_at: Millis, now: Millis) -> i64 {
    match starts_at.since(now) {
        ..=Millis::HOUR => 2,
        left if left <= 24 * Millis::HOUR => 1,
        _ => 0,
    }
}

/// Plans a happening in a room, unless as many are to come as there may be; whether it was planned.
pub(super) async fn insert(
    write: &mut Write,
    (id, room): (HappeningId, RoomId),
    person: &PersonId,
    form: &HappeningForm,
    times: &Times,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO happenings (id, room, person, title, description, place, starts_at, ends_at, \
         time_zone, planned_at, reminded) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 WHERE $12 > \
         (SELECT COUNT(*) FROM happenings WHERE room = $2 AND ends_at > $10 AND cancelled_at IS NULL)",
    )
    .bind(id.to_string())
    .bind(room.to_string())
    .bind(person.as_str())
    .bind(&form.title)
    .bind(&form.description)
    .bind(&form.place)
    .bind(times.starts_at.0)
    .bind(times.ends_at.0)
    .bind(&times.time_zone)
    .bind(now.0)
    .bind(reminded(times.starts_at, now))
    .bind(i64::try_from(MAX_TO_COME).unwrap_or(i64::MAX))
    .execute(&mut **write)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Changes a happening that wasn't called off; whether it was changed.
pub(super) async fn update(
    write: &mut Write,
    before: &HappeningCard,
    form: &HappeningForm,
    times: &Times,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let moved = before.starts_at != times.starts_at;
    let done = sqlx::query(
        "UPDATE happenings SET title = $2, description = $3, place = $4, starts_at = $5, ends_at = $6, \
         time_zone = $7, revision = revision + 1, \
         reminded = CASE WHEN $8 = 1 THEN $9 ELSE reminded END \
         WHERE id = $1 AND cancelled_at IS NULL",
    )
    .bind(before.id.to_string())
    .bind(&form.title)
    .bind(&form.description)
    .bind(&form.place)
    .bind(times.starts_at.0)
    .bind(times.ends_at.0)
    .bind(&times.time_zone)
    .bind(i64::from(moved))
    .bind(reminded(times.starts_at, now))
    .execute(&mut **write)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Calls a happening off; false when it was before.
pub(super) async fn cancel(
    write: &mut Write,
    id: HappeningId,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "UPDATE happenings SET cancelled_at = $2, revision = revision + 1 \
         WHERE id = $1 AND cancelled_at IS NULL",
    )
    .bind(id.to_string())
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Somebody who answers.
#[derive(Debug)]
pub(super) struct Answering<'a> {
    pub person: &'a PersonId,
    pub account: Option<&'a AccountId>,
    pub name: &'a str,
}

/// Notes an answer in place of the one before; false when it is the same.
pub(super) async fn answer(
    write: &mut Write,
    id: HappeningId,
    Answering { person, account, name }: Answering<'_>,
    answer: HappeningAnswer,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO happening_answers (happening, person, account, name, answer, answered_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (happening, person) DO UPDATE \
         SET account = excluded.account, name = excluded.name, answer = excluded.answer, \
         answered_at = excluded.answered_at \
         WHERE happening_answers.answer <> excluded.answer",
    )
    .bind(id.to_string())
    .bind(person.as_str())
    .bind(account)
    .bind(name)
    .bind(answer.as_str())
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Names of the members who gave an answer, in the order of their answers, at most [`MAX_NAMES`].
pub(super) async fn names(
    database: &Database,
    id: HappeningId,
    answer: HappeningAnswer,
) -> Result<Vec<String>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT COALESCE(c.stage_name, c.display_name, a.name) FROM happening_answers a \
         JOIN happenings h ON h.id = a.happening \
         JOIN room_members m ON m.room = h.room AND m.person = a.person \
         LEFT JOIN accounts c ON c.id = a.account \
         WHERE a.happening = $1 AND a.answer = $2 ORDER BY a.answered_at, a.person LIMIT $3",
    )
    .bind(id.to_string())
    .bind(answer.as_str())
    .bind(i64::try_from(MAX_NAMES).unwrap_or(i64::MAX))
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Exports what a person planned and answered, for their own eyes.
pub(super) async fn export(database: &Database, person: &PersonId) -> Result<Value, DatabaseError> {
    let planned = sqlx::query(
        "SELECT room, title, description, place, starts_at, ends_at FROM happenings \
         WHERE person = $1 ORDER BY starts_at",
    )
    .bind(person.as_str())
    .fetch_all(&database.read)
    .await?;
    let planned = planned.iter().map(|row| {
        Ok(json!({
            "room": row.try_get::<String, _>("room")?,
            "title": row.try_get::<String, _>("title")?,
            "description": row.try_get::<String, _>("description")?,
            "place": row.try_get::<String, _>("place")?,
            "starts_at": row.try_get::<i64, _>("starts_at")?,
            "ends_at": row.try_get::<i64, _>("ends_at")?,
        }))
    });
    let planned = planned.collect::<Result<Vec<_>, DatabaseError>>()?;
    let answered = sqlx::query(
        "SELECT happening, answer, answered_at FROM happening_answers WHERE person = $1 \
         ORDER BY answered_at",
    )
    .bind(person.as_str())
    .fetch_all(&database.read)
    .await?;
    let answered = answered.iter().map(|row| {
        Ok(json!({
            "happening": row.try_get::<String, _>("happening")?,
            "answer": row.try_get::<String, _>("answer")?,
            "answered_at": row.try_get::<i64, _>("answered_at")?,
        }))
    });
    let answered = answered.collect::<Result<Vec<_>, DatabaseError>>()?;
    Ok(json!({ "planned": planned, "answers": answered }))
}

/// Forgets what a person answered, and by whom happenings were planned. These stay: others come to them.
pub(super) async fn forget(
    write: &mut Write,
    account: &AccountId,
    person: &PersonId,
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM happening_answers WHERE person = $1 OR account = $2")
        .bind(person.as_str())
        .bind(account)
        .execute(&mut **write)
        .await?;
    sqlx::query("UPDATE happenings SET person = '' WHERE person = $1")
        .bind(person.as_str())
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Forgets all happenings of `room` with their answers, in the transaction that clears the room away.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn forget_room(write: &mut Write, room: RoomId) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM happenings WHERE room = $1")
        .bind(room.to_string())
        .execute(&mut **write)
        .await?;
    Ok(())
}
