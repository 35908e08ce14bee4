//! The stage: a show's page with its picture and sound, the studio, and the live channel.

pub mod api;
#[cfg(feature = "ssr")]
pub mod port;
mod show_page;
mod studio_page;

pub use show_page::ShowPageView;
pub use studio_page::StudioPage;
