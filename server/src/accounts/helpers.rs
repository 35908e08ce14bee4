//! Who looks after an artist's shows beside the artist.

use async_trait::async_trait;
use bandstand_app::accounts::port::Helpers;
use bandstand_domain::{
    FieldErrors,
    accounts::{AccountError, Helper},
};
use sqlx::Row;

use super::store;
use crate::{
    caller::Caller,
    database::{Database, DatabaseError, broken},
    http::limits::Limit,
};

/// The most helpers of one artist.
const MOST: usize = 20;

/// Whether the account `helper` looks after the shows of the account `artist`.
///
/// # Errors
/// When the database fails.
pub async fn helps(database: &Database, artist: &str, helper: &str) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT 1 FROM helpers WHERE artist = $1 AND helper = $2")
        .bind(artist)
        .bind(helper)
        .fetch_optional(&database.read)
        .await?;
    Ok(row.is_some())
}

async fn list(database: &Database, artist: &str) -> Result<Vec<Helper>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT handle, COALESCE(stage_name, display_name) FROM helpers \
         JOIN accounts ON accounts.id = helper \
         WHERE artist = $1 AND deleted_at IS NULL AND disabled_at IS NULL ORDER BY handle_key",
    )
    .bind(artist)
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(|row| Ok(Helper { handle: row.try_get(0)?, name: row.try_get(1)? })).collect()
}

#[async_trait]
impl Helpers for Caller {
    async fn helpers(&self) -> Result<Vec<Helper>, AccountError> {
        let artist = self.own_stage().await?;
        list(&self.venue.database, &artist.id).await.map_err(broken)
    }

    async fn add_helper(&self, handle: String) -> Result<Vec<Helper>, AccountError> {
        let artist = self.own_stage().await?;
        self.limited(Limit::Settings, &artist.id)?;
        let database = &self.venue.database;
        let complain = |words: String| Err(FieldErrors::one("helper", words).into());
        let handle = handle.trim().trim_start_matches('@');
        // Handles are public; an address is never looked up here.
        let known = store::by_handle(database, handle).await.map_err(broken)?;
        let Some(helper) = known else {
            return complain(format!("There is nobody called ‘{handle}’."));
        };
        if helper.id == artist.id {
            return complain("You look after your own shows anyway.".into());
        }
        if list(database, &artist.id).await.map_err(broken)?.len() >= MOST {
            return complain(format!("At most {MOST} people help one artist."));
        }
        let added = async {
            let mut write = database.begin().await?;
            sqlx::query(
                "INSERT INTO helpers (artist, helper) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            )
            .bind(artist.id.as_str())
            .bind(helper.id)
            .execute(&mut *write)
            .await?;
            write.commit().await?;
            list(database, &artist.id).await
        };
        added.await.map_err(broken)
    }

    async fn remove_helper(&self, handle: String) -> Result<Vec<Helper>, AccountError> {
        let artist = self.own_stage().await?;
        self.limited(Limit::Settings, &artist.id)?;
        let database = &self.venue.database;
        let removed = async {
            let mut write = database.begin().await?;
            sqlx::query(
                "DELETE FROM helpers WHERE artist = $1 \
                 AND helper = (SELECT id FROM accounts WHERE handle_key = $2)",
            )
            .bind(artist.id.as_str())
            .bind(handle.trim().to_lowercase())
            .execute(&mut *write)
            .await?;
            write.commit().await?;
            list(database, &artist.id).await
        };
        removed.await.map_err(broken)
    }
}
