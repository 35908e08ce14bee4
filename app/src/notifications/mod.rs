//! Notifications: the bell in the frame, the page that lists them, and how somebody wants to be told.

pub mod api;
mod bell;
mod list;
mod notifications_page;
#[cfg(feature = "ssr")]
pub mod port;
mod settings_form;

pub(crate) use bell::Bell;
pub use notifications_page::NotificationsPage;
