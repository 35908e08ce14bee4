//! The crowd in front of the stage.

pub mod api;
mod gesture_bar;
mod handle;
#[cfg(feature = "ssr")]
pub mod port;
mod view;

pub use gesture_bar::GestureBar;
pub use handle::Crowd;
pub use view::CrowdView;
