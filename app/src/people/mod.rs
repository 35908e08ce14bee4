//! People as others see them: profiles, pictures, artists' pages, followers.

pub mod api;
mod artist_page;
#[cfg(feature = "account")]
mod crop;
mod follow_button;
#[cfg(feature = "account")]
mod picture_field;
#[cfg(feature = "ssr")]
pub mod port;
mod portrait;
#[cfg(feature = "account")]
mod profile_section;

pub use artist_page::ArtistPageView;
pub use portrait::Portrait;
#[cfg(feature = "account")]
pub use profile_section::ProfileSection;
