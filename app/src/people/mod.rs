//! People as others see them: profiles, pictures, artists' pages, followers.

pub mod api;
mod artist_page;
mod follow_button;
#[cfg(feature = "ssr")]
pub mod port;
mod portrait;
mod portrait_field;
mod profile_section;

pub use artist_page::ArtistPageView;
pub(crate) use follow_button::FollowButton;
pub use portrait::Portrait;
pub use profile_section::ProfileSection;
