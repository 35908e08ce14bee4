//! Listening with players: radios and programs that have no session of a browser.

pub mod api;
mod panel;
#[cfg(feature = "ssr")]
pub mod port;

pub(crate) use panel::ListenElsewhere;
