//! Needs of notifications from the server.

use async_trait::async_trait;
use bandstand_domain::notifications::{Inbox, InboxPage, NotificationError, NotificationSettings};

/// Notifications, for the person who makes the current request.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// The state of one's own inbox.
    async fn inbox(&self) -> Result<Inbox, NotificationError>;
    /// A page of one's own notifications, the latest first: those before a number, or the latest of all.
    async fn list(&self, before: Option<i64>) -> Result<InboxPage, NotificationError>;
    /// Marks one's own notifications from one number to another as read; answers how many are unread then.
    async fn read(&self, from: i64, up_to: i64) -> Result<u32, NotificationError>;
    /// One's own settings.
    async fn settings(&self) -> Result<NotificationSettings, NotificationError>;
    /// Changes one's own settings.
    async fn save_settings(&self, settings: NotificationSettings) -> Result<(), NotificationError>;
}
