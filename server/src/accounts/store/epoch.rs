//! The epoch of an account: a version of how it is entered.
//!
//! **Invariant:** whatever ends an account's sessions, or changes how it is entered, counts the epoch up
//! in the same transaction and before it deletes sessions. What was proven in one epoch (a password, a
//! code, a passkey) is written down only while that epoch lasts, asked in the transaction that writes.

use async_trait::async_trait;

use super::Account;
use crate::{
    database::{DatabaseError, Write},
    ids::AccountId,
    sessions::SessionGate,
};

/// Counts the epoch up: log-ins and other proofs that are under way come to nothing.
pub async fn begin_epoch(write: &mut Write, id: &AccountId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE accounts SET epoch = epoch + 1 WHERE id = $1")
        .bind(id)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Locks the account until `write` ends; false when its epoch is over, and what was proven in it is
/// worth nothing any more.
pub async fn lock_epoch(
    write: &mut Write,
    id: &AccountId,
    epoch: i64,
) -> Result<bool, DatabaseError> {
    let locked = sqlx::query("UPDATE accounts SET epoch = epoch WHERE id = $1 AND epoch = $2")
        .bind(id)
        .bind(epoch)
        .execute(&mut **write)
        .await?;
    Ok(locked.rows_affected() == 1)
}

impl Account {
    /// [`lock_epoch`] of the epoch in which this was read.
    pub async fn lock_unchanged(&self, write: &mut Write) -> Result<bool, DatabaseError> {
        lock_epoch(write, &self.id, self.epoch).await
    }
}

/// Lets a session begin only while the epoch lasts in which its person proved who they are.
#[derive(Clone, Copy, Debug)]
pub struct EpochGate;

#[async_trait]
impl SessionGate for EpochGate {
    async fn admits(
        &self,
        write: &mut Write,
        account: &AccountId,
        epoch: i64,
    ) -> Result<bool, DatabaseError> {
        lock_epoch(write, account, epoch).await
    }
}
