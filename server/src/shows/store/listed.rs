//! Conditions under which a show is on the list.

use bandstand_domain::ShowId;

use crate::database::{DatabaseError, Write};

/// Tells whether the show `id` stands on the public lists. Those of an artist whose address isn't
/// confirmed, or whom an operator has closed, don't.
pub async fn is_listed(write: &mut Write, id: ShowId) -> Result<bool, DatabaseError> {
    let row = sqlx::query(
        "SELECT 1 FROM shows s JOIN accounts a ON a.id = s.artist \
         WHERE s.id = $1 AND a.disabled_at IS NULL AND a.confirmed_at IS NOT NULL",
    )
    .bind(id.to_string())
    .fetch_optional(&mut **write)
    .await?;
    Ok(row.is_some())
}
