//! Needs of accounts from the server.

use async_trait::async_trait;
use bandstand_domain::{
    Language, Millis, Secret,
    accounts::{
        AccountError, Credentials, Helper, NewEmail, NewPassword, Registration, Reset, Settings,
        Viewer,
    },
};

/// Accounts, for the person who makes the current request.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Makes an account and logs it in. Its e-mail address is asked to confirm it.
    async fn register(&self, form: Registration) -> Result<Viewer, AccountError>;
    /// Confirms an address by a link from a mail; answers which.
    async fn confirm(&self, link: Secret) -> Result<String, AccountError>;
    /// Asks for a mail with a link that resets the password of who logs in as `login`, if there is
    /// anybody.
    async fn forgotten(&self, login: String) -> Result<(), AccountError>;
    /// Sets a new password by such a link and ends all sessions; answers the account's handle.
    async fn reset(&self, form: Reset) -> Result<String, AccountError>;
    /// Takes back the deletion of one's account, and logs in.
    async fn restore(&self, form: Credentials) -> Result<Viewer, AccountError>;
    /// Logs in; the session gets a new id.
    async fn log_in(&self, form: Credentials) -> Result<Viewer, AccountError>;
    /// Ends the session. Doing it twice is no error.
    async fn log_out(&self) -> Result<(), AccountError>;
    /// Becomes a guest called `name`, or changes the guest's name. Refused to accounts.
    async fn enter_as_guest(&self, name: String) -> Result<Viewer, AccountError>;
}

/// One's own account, for the person who makes the current request. Everything is refused to who has
/// none.
#[async_trait]
pub trait AccountSettings: Send + Sync {
    /// Settings of the account.
    async fn settings(&self) -> Result<Settings, AccountError>;
    /// Takes another handle.
    async fn change_handle(&self, handle: String) -> Result<Viewer, AccountError>;
    /// Asks a new address to confirm that it is theirs.
    async fn change_email(&self, form: NewEmail) -> Result<(), AccountError>;
    /// Sets another password and ends all other sessions.
    async fn change_password(&self, form: NewPassword) -> Result<(), AccountError>;
    /// Sets in which language mails are.
    async fn change_language(&self, language: Language) -> Result<(), AccountError>;
    /// Ends one of one's sessions.
    async fn end_session(&self, name: String) -> Result<(), AccountError>;
    /// Ends all of them but the current one.
    async fn end_other_sessions(&self) -> Result<(), AccountError>;
    /// Deletes the account; answers until when that can be taken back.
    async fn delete(&self, password: Secret) -> Result<Millis, AccountError>;
}

/// Helpers of the viewer, who look after their shows. Everything is refused to who is no artist;
/// each answers who it is from then on.
#[async_trait]
pub trait Helpers: Send + Sync {
    /// Person.
    async fn helpers(&self) -> Result<Vec<Helper>, AccountError>;
    /// One more, by handle.
    async fn add_helper(&self, handle: String) -> Result<Vec<Helper>, AccountError>;
    /// One less.
    async fn remove_helper(&self, handle: String) -> Result<Vec<Helper>, AccountError>;
}
