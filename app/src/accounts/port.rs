//! What the accounts feature needs from the server.

use async_trait::async_trait;
use bandstand_domain::accounts::{AccountError, Credentials, Registration, Viewer};

/// Accounts, for the person who makes the current request.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Makes an account and logs it in.
    async fn register(&self, form: Registration) -> Result<Viewer, AccountError>;
    /// Logs in; the session gets a new id.
    async fn log_in(&self, form: Credentials) -> Result<Viewer, AccountError>;
    /// Ends the session. Doing it twice is no error.
    async fn log_out(&self) -> Result<(), AccountError>;
    /// Who is it? Nobody yet when there is neither an account nor a guest's name.
    async fn viewer(&self) -> Result<Option<Viewer>, AccountError>;
    /// Becomes a guest called `name`, or changes the guest's name. Refused to accounts.
    async fn enter_as_guest(&self, name: String) -> Result<Viewer, AccountError>;
}
