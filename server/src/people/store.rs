//! Profiles, pictures, followers and former handles in the database.

use bandstand_domain::{
    Language, Millis,
    accounts::ArtistProfile,
    people::{Picture, Profile, ProfileForm},
    shows::Genre,
};
use serde_json::{Value, json};
use sqlx::{Row, any::AnyRow};

use crate::{
    clock,
    database::{Database, DatabaseError, Write, from_json, to_json},
    ids::AccountId,
};

/// Reservation period of a former handle for its account, in milliseconds.
const KEPT: i64 = 90 * 24 * Millis::HOUR;

/// An artist, for their page.
#[derive(Clone, Debug)]
pub struct ArtistRow {
    /// The private identity of their account.
    pub account: AccountId,
    /// The handle as it is now.
    pub handle: String,
    /// The name on the poster.
    pub stage_name: String,
    /// Genres that they play.
    pub genres: Vec<Genre>,
    /// Text about themselves.
    pub about: String,
    /// Their website; empty without one.
    pub website: String,
    /// Their picture.
    pub picture: Option<Picture>,
    /// Language in which they use the venue, which is taken for that of their shows.
    pub language: Language,
}

/// The artist whose handle is `handle`, else the one whose handle it was before.
pub async fn artist(database: &Database, handle: &str) -> Result<Option<ArtistRow>, DatabaseError> {
    let row = sqlx::query(
        "SELECT a.id, a.handle, a.stage_name, a.genres, a.about, a.website, a.picture, a.language \
         FROM accounts a LEFT JOIN former_handles f ON f.account = a.id AND f.handle_key = $1 \
         WHERE (a.handle_key = $1 OR f.handle_key = $1) AND a.stage_name IS NOT NULL \
         AND a.disabled_at IS NULL AND a.deleted_at IS NULL \
         ORDER BY CASE WHEN a.handle_key = $1 THEN 0 ELSE 1 END LIMIT 1",
    )
    .bind(handle.to_lowercase())
    .fetch_optional(&database.read)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(ArtistRow {
        account: row.try_get("id")?,
        handle: row.try_get("handle")?,
        stage_name: row.try_get("stage_name")?,
        genres: from_json(&row, "genres")?,
        about: row.try_get("about")?,
        website: row.try_get("website")?,
        picture: row.try_get::<Option<String>, _>("picture")?.map(Picture::new),
        language: Language::from_tag(row.try_get("language")?).unwrap_or_default(),
    }))
}

/// Tells whether the account has published a recording that everybody may hear, and that has an MP3.
pub async fn has_podcast(database: &Database, account: &AccountId) -> Result<bool, DatabaseError> {
    let row = sqlx::query(
        "SELECT 1 FROM recording_mp3s m JOIN shows s ON s.id = m.show \
         WHERE s.artist = $1 AND s.replay_at IS NOT NULL AND s.deleted_at IS NULL \
         AND s.members_only = 0 AND m.id IS NOT NULL LIMIT 1",
    )
    .bind(account)
    .fetch_optional(&database.read)
    .await?;
    Ok(row.is_some())
}

/// Notes that the account left a handle, whose addresses lead on from now on; one that it takes again
/// leads nowhere else. To be called in the transaction that changes the handle.
pub async fn leave_handle(
    write: &mut Write,
    account: &AccountId,
    from: &str,
    to: &str,
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM former_handles WHERE handle_key = $1")
        .bind(to.to_lowercase())
        .execute(&mut **write)
        .await?;
    if from.to_lowercase() == to.to_lowercase() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO former_handles (handle_key, account, left_at) VALUES ($1, $2, $3) \
         ON CONFLICT (handle_key) DO UPDATE SET account = excluded.account, \
         left_at = excluded.left_at",
    )
    .bind(from.to_lowercase())
    .bind(account)
    .bind(clock::now().0)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Deletes the handles that accounts since erased left, once nobody else is kept from them any more.
pub async fn sweep_handles(database: &Database) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query(
        "DELETE FROM former_handles WHERE left_at <= $1 \
         AND account IN (SELECT id FROM accounts WHERE erased_at IS NOT NULL)",
    )
    .bind(clock::now().plus(-KEPT).0)
    .execute(&mut *write)
    .await?;
    write.commit().await
}

/// Returns whether `handle` is reserved for another account than `account`, which left it of late. An
/// account that took it at once would be mistaken for the former one: links still lead there.
pub async fn is_kept_for_another(
    write: &mut Write,
    handle: &str,
    account: &AccountId,
) -> Result<bool, DatabaseError> {
    let row = sqlx::query(
        "SELECT 1 FROM former_handles WHERE handle_key = $1 AND account <> $2 AND left_at > $3",
    )
    .bind(handle.to_lowercase())
    .bind(account)
    .bind(clock::now().plus(-KEPT).0)
    .fetch_optional(&mut **write)
    .await?;
    Ok(row.is_some())
}

/// The profile of `account`.
///
/// # Errors
/// Returns an error when the database fails, or there is no such account.
pub async fn profile(database: &Database, account: &AccountId) -> Result<Profile, DatabaseError> {
    let row = sqlx::query(
        "SELECT display_name, stage_name, genres, about, website, picture FROM accounts \
         WHERE id = $1",
    )
    .bind(account)
    .fetch_one(&database.read)
    .await?;
    let artist = match row.try_get::<Option<String>, _>("stage_name")? {
        Some(stage_name) => Some(ArtistProfile { stage_name, genres: from_json(&row, "genres")? }),
        None => None,
    };
    Ok(Profile {
        form: ProfileForm {
            display_name: row.try_get("display_name")?,
            about: row.try_get("about")?,
            website: row.try_get("website")?,
            artist,
        },
        picture: row.try_get::<Option<String>, _>("picture")?.map(Picture::new),
    })
}

/// Writes the profile of `account`, from a form that was checked. What only artists have is left as it
/// is when the form doesn't hold it.
pub async fn save_profile(
    write: &mut Write,
    account: &AccountId,
    form: &ProfileForm,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE accounts SET display_name = $2, about = $3, website = $4 WHERE id = $1")
        .bind(account)
        .bind(form.display_name.as_str())
        .bind(form.about.as_str())
        .bind(form.website.as_str())
        .execute(&mut **write)
        .await?;
    if let Some(artist) = &form.artist {
        sqlx::query(
            "UPDATE accounts SET stage_name = $2, genres = $3 \
             WHERE id = $1 AND stage_name IS NOT NULL",
        )
        .bind(account)
        .bind(artist.stage_name.as_str())
        .bind(to_json(&artist.genres)?)
        .execute(&mut **write)
        .await?;
    }
    Ok(())
}

/// Makes `picture` (or none) that of `account`; answers the one before.
pub async fn change_picture(
    write: &mut Write,
    account: &AccountId,
    picture: Option<&Picture>,
) -> Result<Option<Picture>, DatabaseError> {
    // Locks the row, so that of two changes each knows which picture it has replaced.
    crate::accounts::store::lock(write, account).await?;
    let before = sqlx::query("SELECT picture FROM accounts WHERE id = $1")
        .bind(account)
        .fetch_one(&mut **write)
        .await?
        .try_get::<Option<String>, _>(0)?;
    sqlx::query("UPDATE accounts SET picture = $2 WHERE id = $1")
        .bind(account)
        .bind(picture.map(Picture::name))
        .execute(&mut **write)
        .await?;
    Ok(before.map(Picture::new))
}

/// The accounts with pictures of which storage knows no file, and those pictures.
pub async fn unknown_pictures(
    database: &Database,
) -> Result<Vec<(AccountId, Picture)>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT a.id, a.picture FROM accounts a WHERE a.picture IS NOT NULL AND 2 > \
         (SELECT COUNT(*) FROM files f WHERE f.name \
         IN ('pictures/' || a.picture || '.jpg', 'pictures/' || a.picture || '-small.jpg'))",
    )
    .fetch_all(&database.read)
    .await?;
    let picture = |row: &AnyRow| Ok((row.try_get(0)?, Picture::new(row.try_get::<String, _>(1)?)));
    rows.iter().map(picture).collect()
}

/// The two accounts of a follow, which can't be taken for each other.
#[derive(Clone, Copy, Debug)]
pub struct Follow<'a> {
    /// The account that follows.
    pub follower: &'a AccountId,
    /// The account that is followed.
    pub artist: &'a AccountId,
}

/// Makes the follower follow the artist, or no longer.
pub async fn follow(
    database: &Database,
    Follow { follower, artist }: Follow<'_>,
    follow: bool,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    let query = if follow {
        sqlx::query(
            "INSERT INTO follows (follower, artist, since) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING",
        )
        .bind(follower)
        .bind(artist)
        .bind(clock::now().0)
    } else {
        sqlx::query("DELETE FROM follows WHERE follower = $1 AND artist = $2")
            .bind(follower)
            .bind(artist)
    };
    query.execute(&mut *write).await?;
    write.commit().await
}

/// Counts the followers of `artist`, and tells whether `viewer` is one; both are private identities.
pub async fn followers(
    database: &Database,
    artist: &AccountId,
    viewer: Option<&AccountId>,
) -> Result<(u32, bool), DatabaseError> {
    let row = sqlx::query(
        "SELECT COUNT(*), COUNT(CASE WHEN follower = $2 THEN 1 END) FROM follows WHERE artist = $1",
    )
    .bind(artist)
    .bind(viewer.map_or("", AccountId::as_str))
    .fetch_one(&database.read)
    .await?;
    let (count, own): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok((u32::try_from(count).unwrap_or(u32::MAX), own > 0))
}

/// Forgets what `account` said of itself and whom it followed; answers its picture, whose files can go
/// once that is committed.
pub async fn forget(
    write: &mut Write,
    account: &AccountId,
) -> Result<Option<Picture>, DatabaseError> {
    sqlx::query("DELETE FROM follows WHERE follower = $1 OR artist = $1")
        .bind(account)
        .execute(&mut **write)
        .await?;
    // Those that were left of late nobody takes before their time, as the last one.
    sqlx::query("DELETE FROM former_handles WHERE account = $1 AND left_at <= $2")
        .bind(account)
        .bind(clock::now().plus(-KEPT).0)
        .execute(&mut **write)
        .await?;
    let before = sqlx::query("SELECT picture FROM accounts WHERE id = $1")
        .bind(account)
        .fetch_optional(&mut **write)
        .await?;
    sqlx::query("UPDATE accounts SET about = '', website = '', picture = NULL WHERE id = $1")
        .bind(account)
        .execute(&mut **write)
        .await?;
    let picture = before.map(|row| row.try_get::<Option<String>, _>(0)).transpose()?;
    Ok(picture.flatten().map(Picture::new))
}

/// Exports the profile and the follows of `account`, for its own eyes.
///
/// # Errors
/// Returns an error when the database fails, or there is no such account.
pub async fn export(database: &Database, account: &AccountId) -> Result<Value, DatabaseError> {
    let profile = profile(database, account).await?;
    let follows = sqlx::query_scalar::<_, String>(
        "SELECT a.handle FROM follows f JOIN accounts a ON a.id = f.artist WHERE f.follower = $1 \
         ORDER BY f.since",
    )
    .bind(account)
    .fetch_all(&database.read)
    .await?;
    Ok(json!({
        "about": profile.form.about,
        "website": profile.form.website,
        "picture": profile.picture.map(|picture| picture.large()),
        "follows": follows,
    }))
}
