//! Chat of a show or a room.

pub mod api;
mod composer;
mod entry;
mod handle;
mod panel;
#[cfg(feature = "ssr")]
pub mod port;
mod state;
mod viewer;

pub use entry::name_colour;
pub use handle::ChatHandle;
pub use panel::ChatPanel;
pub use viewer::ChatViewer;
