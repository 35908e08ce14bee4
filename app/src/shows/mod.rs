//! Shows: what's on, and the artist's own.

pub mod api;
mod dashboard_page;
mod editor_page;
#[cfg(feature = "ssr")]
pub mod port;
mod whats_on_page;

pub use dashboard_page::DashboardPage;
pub use editor_page::{EditShowPage, NewShowPage};
pub use whats_on_page::WhatsOnPage;
