//! Server functions of notifications.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::notifications::{Inbox, InboxPage, NotificationReason, NotificationSettings};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// The state of one's own inbox.
#[server(endpoint = "notifications/inbox", input = Json, output = Json)]
pub async fn load_inbox() -> Result<Inbox, Failed<NotificationReason>> {
    answer(port::<dyn super::port::Notifications>().inbox()).await
}

/// A page of one's own notifications.
#[server(endpoint = "notifications/list", input = Json, output = Json)]
pub async fn load_notifications(
    before: Option<i64>,
) -> Result<InboxPage, Failed<NotificationReason>> {
    answer(port::<dyn super::port::Notifications>().list(before)).await
}

/// Marks one's own notifications as read.
#[server(endpoint = "notifications/read", input = Json, output = Json)]
pub async fn read_notifications(from: i64, up_to: i64) -> Result<u32, Failed<NotificationReason>> {
    answer(port::<dyn super::port::Notifications>().read(from, up_to)).await
}

/// One's own settings of notifications.
#[server(endpoint = "notifications/settings", input = Json, output = Json)]
pub async fn load_notification_settings() -> Result<NotificationSettings, Failed<NotificationReason>>
{
    answer(port::<dyn super::port::Notifications>().settings()).await
}

/// Changes one's own settings of notifications.
#[server(endpoint = "notifications/save_settings", input = Json, output = Json)]
pub async fn save_notification_settings(
    settings: NotificationSettings,
) -> Result<(), Failed<NotificationReason>> {
    answer(port::<dyn super::port::Notifications>().save_settings(settings)).await
}
