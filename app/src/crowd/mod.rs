//! The crowd in front of the stage.

pub mod api;
#[cfg(feature = "ssr")]
pub mod port;
