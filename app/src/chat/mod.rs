//! Chat at a show.

pub mod api;
mod handle;
mod panel;
#[cfg(feature = "ssr")]
pub mod port;

pub use handle::Chat;
pub use panel::ChatPanel;
