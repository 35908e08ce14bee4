//! Shows: the list of what's on, and the artist's own.

mod announced;
pub mod api;
mod artwork_field;
mod dashboard_page;
mod editor_page;
mod figures;
mod hero;
mod medium_choice;
mod memory;
#[cfg(feature = "ssr")]
pub mod port;
mod poster;
mod poster_card;
mod preview;
pub mod state;
mod whats_on_page;

pub(crate) use artwork_field::artwork_field;
pub use dashboard_page::DashboardPage;
pub(crate) use dashboard_page::artists_only;
pub use editor_page::{EditShowPage, NewShowPage};
pub(crate) use figures::Figures;
pub use memory::ListMemory;
pub use poster::{PosterArt, design};
pub use poster_card::Poster;
pub use whats_on_page::WhatsOnPage;
pub(crate) use whats_on_page::{Wall, keep_current};
