//! People as others see them: profiles, pictures, artists' pages, followers.

pub mod api;
mod artist_page;
mod crop;
mod follow_button;
mod picture_field;
#[cfg(feature = "ssr")]
pub mod port;
mod portrait;
mod profile_section;

pub use artist_page::ArtistPageView;
pub use portrait::Portrait;
pub use profile_section::ProfileSection;
