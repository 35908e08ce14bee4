//! The column `stage` of a show.

use bandstand_domain::stage::StageState;
use sqlx::any::AnyRow;

use crate::database::{DatabaseError, parsed};

/// Conditions on the column `stage` as SQL, for statements put together by `concat!`. The parameter of
/// `over` and `ahead` is the current time.
macro_rules! stage_sql {
    (empty) => {
        "stage = 'empty'"
    };
    (dropped) => {
        "stage = 'dropped'"
    };
    (not_ended) => {
        "stage <> 'ended'"
    };
    // Somebody performs, or takes a break.
    (performed) => {
        "stage IN ('live', 'paused')"
    };
    // As `StageState::is_on_air`.
    (on_air) => {
        "stage IN ('live', 'paused', 'dropped')"
    };
    // As `StageState::is_over`.
    (over at $now:literal) => {
        concat!("(stage = 'ended' OR (stage = 'empty' AND ends_at <= ", $now, "))")
    };
    (ahead at $now:literal) => {
        concat!("stage <> 'ended' AND (stage <> 'empty' OR ends_at > ", $now, ")")
    };
}
pub(crate) use stage_sql;

/// The state of the stage in a row's column `stage`.
///
/// # Errors
/// A [`DatabaseError`] for a text that is no state.
pub fn stage(row: &AnyRow) -> Result<StageState, DatabaseError> {
    parsed(row, "stage")
}

#[cfg(test)]
mod tests {
    use bandstand_domain::Millis;
    use sqlx::{AssertSqlSafe, Row};

    use super::*;
    use crate::database::Database;

    const NOW: i64 = 10;

    /// The states, with an end of the show at `NOW` and after it, for which `condition` holds.
    async fn matching(database: &Database, condition: &str) -> Vec<(StageState, i64)> {
        let mut found = Vec::new();
        for state in StageState::ALL {
            for ends_at in [NOW, NOW + 1] {
                let row = format!("SELECT '{}' AS stage, {ends_at} AS ends_at", state.as_str());
                let condition = condition.replace("$1", &NOW.to_string());
                let statement = format!("SELECT stage FROM ({row}) AS shows WHERE {condition}");
                let row =
                    sqlx::query(AssertSqlSafe(statement)).fetch_optional(&database.read).await;
                if let Some(row) = row.unwrap() {
                    assert_eq!(stage(&row).unwrap(), state, "{}", row.len());
                    found.push((state, ends_at));
                }
            }
        }
        found
    }

    #[tokio::test]
    async fn conditions_say_what_the_states_say() {
        use StageState::{Dropped, Empty, Ended, Live, Paused};
        let folder = tempfile::tempdir().unwrap();
        let url = Database::sqlite_url(&folder.path().join("test.db"));
        let database = Database::open(&url).await.unwrap();
        let over = |state: StageState, ends_at| state.is_over(Millis(ends_at), Millis(NOW));
        let expected = |holds: &dyn Fn(StageState, i64) -> bool| {
            let all = StageState::ALL.into_iter().flat_map(|it| [(it, NOW), (it, NOW + 1)]);
            all.filter(|(state, ends_at)| holds(*state, *ends_at)).collect::<Vec<_>>()
        };
        for (condition, holds) in [
            (stage_sql!(empty), &(|it, _| it == Empty) as &dyn Fn(StageState, i64) -> bool),
            (stage_sql!(dropped), &|it, _| it == Dropped),
            (stage_sql!(not_ended), &|it, _| it != Ended),
            (stage_sql!(performed), &|it, _| matches!(it, Live | Paused)),
            (stage_sql!(on_air), &|it, _| it.is_on_air()),
            (stage_sql!(over at "$1"), &over),
            (stage_sql!(ahead at "$1"), &|it, ends_at| !over(it, ends_at)),
        ] {
            assert_eq!(matching(&database, condition).await, expected(holds), "{condition}");
        }
    }
}
