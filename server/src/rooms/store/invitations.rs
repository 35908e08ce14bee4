//! Invitations to rooms.

use bandstand_domain::{
    Millis, RoomId, Secret,
    rooms::{Invitation, InvitationForm, InvitationId, MAX_INVITATIONS},
};
use sqlx::Row;

use crate::{
    crypto::{random, seal::Seal, secret_hash::SecretHash},
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
};

/// Condition under which an invitation is good, at the instant `$2`.
macro_rules! good {
    () => {
        "(expires_at IS NULL OR expires_at > $2) AND (max_uses IS NULL OR uses < max_uses)"
    };
}

/// A new invitation.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Identity.
    pub id: InvitationId,
    /// The end of its link.
    pub secret: String,
    /// The same, to be shown again.
    pub sealed: String,
}

/// Keeps an invitation to `room`; false if there are as many good ones as there may be.
pub async fn insert(
    write: &mut Write,
    room: RoomId,
    by: &AccountId,
    new: &NewInvitation,
    form: InvitationForm,
    now: Millis,
) -> Result<bool, DatabaseError> {
    sqlx::query(
        "INSERT INTO room_invitations (id, room, secret, sealed, made_by, made_at, expires_at, max_uses) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.id.to_string())
    .bind(room.to_string())
    .bind(random::hash(&new.secret))
    .bind(&new.sealed)
    .bind(by)
    .bind(now.0)
    .bind(form.hours.map(|hours| now.plus(i64::from(hours) * Millis::HOUR).0))
    .bind(form.max_uses.map(i64::from))
    .execute(&mut **write)
    .await?;
    let row =
        sqlx::query(concat!("SELECT COUNT(*) FROM room_invitations WHERE room = $1 AND ", good!()))
            .bind(room.to_string())
            .bind(now.0)
            .fetch_one(&mut **write)
            .await?;
    Ok(row.try_get::<i64, _>(0)? <= i64::from(MAX_INVITATIONS))
}

/// The good invitations to `room` in the `venue` with this address, the latest first; by `by` alone, or `one`
/// alone, where these are given.
pub async fn list(
    database: &Database,
    (seal, venue): (&Seal, &str),
    room: RoomId,
    (by, one): (Option<&AccountId>, Option<InvitationId>),
    now: Millis,
) -> Result<Vec<Invitation>, DatabaseError> {
    let rows = sqlx::query(concat!(
        "SELECT i.id, i.sealed, COALESCE(a.stage_name, a.display_name) AS by_name, i.made_at, i.expires_at, \
         i.max_uses, i.uses FROM room_invitations i JOIN accounts a ON a.id = i.made_by \
         WHERE i.room = $1 AND ($3 = '' OR i.made_by = $3) AND ($4 = '' OR i.id = $4) AND ",
        good!(),
        " ORDER BY i.made_at DESC, i.id"
    ))
    .bind(room.to_string())
    .bind(now.0)
    .bind(by.map_or("", AccountId::as_str))
    .bind(one.map_or_else(String::new, |it| it.to_string()))
    .fetch_all(&database.read)
    .await?;
    let mut invitations = Vec::with_capacity(rows.len());
    for row in &rows {
        let id: InvitationId = parsed(row, "id")?;
        let sealed: &str = row.try_get("sealed")?;
        // One that this venue can't read again can still be used and revoked.
        let secret = seal.unseal(sealed, &id.to_string()).unwrap_or_default();
        let secret = String::from_utf8(secret).unwrap_or_default();
        let number = |column| {
            let number: Option<i64> = row.try_get(column)?;
            Ok::<_, DatabaseError>(number.and_then(|it| u32::try_from(it).ok()))
        };
        invitations.push(Invitation {
            id,
            link: Secret::new(format!("{venue}/invitations/{secret}")),
            by: row.try_get("by_name")?,
            made_at: Millis(row.try_get("made_at")?),
            expires_at: row.try_get::<Option<i64>, _>("expires_at")?.map(Millis),
            max_uses: number("max_uses")?,
            uses: number("uses")?.unwrap_or(0),
        });
    }
    Ok(invitations)
}

/// The room to which the good invitation with this hash leads.
pub async fn find(
    database: &Database,
    hash: &SecretHash,
    now: Millis,
) -> Result<Option<RoomId>, DatabaseError> {
    let row =
        sqlx::query(concat!("SELECT room FROM room_invitations WHERE secret = $1 AND ", good!()))
            .bind(hash)
            .bind(now.0)
            .fetch_optional(&database.read)
            .await?;
    row.map(|row| parsed(&row, "room")).transpose()
}

/// Uses the invitation with this hash; the room to which it leads, unless it is over.
pub async fn redeem(
    write: &mut Write,
    hash: &SecretHash,
    now: Millis,
) -> Result<Option<RoomId>, DatabaseError> {
    let row = sqlx::query(concat!(
        "UPDATE room_invitations SET uses = uses + 1 WHERE secret = $1 AND ",
        good!(),
        " RETURNING room"
    ))
    .bind(hash)
    .bind(now.0)
    .fetch_optional(&mut **write)
    .await?;
    row.map(|row| parsed(&row, "room")).transpose()
}

/// Revokes an invitation to `room`; false if there is none, or it isn't by `by` where that is given.
pub async fn revoke(
    write: &mut Write,
    room: RoomId,
    id: InvitationId,
    by: Option<&AccountId>,
) -> Result<bool, DatabaseError> {
    let gone = sqlx::query(
        "DELETE FROM room_invitations WHERE room = $1 AND id = $2 AND ($3 = '' OR made_by = $3)",
    )
    .bind(room.to_string())
    .bind(id.to_string())
    .bind(by.map_or("", AccountId::as_str))
    .execute(&mut **write)
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// Deletes invitations that are over.
pub async fn prune(database: &Database, now: Millis) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    let gone =
        sqlx::query("DELETE FROM room_invitations WHERE expires_at <= $1 OR uses >= max_uses")
            .bind(now.0)
            .execute(&mut *write)
            .await?;
    if gone.rows_affected() > 0 {
        write.commit_unrevised().await?;
    }
    Ok(())
}
