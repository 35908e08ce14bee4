//! Chat of a show or a room.

mod acting;
pub mod api;
mod composer;
mod composing_view;
mod desk_view;
mod entry;
mod handle;
mod menu;
pub mod moderation_api;
#[cfg(feature = "ssr")]
pub mod moderation_port;
mod panel;
mod pins_view;
#[cfg(feature = "ssr")]
pub mod port;
mod quote_view;
mod quotes;
mod reaction_views;
mod state;
mod thread_view;
mod tools;
mod viewer;

pub use entry::name_colour;
pub use handle::ChatHandle;
pub use panel::ChatPanel;
pub use viewer::ChatViewer;
