//! Who is told news of a happening, and when who comes is reminded.

use bandstand_domain::{Millis, PersonId, happenings::HappeningId};
use sqlx::Row;

use crate::{
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
};

/// The happenings of which who comes is to be reminded, and what they are reminded of then: 1 a day before, 2 an
/// hour before.
pub(in crate::happenings) async fn to_remind(
    database: &Database,
    now: Millis,
) -> Result<Vec<(HappeningId, i64)>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, starts_at FROM happenings \
         WHERE cancelled_at IS NULL AND reminded < 2 AND starts_at > $1 AND starts_at <= $2 \
         AND reminded < CASE WHEN starts_at <= $3 THEN 2 ELSE 1 END ORDER BY starts_at LIMIT 100",
    )
    .bind(now.0)
    .bind(now.plus(24 * Millis::HOUR).0)
    .bind(now.plus(Millis::HOUR).0)
    .fetch_all(&database.read)
    .await?;
    rows.iter()
        .map(|row| {
            let within_hour = row.try_get::<i64, _>("starts_at")? <= now.plus(Millis::HOUR).0;
            Ok((parsed(row, "id")?, if within_hour { 2 } else { 1 }))
        })
        .collect()
}

/// Notes that who comes is reminded; the start, unless another process did so before, or it was called off.
pub(in crate::happenings) async fn note_reminded(
    write: &mut Write,
    id: HappeningId,
    due: i64,
) -> Result<Option<Millis>, DatabaseError> {
    let row = sqlx::query(
        "UPDATE happenings SET reminded = $2 WHERE id = $1 AND reminded < $2 \
         AND cancelled_at IS NULL RETURNING starts_at",
    )
    .bind(id.to_string())
    .bind(due)
    .fetch_optional(&mut **write)
    .await?;
    row.map(|row| Ok(Millis(row.try_get(0)?))).transpose()
}

/// Accounts of members who come or may come to a happening but `by`, after one of them, in the order of their
/// identities.
pub(in crate::happenings) async fn coming(
    database: &Database,
    id: HappeningId,
    by: Option<&PersonId>,
    (after, most): (&str, i64),
) -> Result<Vec<AccountId>, DatabaseError> {
    let accounts = sqlx::query_scalar(
        "SELECT a.account FROM happening_answers a JOIN happenings h ON h.id = a.happening \
         JOIN room_members m ON m.room = h.room AND m.account = a.account \
         WHERE a.happening = $1 AND a.answer IN ('yes', 'perhaps') AND a.account > $2 \
         AND a.person <> $4 ORDER BY a.account LIMIT $3",
    )
    .bind(id.to_string())
    .bind(after)
    .bind(most)
    .bind(by.map_or("", PersonId::as_str).to_owned())
    .fetch_all(&database.read)
    .await?;
    Ok(accounts)
}

/// Accounts of the members of a happening's room, likewise.
pub(in crate::happenings) async fn members(
    database: &Database,
    id: HappeningId,
    by: Option<&PersonId>,
    (after, most): (&str, i64),
) -> Result<Vec<AccountId>, DatabaseError> {
    let accounts = sqlx::query_scalar(
        "SELECT m.account FROM happenings h JOIN room_members m ON m.room = h.room \
         WHERE h.id = $1 AND m.person <> $4 AND m.account > $2 ORDER BY m.account LIMIT $3",
    )
    .bind(id.to_string())
    .bind(after)
    .bind(most)
    .bind(by.map_or("", PersonId::as_str).to_owned())
    .fetch_all(&database.read)
    .await?;
    Ok(accounts)
}

/// The name of a person with an account.
pub(in crate::happenings) async fn name_of(
    database: &Database,
    person: &PersonId,
) -> Result<String, DatabaseError> {
    let name = sqlx::query_scalar::<_, String>(
        "SELECT COALESCE(stage_name, display_name) FROM accounts WHERE person = $1",
    )
    .bind(person.as_str())
    .fetch_optional(&database.read)
    .await?;
    Ok(name.unwrap_or_default())
}
