//! Chat of a show or a room.

mod acting;
pub mod api;
mod attaching;
mod composer;
mod composing_view;
mod desk_view;
mod entry;
mod handle;
mod menu;
pub mod moderation_api;
#[cfg(feature = "ssr")]
pub mod moderation_port;
mod own_held;
mod panel;
mod pins_view;
#[cfg(feature = "ssr")]
pub mod port;
mod quote_view;
mod quotes;
mod reaction_views;
mod reading;
pub mod reading_api;
#[cfg(feature = "ssr")]
pub mod reading_port;
mod search_view;
mod state;
mod thread_view;
mod tools;
mod viewer;

pub use attaching::{AttachedFile, Attaching, FileTools};
pub use entry::name_colour;
pub use handle::ChatHandle;
pub use panel::ChatPanel;
pub use quote_view::go;
pub use viewer::ChatViewer;
