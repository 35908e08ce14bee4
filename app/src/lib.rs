//! Bandstand's pages. The same components are rendered by the server (`ssr`) and brought to life in
//! the browser (`hydrate`).
//!
//! One folder per feature: `*_page.rs` what is seen, `state.rs` plain structs with the logic,
//! `api.rs` the server functions, `port.rs` what the server has to implement for them.
//! Nothing here knows of axum, SQL or the media core.

// Views are types that nest as deep as their markup; the compiler's default is less than a page.
#![recursion_limit = "256"]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("a build is for the server (`ssr`) or for the browser (`hydrate`), never for both");

pub mod accounts;
pub mod api_tokens;
mod app;
pub mod archive;
pub mod channel;
pub mod chat;
pub mod crowd;
pub mod factors;
pub mod failure;
pub mod happenings;
pub mod json;
pub mod listening;
pub(crate) mod navigation;
pub mod notifications;
pub mod parts;
pub mod people;
mod pictures;
pub(crate) mod player;
#[cfg(feature = "ssr")]
pub mod port;
pub mod quality;
pub mod recordings;
pub mod replay;
pub mod rooms;
pub mod shows;
pub mod stage;
pub mod stream_keys;
pub mod studio;
pub mod texts;
pub mod translation;
pub mod ui;
pub mod uploads;
pub mod viewer;
pub mod watch;
pub(crate) mod web;
pub(crate) mod webrtc;

#[cfg(feature = "ssr")]
pub use app::shell;
pub use app::{App, Head};
pub use web::painted;
