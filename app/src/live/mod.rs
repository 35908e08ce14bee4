//! The stage: a show's page with its picture and sound, the studio, and the live channel.

pub mod api;
mod backoff;
mod channel;
mod line;
mod place;
#[cfg(feature = "ssr")]
pub mod port;
mod show_page;
mod studio_page;
mod wire;

pub use channel::{Channel, ChannelState, Incoming, TokenSource};
pub use show_page::ShowPageView;
pub use studio_page::StudioPage;
