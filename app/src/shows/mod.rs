//! Shows: the list of what's on, and the artist's own.

pub mod api;
mod dashboard_page;
mod editor_page;
mod hero;
mod memory;
#[cfg(feature = "ssr")]
pub mod port;
mod poster;
mod poster_card;
mod preview;
pub mod state;
mod wall_clock;
mod whats_on_page;

pub use dashboard_page::DashboardPage;
pub use editor_page::{EditShowPage, NewShowPage};
pub use memory::ListMemory;
pub use poster::PosterArt;
pub use poster_card::Poster;
pub use whats_on_page::WhatsOnPage;
pub(crate) use whats_on_page::{Wall, keep_current};
