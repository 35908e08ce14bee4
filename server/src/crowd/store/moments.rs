//! Moments of crowds in the database, for as long as there is a recording.

use bandstand_domain::{
    Millis, ShowId,
    crowd::{CROWD_MOMENT, CrowdMoment},
};
use sqlx::Row;

use crate::{
    database::{Database, DatabaseError, Write},
    ids::AccountId,
};

/// Keeps moments of shows that are recorded, and no others. What was kept of a moment before is replaced.
pub async fn keep_moments(
    database: &Database,
    moments: &[(ShowId, CrowdMoment)],
) -> Result<(), DatabaseError> {
    if moments.is_empty() {
        return Ok(());
    }
    let mut write = database.begin().await?;
    for (show, moment) in moments {
        sqlx::query(
            "INSERT INTO crowd_moments (show, at, count, likes, gestures) \
             SELECT r.show, $2, $3, $4, $5 FROM recordings r JOIN shows s ON s.id = r.show \
             WHERE r.show = $1 AND s.records <> 0 \
             ON CONFLICT (show, at) DO UPDATE SET count = excluded.count, \
             likes = excluded.likes, gestures = excluded.gestures",
        )
        .bind(show.to_string())
        .bind(moment.at.0)
        .bind(i64::from(moment.count))
        .bind(i64::try_from(moment.likes).unwrap_or(i64::MAX))
        .bind(serde_json::to_string(&moment.gestures).unwrap_or_default())
        .execute(&mut *write)
        .await?;
    }
    write.commit_unrevised().await
}

/// Moments of the crowd of `show` between two instants, the one that goes on at the first included.
pub async fn moments(
    database: &Database,
    show: ShowId,
    (from, until): (Millis, Millis),
) -> Result<Vec<CrowdMoment>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT at, count, likes, gestures FROM crowd_moments \
         WHERE show = $1 AND at > $2 AND at < $3 ORDER BY at",
    )
    .bind(show.to_string())
    .bind(from.plus(-CROWD_MOMENT).0)
    .bind(until.0)
    .fetch_all(&database.read)
    .await?;
    let moment = |row: &sqlx::any::AnyRow| {
        let (count, likes): (i64, i64) = (row.try_get("count")?, row.try_get("likes")?);
        let gestures: String = row.try_get("gestures")?;
        Ok(CrowdMoment {
            at: Millis(row.try_get("at")?),
            count: u32::try_from(count).unwrap_or_default(),
            likes: likes.unsigned_abs(),
            gestures: serde_json::from_str(&gestures).unwrap_or_default(),
        })
    };
    rows.iter().map(moment).collect()
}

/// Forgets the moments of the crowd of `show`, whose recording is deleted.
pub async fn forget_moments(write: &mut Write, show: ShowId) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM crowd_moments WHERE show = $1")
        .bind(show.to_string())
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Forgets the moments of the crowds of all shows of the account `artist`.
pub async fn forget_moments_of(write: &mut Write, artist: &AccountId) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM crowd_moments WHERE show IN (SELECT id FROM shows WHERE artist = $1)")
        .bind(artist)
        .execute(&mut **write)
        .await?;
    Ok(())
}
