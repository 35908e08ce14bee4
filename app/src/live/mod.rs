//! The stage: a show's page with its picture and sound, the studio, and the live channel.

pub mod api;
mod backoff;
pub(crate) mod browser;
mod channel;
mod clock;
mod controls;
mod countdown;
mod devices;
mod entrance;
mod figures;
mod followed;
mod level;
mod line;
mod listen_back;
mod peer;
mod place;
mod player;
#[cfg(feature = "ssr")]
pub mod port;
mod publisher;
mod ready;
mod room;
mod scene;
mod sdp;
mod show_about;
mod show_page;
mod show_side;
mod show_state;
mod signalling;
mod studio;
mod studio_desk;
mod studio_keys;
mod studio_line;
mod studio_page;
mod studio_panels;
mod studio_state;
mod visit;
mod whep;
mod whip;
mod why;
mod wire;

pub use channel::{Channel, ChannelState, Incoming, TokenSource};
pub use show_page::ShowPageView;
pub use studio_page::StudioPage;
