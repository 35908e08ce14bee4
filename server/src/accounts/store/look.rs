//! Looks of figures, in the database.

use bandstand_domain::crowd::ChosenLook;
use sqlx::{Row, any::AnyRow};

use crate::{
    database::{DatabaseError, Write},
    ids::AccountId,
};

/// The look in a row; none where none was chosen, or the venue has no such look any more.
pub(super) fn look(row: &AnyRow) -> Result<Option<ChosenLook>, DatabaseError> {
    let number = row.try_get::<Option<i64>, _>("look")?;
    Ok(number.and_then(|number| u32::try_from(number).ok()?.try_into().ok()))
}

/// A look as the column holds it.
pub(super) fn number(look: Option<ChosenLook>) -> Option<i64> {
    look.map(|look| i64::from(u32::from(look)))
}

/// Keeps the look that `account` has chosen.
pub async fn set_look(
    write: &mut Write,
    account: &AccountId,
    look: Option<ChosenLook>,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE accounts SET look = $2 WHERE id = $1")
        .bind(account)
        .bind(number(look))
        .execute(&mut **write)
        .await?;
    Ok(())
}
