//! Changes to accounts that only an operator makes.

use bandstand_domain::Millis;

use crate::{
    database::{Database, DatabaseError, Write},
    ids::AccountId,
};

/// Makes the account `id` an operator's, or no more.
pub async fn set_operator(
    database: &Database,
    id: &AccountId,
    operator: bool,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("UPDATE accounts SET operator = $2 WHERE id = $1")
        .bind(id)
        .bind(i64::from(operator))
        .execute(&mut *write)
        .await?;
    write.commit().await
}

/// Closes the account `id`, or opens it again, and begins another epoch of it.
pub async fn set_disabled(
    write: &mut Write,
    id: &AccountId,
    since: Option<Millis>,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE accounts SET disabled_at = $2, epoch = epoch + 1 WHERE id = $1")
        .bind(id)
        .bind(since.map(|at| at.0))
        .execute(&mut **write)
        .await?;
    Ok(())
}
