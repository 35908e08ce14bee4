//! Crowd in front of the stage.

mod air;
pub mod api;
mod figure;
mod figure_picker;
mod front;
mod gesture_bar;
mod handle;
mod layout;
mod look;
mod love;
mod motion;
mod news;
mod painter;
mod places;
#[cfg(feature = "ssr")]
pub mod port;
mod screen;
mod sheet;
mod sine;
mod state;
mod view;

pub use figure_picker::FigureSection;
pub use gesture_bar::GestureBar;
pub use handle::CrowdHandle;
pub(crate) use handle::now;
pub use love::count_heart;
pub use state::house::{FigureStep, Somebody};
pub use view::CrowdView;
