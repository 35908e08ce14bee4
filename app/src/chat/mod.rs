//! Chat of a show.

pub mod api;
mod composer;
mod entry;
mod handle;
mod panel;
#[cfg(feature = "ssr")]
pub mod port;
mod state;

pub use entry::name_colour;
pub use handle::ChatHandle;
pub use panel::ChatPanel;
