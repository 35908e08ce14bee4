//! The stage: a show's page with its picture and sound, the studio, and the live channel.

pub mod api;
mod backoff;
mod browser;
mod channel;
mod clock;
mod controls;
mod countdown;
mod description;
mod entrance;
mod level;
mod line;
mod peer;
mod place;
mod player;
#[cfg(feature = "ssr")]
pub mod port;
mod scene;
mod sdp;
mod show_about;
mod show_page;
mod show_side;
mod show_state;
mod signalling;
mod studio_page;
mod visit;
mod whep;
mod wire;

pub use channel::{Channel, ChannelState, Incoming, TokenSource};
pub use show_page::ShowPageView;
pub use studio_page::StudioPage;
