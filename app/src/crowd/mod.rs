//! Crowd in front of the stage.

mod air;
pub mod api;
mod figure;
mod gesture_bar;
mod handle;
mod layout;
mod look;
mod motion;
mod painter;
mod places;
#[cfg(feature = "ssr")]
pub mod port;
mod sheet;
mod sine;
mod state;
mod view;

pub use gesture_bar::GestureBar;
pub use handle::CrowdHandle;
pub use view::CrowdView;
