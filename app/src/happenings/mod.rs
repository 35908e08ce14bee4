//! Happenings of a room: what its members plan, and who comes.

pub mod api;
mod card;
mod form;
mod panel;
#[cfg(feature = "ssr")]
pub mod port;

pub use panel::Happenings;
